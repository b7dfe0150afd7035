package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handler/function/internal/sample"
)

// ownShop is a shop of a test's own that is in use.
func ownShop(t *testing.T) *ownedShop {
	t.Helper()
	f := folders{shop: filepath.Join(t.TempDir(), "shop"), state: t.TempDir()}
	if err := os.CopyFS(f.shop, sample.Shop()); err != nil {
		t.Fatal(err)
	}
	s := newOwnedShop(f)
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	return s
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

func TestOwnedShop(t *testing.T) {
	t.Parallel()

	t.Run("has the files that the function reads", func(t *testing.T) {
		t.Parallel()

		s := ownShop(t)
		for _, name := range []string{"catalogue.yml", "templates.lock.yml", "templates/receipt.fr/subject.hbs"} {
			if got, want := read(t, filepath.Join(s.inUse(), name)), read(t, filepath.Join(s.folder, name)); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
	})

	t.Run("changes when a checked copy is put into use, and keeps no other", func(t *testing.T) {
		t.Parallel()

		s := ownShop(t)
		s.edit(t, "catalogue.yml", "shop@example.com", "new@example.com")
		c, err := s.take()
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Catalogue().Shop().Email; got != "shop@example.com" {
			t.Errorf("it is in use before it is used: %s", got)
		}
		if err := s.use(c); err != nil {
			t.Fatal(err)
		}
		mustContain(t, read(t, filepath.Join(s.inUse(), "catalogue.yml")), "new@example.com")
		if got := s.Catalogue().Shop().Email; got != "new@example.com" {
			t.Errorf("the catalogue in use is %s's", got)
		}
		s.holds(t, 2) // the copy and the link
	})

	t.Run("names the owner's files in what is wrong, and keeps the copy in use", func(t *testing.T) {
		t.Parallel()

		s := ownShop(t)
		s.edit(t, "catalogue.yml", "to: customer", "to: customers")
		s.edit(t, "templates/receipt/subject.hbs", "{{{shop.name}}}", "{{{shop.name}}")
		_, err := s.take()
		if !errors.As(err, new(mistakes)) {
			t.Fatalf("got %v", err)
		}
		mustContain(t, err.Error(), filepath.Join(s.folder, "catalogue.yml")+":20: ", filepath.Join(s.folder, "templates", "receipt", "subject.hbs")+":1: ")
		if got := oneLine(err); strings.Contains(got, "\n") || !strings.HasPrefix(got, s.folder) || !strings.HasSuffix(got, " more: make check-catalogue)") {
			t.Errorf("on one line: %q", got)
		}
		mustContain(t, read(t, filepath.Join(s.inUse(), "catalogue.yml")), "to: customer\n")
		s.holds(t, 2)
	})

	t.Run("does not start with a mistake", func(t *testing.T) {
		t.Parallel()

		s := ownShop(t)
		s.edit(t, "catalogue.yml", "shop@example.com", "nobody")
		if err := s.start(); !errors.As(err, new(mistakes)) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v", err)
		}
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
