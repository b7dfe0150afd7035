package openfaas

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// SignatureHeader carries the signature of a call between functions. It is the name that
// `faas-cli invoke --sign Hmac` gives it.
const SignatureHeader = "Hmac"

const signaturePrefix = "sha256="

// Sign is the signature of a body: sha256=<hex HMAC-SHA256>.
func Sign(body []byte, key string) string {
	return signaturePrefix + hex.EncodeToString(sum(body, key))
}

// Signed reports whether one of the keys made the signature. It takes the same time for every wrong one.
func Signed(body []byte, signature string, keys []string) bool {
	digest, ok := strings.CutPrefix(signature, signaturePrefix)
	if !ok || len(digest) != hex.EncodedLen(sha256.Size) {
		return false
	}
	got, err := hex.DecodeString(digest)
	if err != nil {
		return false
	}
	for _, key := range keys {
		if key != "" && hmac.Equal(got, sum(body, key)) {
			return true
		}
	}
	return false
}

func sum(body []byte, key string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	return mac.Sum(nil)
}
