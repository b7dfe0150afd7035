package catalogue

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/sample"
	"handler/function/internal/sample/sampletest"
	"handler/function/internal/templates"
)

// onDisk lays the tests' shop into a folder. What is replaced in it is given as file, old, new;
// without old, the file becomes new, and without either it is removed.
func onDisk(t *testing.T, replaced ...string) Files {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, sample.Shop()); err != nil {
		t.Fatal(err)
	}
	for ; len(replaced) > 0; replaced = replaced[3:] {
		file, old, text := filepath.Join(folder, replaced[0]), replaced[1], replaced[2]
		if old+text == "" {
			if err := os.RemoveAll(file); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if old != "" {
			source, err := os.ReadFile(file)
			if err != nil || !strings.Contains(string(source), old) {
				t.Fatalf("no %q in %s: %v", old, file, err)
			}
			text = strings.ReplaceAll(string(source), old, text)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Files{Folder: folder, As: "send-email", Catalogue: "catalogue.yml", Templates: "templates", Lock: "templates.lock.yml"}
}

func TestFiles(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		replaced []string
		want     string
	}{
		"nothing": {nil, ""},
		"one of each": {[]string{
			"catalogue.yml", "email: help@example.com", "email: help",
			"templates/receipt/subject.hbs", "{{{shop.name}}}", "{{{shop.nam}}}",
			"templates.lock.yml", "", "\naccounts: {main: {receipt: {id: d-1}}}\n",
		}, `send-email/catalogue.yml:7: "help" is not an e-mail address
send-email/templates/receipt/subject.hbs:1: the data has no shop.nam: there are email, name (as default/receipt, send-email/catalogue.yml:39)
send-email/templates.lock.yml:2: account main: "receipt" is no template with the ID "d-1"`},
		"a template that cannot be read": {[]string{"templates/receipt/subject.hbs", "}}}", "}}"},
			"send-email/templates/receipt/subject.hbs:1: "},
		"a catalogue that is missing": {[]string{"catalogue.yml", "", ""}, "send-email/catalogue.yml:1: no such file or directory"},
		"a lock that is missing":      {[]string{"templates.lock.yml", "", ""}, ""},
		"a lock with a merge in it":   {[]string{"templates.lock.yml", "accounts: {}", "<<<<<<< HEAD\naccounts: {}"}, "send-email/templates.lock.yml:3: a merge has left its conflict marks here: choose one of the two versions"},
		"no templates": {[]string{"templates", "", "", "catalogue.yml", "", strings.Replace(sample.SmallCatalogue, "template: d-00000000000000000000000000000001", "template: receipt", 1)},
			`send-email/catalogue.yml:7: there is no template receipt; there are none`},
		"no templates, and none named": {[]string{"templates", "", "", "catalogue.yml", "", sample.SmallCatalogue}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			got := ""
			_, err := onDisk(t, c.replaced...).Check(func(folder fs.FS) (TemplateSet, error) { return templates.Read(folder) }, sample.Mails(sampletest.Orders(t)))
			if err != nil {
				got = err.Error()
			}
			if c.want != got && (!strings.HasSuffix(c.want, " ") || !strings.HasPrefix(got, c.want)) {
				t.Errorf("(-want +got):\n%s", cmp.Diff(c.want, got))
			}
		})
	}
}
