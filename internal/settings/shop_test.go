package settings

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"handler/function/internal/openfaas"
)

const lockOfTwo = `accounts:
  shop:
    receipt: {id: d-0000000000000000000000000000000a}
    receipt.fr: {id: d-0000000000000000000000000000000b}
  club:
    receipt: {id: d-0000000000000000000000000000000c}
`

func TestPublishedIDs(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct{ file, account, id, want string }{
		"the account of the setting":    {lockOfTwo, "club", "d-0000000000000000000000000000000c", ""},
		"the only account":              {strings.Split(lockOfTwo, "  club")[0], "", "d-0000000000000000000000000000000a", ""},
		"one of two":                    {lockOfTwo, "", "", "setting sendgrid_account is missing: which SendGrid account is meant? There are club, shop"},
		"an account that is not there":  {lockOfTwo, "clab", "", `setting sendgrid_account is "clab": no templates were published there`},
		"a file that is no lock":        {"<<<<<<< HEAD", "", "", "templates.lock.yml:1: a merge has left its conflict marks here: choose one of the two versions"},
		"nothing was published as yet":  {"", "", "", ""},
		"nor for the account, as a key": {"accounts: {}", "shop", "", `setting sendgrid_account is "shop"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			ids, err := publishedIDs(shopOf(c.file), c.account)
			if c.want != "" {
				if text, ok := openfaas.Misconfiguration(err); !ok || !strings.Contains(text, c.want) {
					t.Errorf("got %v, want %s", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, id, _ := ids.Find("receipt", ""); id != c.id {
				t.Errorf("got %q, want %q", id, c.id)
			}
		})
	}
}

// The lock keeps the ID of receipt.fr, of which there is no folder.
func TestALanguageEndsWithItsFolder(t *testing.T) {
	t.Parallel()

	ids, err := publishedIDs(shopOf(lockOfTwo), "shop")
	if err != nil {
		t.Fatal(err)
	}
	if name, _, _ := ids.Find("receipt", "fr"); name != "receipt" {
		t.Errorf("in French it is %q", name)
	}
}

// shopOf is a shop with a template called receipt, and that lock file.
func shopOf(lock string) fs.FS {
	return fstest.MapFS{LockFile: {Data: []byte(lock)}, "templates/receipt/subject.hbs": {}}
}
