package published

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzReadLock: a lock file is refused, or names templates that can be sent, always the same ones,
// and can be written and read again.
func FuzzReadLock(f *testing.F) {
	lock := &Lock{}
	lock.Put("shop", "receipt.fr", Template{ID: french})
	lock.Put("shop", "receipt", Template{receipt, "v1", "abc"})
	lock.Put("club", "receipt", Template{ID: french})
	file, err := lock.File()
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{
		string(file), "", "accounts: {}", "accounts:", "accounts: {shop: }", "accounts: {shop: {receipt: }}", "account: {}",
		"accounts: {shop: {receipt: {id: " + receipt + "}, receipt: {id: " + french + "}}}",
		"accounts: {shop: {receipt.fr: {id: " + receipt + "}, receipt.FR: {id: " + french + "}}}",
		"accounts: {a: &a {b: {id: " + receipt + "}}, c: *a, d: {<<: *a}}", "accounts: &a {b: *a}", "{accounts: {}}\n---\n{accounts: {}}",
		"accounts: {shop: {receipt: {id: " + receipt + ", hash: \"\\0\\u2028\\x85 \", version: 1e999}}}",
		strings.Repeat("[", 20_000), strings.Repeat("a: {", 5_000), "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]", "\xff", "accounts: {\x00: {}}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		l, err := ReadLock(file)
		if err != nil {
			return
		}
		for account := range l.Accounts {
			ids := l.IDs(account)
			for name, id := range ids {
				if !ValidID(id) || !regexp.MustCompile(`^[A-Za-z0-9.-]+$`).MatchString(name) || !ValidAccount(account) {
					t.Errorf("account %q has template %q with the ID %q", account, name, id)
				}
				base, locale, _ := strings.Cut(name, ".")
				for range 10 {
					if _, got, ok := ids.Find(base, locale); !ok || got != id {
						t.Errorf("%q is %q, and is found as %q", name, id, got)
					}
				}
			}
		}
		written, err := l.File()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadLock(written)
		if err != nil {
			t.Fatalf("%v\n%s", err, written)
		}
		if d := cmp.Diff(l, again, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("what was written is not what is read (-want +got):\n%s\n%s", d, written)
		}
	})
}
