package openfaas_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"
	"testing"

	"handler/function/internal/openfaas"
)

// FuzzSigned: only an HMAC with a key that is not empty passes as a signature, for any header says,
// and what Sign signs passes.
func FuzzSigned(f *testing.F) {
	body := []byte(`{"id":"cs_1"}`)
	f.Add(body, openfaas.Sign(body, "k"), "k", "old")
	f.Add(body, "sha1=a864e0319d632f4e02e644813e9e33fd86914f8e", "old", "k")
	f.Add(body, openfaas.Sign(body, ""), "", "")
	f.Add([]byte{}, strings.ToUpper(openfaas.Sign(nil, "k")), "k", "k\x00")
	for _, header := range []string{"", "=", "sha256", "sha256=", "sha1=", "md5=00", "sha256=zz", "sha256==", "\xff=\x00", "sha256=" + strings.Repeat("0", 64), strings.Repeat("sha256=", 1000)} {
		f.Add(body, header, "k", "")
	}
	f.Fuzz(func(t *testing.T, body []byte, header, key1, key2 string) {
		name, digest, _ := strings.Cut(header, "=")
		want := false
		for _, key := range []string{key1, key2} {
			for hash, sum := range map[string]func() hash.Hash{"sha256": sha256.New, "sha1": sha1.New} {
				mac := hmac.New(sum, []byte(key))
				mac.Write(body)
				want = want || key != "" && name == hash && strings.EqualFold(digest, hex.EncodeToString(mac.Sum(nil)))
			}
		}
		if got := openfaas.Signed(body, header, []string{key1, key2}); got != want {
			t.Errorf("%q passes: %v", header, got)
		}
		if key2 != "" && !openfaas.Signed(body, openfaas.Sign(body, key2), []string{key1, key2}) {
			t.Error("what the second key signed does not pass")
		}
		if openfaas.Signed(body, header, nil) {
			t.Errorf("%q passes without a key", header)
		}
	})
}
