package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handler/function/internal/sample"
	"handler/function/shared/shopcheck"
)

// ownShop is a shop of a test's own.
func ownShop(t *testing.T) *ownedShop {
	t.Helper()
	f := folders{shop: filepath.Join(t.TempDir(), "shop"), state: t.TempDir()}
	if err := os.CopyFS(f.shop, sample.Shop()); err != nil {
		t.Fatal(err)
	}
	return newOwnedShop(f)
}

// edit replaces a text in a file of the shop.
func (s *ownedShop) edit(t *testing.T, name, before, after string) {
	t.Helper()
	file := filepath.Join(s.folder, name)
	source := read(t, file)
	if !strings.Contains(source, before) {
		t.Fatalf("no %q in %s", before, file)
	}
	write(t, file, strings.ReplaceAll(source, before, after))
}

func mustTake(t *testing.T, s *ownedShop) shopCopy {
	t.Helper()
	c, err := s.take()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOwnedShop(t *testing.T) {
	t.Parallel()

	t.Run("copies the files that the function reads", func(t *testing.T) {
		t.Parallel()

		s := ownShop(t)
		c := mustTake(t, s)
		if err := s.use(c); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"catalogue.yml", "templates.lock.yml", "templates/receipt.fr/subject.hbs"} {
			if got, want := read(t, filepath.Join(s.inUse(), name)), read(t, filepath.Join(s.folder, name)); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	})

	t.Run("has another copy read under the same path", func(t *testing.T) {
		t.Parallel()

		s := ownShop(t)
		first := mustTake(t, s)
		if err := s.use(first); err != nil {
			t.Fatal(err)
		}
		s.edit(t, "catalogue.yml", "shop@example.com", "new@example.com")
		second := mustTake(t, s)
		mustContain(t, read(t, filepath.Join(s.inUse(), "catalogue.yml")), "shop@example.com")
		if err := errors.Join(s.use(second), first.remove()); err != nil {
			t.Fatal(err)
		}
		mustContain(t, read(t, filepath.Join(s.inUse(), "catalogue.yml")), "new@example.com")
		if got := second.catalogue.Shop().Email; got != "new@example.com" {
			t.Errorf("the catalogue is %s's", got)
		}
		s.holds(t, 2) // the copy and the link
	})

	t.Run("knows what send-email reads of it", func(t *testing.T) {
		t.Parallel()

		s := ownShop(t)
		first := mustTake(t, s)
		s.edit(t, "templates/receipt/subject.hbs", "{{{shop.name}}}", "us")
		if mustTake(t, s).read != first.read {
			t.Error("a subject, which SendGrid renders")
		}
		for name, change := range map[string]func(){
			"the catalogue":  func() { s.edit(t, "catalogue.yml", "shop@example.com", "new@example.com") },
			"the lock":       func() { s.edit(t, "templates.lock.yml", "accounts: {}", "accounts: {main: {}}") },
			"a new template": func() { copyTemplate(t, s, "receipt", "receipt.de") },
		} {
			before := mustTake(t, s)
			change()
			if mustTake(t, s).read == before.read {
				t.Errorf("%s is not read", name)
			}
		}
	})

	t.Run("names the owner's files in what is wrong, and keeps no copy of it", func(t *testing.T) {
		t.Parallel()

		s := ownShop(t)
		s.edit(t, "catalogue.yml", "to: customer", "to: customers")
		s.edit(t, "templates/receipt/subject.hbs", "{{{shop.name}}}", "{{{shop.name}}")
		_, err := s.take()
		if !errors.As(err, new(shopcheck.Mistakes)) {
			t.Fatalf("got %v", err)
		}
		mustContain(t, err.Error(), lineOf(t, filepath.Join(s.folder, "catalogue.yml"), "to: customers")+": ", filepath.Join(s.folder, "templates", "receipt", "subject.hbs")+":1: ")
		s.holds(t, 0)
	})
}

// holds counts what is kept of the shop.
func (s *ownedShop) holds(t *testing.T, want int) {
	t.Helper()
	entries, err := os.ReadDir(s.copies)
	if err != nil || len(entries) != want {
		t.Errorf("there are %v, %v", entries, err)
	}
}

func copyTemplate(t *testing.T, s *ownedShop, from, to string) {
	t.Helper()
	folder := filepath.Join(s.folder, "templates")
	if err := os.CopyFS(filepath.Join(folder, to), os.DirFS(filepath.Join(folder, from))); err != nil {
		t.Fatal(err)
	}
}

// lineOf is the place of the first occurrence of a text in a file, as path:line.
func lineOf(t *testing.T, file, text string) string {
	t.Helper()
	before, _, ok := strings.Cut(read(t, file), text)
	if !ok {
		t.Fatalf("no %q in %s", text, file)
	}
	return fmt.Sprintf("%s:%d", file, 1+strings.Count(before, "\n"))
}
