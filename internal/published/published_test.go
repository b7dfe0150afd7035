package published

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	receipt = "d-00000000000000000000000000000001"
	french  = "d-00000000000000000000000000000002"
)

func TestLock(t *testing.T) {
	t.Parallel()

	l, err := ReadLock(nil)
	if err != nil {
		t.Fatal(err)
	}
	l.Put("shop", "receipt.fr", Template{ID: french})
	l.Put("shop", "receipt", Template{receipt, "v1", "abc"})
	l.Put("club", "receipt", Template{ID: french})
	file, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadLock(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	if d := cmp.Diff(l, again); d != "" {
		t.Errorf("what was written is not what is read (-want +got):\n%s\n%s", d, file)
	}
	if d := cmp.Diff(IDs{"receipt": receipt, "receipt.fr": french}, again.IDs("shop")); d != "" {
		t.Errorf("IDs (-want +got):\n%s", d)
	}
}

func TestReadLockRefuses(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct{ file, want string }{
		"an unknown field":       {"\naccount: {}", "line 2: make templates does not write such a line: take the file from git, or remove it and run make templates"},
		"an ID that is not":      {"accounts:\n  shop:\n    receipt: {id: d-1}", `line 3: account shop: "receipt" is no template with the ID "d-1"`},
		"a name of a file":       {"accounts: {shop: {../receipt: {id: " + receipt + "}}}", `line 1: account shop: "../receipt" is no template`},
		"an odd account":         {"accounts:\n  'a b': {}", `line 2: "a b" is no name for an account`},
		"the marks of a merge":   {"accounts:\n<<<<<<< HEAD\n  shop: {}\n=======\n  club: {}\n>>>>>>> b\n", "line 2: a merge has left its conflict marks here: choose one of the two versions"},
		"a template of an alias": {"accounts:\n  a: &a {b: {id: d-1}}\n  c: *a", `line 3: account c: "b" is no template with the ID "d-1"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := ReadLock([]byte(c.file))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()

	none, one := &Lock{}, &Lock{Accounts: map[string]map[string]Template{"shop": {}}}
	two := &Lock{Accounts: map[string]map[string]Template{"shop": {}, "club": {}}}
	for _, c := range []struct {
		lock       *Lock
		name, want string
	}{
		{none, "", ""},
		{none, "shop", "shop"},
		{one, "", "shop"},
		{one, "club", "club"},
		{two, "club", "club"},
	} {
		if got, err := c.lock.Account(c.name); got != c.want || err != nil {
			t.Errorf("%v %q: got %q, %v", c.lock, c.name, got, err)
		}
	}
	if _, err := two.Account(""); err == nil || !strings.Contains(err.Error(), "There are club, shop") {
		t.Errorf("of two: %v", err)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()

	ids := Placeholders([]string{"receipt", "receipt.fr", "receipt.pt-BR", "receipt.zh", "sale.fr"})
	for _, c := range []struct{ name, locale, want string }{
		{"receipt", "", "receipt"},
		{"receipt", "auto", "receipt"},
		{"receipt", "de", "receipt"},
		{"receipt", "fr", "receipt.fr"},
		{"receipt", "fr-CA", "receipt.fr"},
		{"receipt", "pt-BR", "receipt.pt-BR"},
		{"receipt", "pt", "receipt"},
		{"receipt", "zh-Hant-TW", "receipt.zh"},
		{"receipt", "-", "receipt"},
		{"sale", "fr", "sale.fr"},
		{"sale", "en", ""},
	} {
		got, id, ok := ids.Find(c.name, c.locale)
		if got != c.want || ok != (c.want != "") || (ok && id != PlaceholderID(c.want)) {
			t.Errorf("%s in %q: got %q %q %v, want %q", c.name, c.locale, got, id, ok, c.want)
		}
	}
}

func TestPlaceholderID(t *testing.T) {
	t.Parallel()

	id := PlaceholderID("receipt")
	if !ValidID(id) || !regexp.MustCompile(`^d-[0-9a-f]{32}$`).MatchString(id) {
		t.Errorf("%s does not have the form of SendGrid's", id)
	}
	if PlaceholderID("receipt") != id || PlaceholderID("receipt.fr") == id {
		t.Error("a name and its ID are not one for one")
	}
}

// Find takes receipt.fr for receipt.FR, and would send either.
func TestLockWithTwins(t *testing.T) {
	t.Parallel()

	_, err := ReadLock([]byte("accounts: {shop: {receipt.fr: {id: " + receipt + "}, receipt.FR: {id: " + french + "}}}"))
	if want := `line 1: account shop: "receipt.FR" and "receipt.fr" are one template`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}
