package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shippedChecker is the checker of what is shipped, with another catalogue in its place if change makes one.
func shippedChecker(t *testing.T, change *strings.Replacer) *checker {
	t.Helper()
	root := filepath.Join("..", "send-email")
	c := &checker{catalogue: filepath.Join(root, "catalogue.yml"), templates: filepath.Join(root, "templates"), lock: filepath.Join(root, "templates.lock.yml")}
	if change != nil {
		source, err := os.ReadFile(c.catalogue)
		if err != nil {
			t.Fatal(err)
		}
		c.catalogue = filepath.Join(t.TempDir(), "c.yml")
		write(t, c.catalogue, change.Replace(string(source)))
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
		if err := shippedChecker(t, nil).run(&out); err != nil {
			t.Fatal(err)
		}
		mustContain(t, out.String(), "product prod_ebook", "anything else", "payment-failed", "12 templates render with each of 12 sample orders.")
	})

	t.Run("says what is not published", func(t *testing.T) {
		t.Parallel()

		c := shippedChecker(t, nil)
		c.lock = filepath.Join(t.TempDir(), "lock.yml")
		var out strings.Builder
		if err := c.run(&out); err != nil {
			t.Fatal(err)
		}
		mustContain(t, out.String(), "No template is published yet")
		write(t, c.lock, "accounts: {main: {delivery: {id: d-00000000000000000000000000000001}}}")
		if err := c.run(&out); err != nil {
			t.Fatal(err)
		}
		mustContain(t, out.String(), "Not published yet in the account main: bounced, disputed, email-failed, items-missing, payment-failed, receipt, refunded, sale, unknown-product.")
	})

	t.Run("says which language is not published", func(t *testing.T) {
		t.Parallel()

		c := shippedChecker(t, nil)
		folder := t.TempDir()
		if err := os.CopyFS(folder, os.DirFS(c.templates)); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(filepath.Join(folder, "receipt.fr"), os.DirFS(filepath.Join(folder, "receipt"))); err != nil {
			t.Fatal(err)
		}
		c.templates, c.lock = folder, filepath.Join(t.TempDir(), "lock.yml")
		write(t, c.lock, "accounts: {main: {receipt: {id: d-00000000000000000000000000000001}}}")
		var out strings.Builder
		if err := c.run(&out); err != nil {
			t.Fatal(err)
		}
		mustContain(t, out.String(), "payment-failed, receipt.fr, refunded, sale")
	})

	t.Run("says where the mistakes are", func(t *testing.T) {
		t.Parallel()

		c := shippedChecker(t, strings.NewReplacer("template: receipt", "template: recept", "owner@example.com\n#", "owner\n#"))
		var out strings.Builder
		err := c.run(&out)
		if !errors.As(err, new(mistakes)) || out.Len() > 0 {
			t.Fatalf("got %v\n%s", err, out.String())
		}
		want := lineOf(t, c.catalogue, "- owner\n") + `: "owner" is not an e-mail address
` + lineOf(t, c.catalogue, "recept") + `: there is no template "recept"; there are bounced, delivery, disputed, email-failed, follow-up, items-missing, payment-failed, receipt, refunded, report, sale, unknown-product`
		if d := cmp.Diff(want, err.Error()); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})

	t.Run("says where a template and the catalogue are wrong", func(t *testing.T) {
		t.Parallel()

		c := shippedChecker(t, strings.NewReplacer("email: shop@example.com", "email: shop"))
		c.templates = t.TempDir()
		write(t, filepath.Join(c.templates, "receipt", "subject.hbs"), "Hello {{> name}}")
		write(t, filepath.Join(c.templates, "receipt", "body.html.hbs"), "\n{{name")
		err := c.run(&strings.Builder{})
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), lineOf(t, c.catalogue, "email: shop\n")+`: from: "shop" is not an e-mail address`, filepath.Join(c.templates, "receipt", "subject.hbs")+":1: there is no partial name",
			filepath.Join(c.templates, "receipt", "body.html.hbs")+":2: ")
	})
}
