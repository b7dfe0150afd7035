package shopcheck

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/sample"
)

// fixtureChecker is the checker of the tests' shop, with another catalogue in its place if change
// makes one.
func fixtureChecker(t *testing.T, change *strings.Replacer) *Checker {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, sample.Shop()); err != nil {
		t.Fatal(err)
	}
	c := New(folder)
	if change != nil {
		write(t, c.Catalogue, change.Replace(read(t, c.Catalogue)))
	}
	return c
}

// lineOf is the place of the first occurrence of a text in a file, as path:line.
func lineOf(t *testing.T, file, text string) string {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := strings.Cut(string(source), text)
	if !ok {
		t.Fatalf("no %q in %s", text, file)
	}
	return fmt.Sprintf("%s:%d", file, 1+strings.Count(before, "\n"))
}

func TestCheckCatalogue(t *testing.T) {
	t.Parallel()

	t.Run("says who gets what", func(t *testing.T) {
		t.Parallel()

		var out strings.Builder
		if err := fixtureChecker(t, nil).show(&out); err != nil {
			t.Fatal(err)
		}
		mustContain(t, out.String(), "product prod_ebook", "anything else", "payment-failed", "Rendered 13 templates with each of 17 sample orders: ")
	})

	t.Run("warns, and stops nothing", func(t *testing.T) {
		t.Parallel()

		c := fixtureChecker(t, nil)
		body := filepath.Join(c.Templates, "delivery", "body.html.hbs")
		write(t, body, read(t, body)+"{{#if metadata.downlaod_url}}\nx\n{{/if}}")
		var out strings.Builder
		if err := c.show(&out); err != nil {
			t.Fatal(err)
		}
		at := lineOf(t, body, "{{#if metadata.downlaod_url}}")
		mustContain(t, out.String(), "Warnings, which stop nothing:\n"+at+": no sample order and no metadata_keys entry has metadata.downlaod_url: did you mean download_url?\n",
			at+": no sample order renders what follows {{#if metadata.downlaod_url}}\n")
	})

	t.Run("says what is not published", func(t *testing.T) {
		t.Parallel()

		c := fixtureChecker(t, nil)
		c.Lock = filepath.Join(t.TempDir(), "lock.yml")
		var out strings.Builder
		if err := c.show(&out); err != nil {
			t.Fatal(err)
		}
		mustContain(t, out.String(), "No template is published yet")
		write(t, c.Lock, "accounts: {main: {delivery: {id: d-00000000000000000000000000000001}}}")
		if err := c.show(&out); err != nil {
			t.Fatal(err)
		}
		mustContain(t, out.String(), "Not published yet in the account main: bounced, disputed, email-failed, items-missing, payment-failed, receipt, receipt.fr, refunded, sale, unknown-product.")
	})

	t.Run("says which language is not published", func(t *testing.T) {
		t.Parallel()

		c := fixtureChecker(t, nil)
		write(t, c.Lock, "accounts: {main: {receipt: {id: d-00000000000000000000000000000001}}}")
		var out strings.Builder
		if err := c.show(&out); err != nil {
			t.Fatal(err)
		}
		mustContain(t, out.String(), "payment-failed, receipt.fr, refunded, sale")
	})

	t.Run("says where the mistakes are", func(t *testing.T) {
		t.Parallel()

		c := fixtureChecker(t, strings.NewReplacer("template: receipt", "template: recept", "- owner@example.com", "- owner"))
		var out strings.Builder
		err := c.show(&out)
		if !errors.As(err, new(Mistakes)) || out.Len() > 0 {
			t.Fatalf("got %v\n%s", err, out.String())
		}
		want := lineOf(t, c.Catalogue, "- owner\n") + `: "owner" is not an e-mail address
` + lineOf(t, c.Catalogue, "recept") + `: there is no template recept: did you mean receipt?`
		if d := cmp.Diff(want, err.Error()); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})

	t.Run("says where a template and the catalogue are wrong", func(t *testing.T) {
		t.Parallel()

		c := fixtureChecker(t, strings.NewReplacer("email: shop@example.com", "email: shop"))
		c.Templates = t.TempDir()
		write(t, filepath.Join(c.Templates, "receipt", "subject.hbs"), "Hello {{> name}}")
		write(t, filepath.Join(c.Templates, "receipt", "body.html.hbs"), "\n{{name")
		err := c.show(&strings.Builder{})
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), lineOf(t, c.Catalogue, "email: shop\n")+`: "shop" is not an e-mail address`, filepath.Join(c.Templates, "receipt", "subject.hbs")+":1: there is no partial name",
			filepath.Join(c.Templates, "receipt", "body.html.hbs")+":2: ")
	})
}

// Not parallel: the shop is in the working folder.
func TestCheckOwnersFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "settings.yml", "environment: {}\n")
	write(t, filepath.Join(Folder, "catalogue.yml"), "series: 1\n")

	for checked, want := range map[string]bool{"": true, "another": true, Folder: false, "./" + Folder: false} {
		if err := OwnersFiles(checked); (err != nil) != want {
			t.Errorf("with %q checked: %v", checked, err)
		}
	}
	write(t, "settings.yml", "environment:\n  no_such_setting: a\n")
	if err := OwnersFiles(Folder); err == nil {
		t.Error("a setting that there is not is no mistake")
	}
}

// show prints the report, and gives the mistakes.
func (c *Checker) show(out io.Writer) error {
	r, err := c.Report()
	if err != nil {
		return err
	}
	r.Print(out)
	return r.Err()
}

// TestReportForPrograms is about what a program reads.
func TestReportForPrograms(t *testing.T) {
	t.Parallel()

	right, err := fixtureChecker(t, nil).Report()
	if err != nil || len(right.Mistakes) != 0 || right.Templates != 13 || right.Branches == 0 {
		t.Errorf("%+v, %v", right, err)
	}
	wrong, err := fixtureChecker(t, strings.NewReplacer("template: receipt", "template: recept")).Report()
	if err != nil || len(wrong.Mistakes) != 1 || !strings.Contains(wrong.Mistakes[0], "catalogue.yml:") {
		t.Errorf("%+v, %v", wrong, err)
	}
}

func mustContain(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
