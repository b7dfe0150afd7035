package openfaas

import (
	"crypto/hmac"
	"crypto/sha1" // #nosec G505 -- for older versions of faas-cli; see Signed
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
)

// SignatureHeader carries the signature of a call between functions. It is the name that
// `faas-cli invoke --sign Hmac` gives it.
const SignatureHeader = "Hmac"

// Sign is the signature of a body: sha256=<hex HMAC-SHA256>.
func Sign(body []byte, key string) string {
	return "sha256=" + hex.EncodeToString(sum(sha256.New, body, key))
}

// Signed reports whether one of the keys made the signature. Besides Sign's it takes the sha1=… of
// the faas-cli versions up to 2022: what is broken in SHA-1, collisions, does not help to forge an
// HMAC.
func Signed(body []byte, signature string, keys []string) bool {
	name, digest, _ := strings.Cut(signature, "=")
	hashes := map[string]func() hash.Hash{"sha256": sha256.New, "sha1": sha1.New}
	newHash, ok := hashes[name]
	if !ok || len(digest) > 2*sha256.Size {
		return false
	}
	got, err := hex.DecodeString(digest)
	if err != nil {
		return false
	}
	for _, key := range keys {
		if key != "" && hmac.Equal(got, sum(newHash, body, key)) {
			return true
		}
	}
	return false
}

func sum(newHash func() hash.Hash, body []byte, key string) []byte {
	mac := hmac.New(newHash, []byte(key))
	mac.Write(body)
	return mac.Sum(nil)
}
