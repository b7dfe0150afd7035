package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openfaas/go-sdk/stack"

	"handler/function/shared/shopcheck"
)

// ownLaptop is a laptop that runs nothing, with a shop and settings of its own.
func ownLaptop(t *testing.T) (*laptop, *transcript) {
	t.Helper()
	s := ownShop(t)
	c, out := quiet(t)
	settings := []string{filepath.Join(t.TempDir(), "settings.yml")}
	write(t, settings[0], "environment:\n  log_level: info\n  sweep_interval: 1m\n")
	l := newLaptop(folders{shop: s.folder, state: filepath.Dir(s.copies)}, c, &stack.Services{Functions: map[string]stack.Function{
		"send-email": {Name: "send-email", EnvironmentFile: settings}, "stripe-webhook": {Name: "stripe-webhook", EnvironmentFile: settings},
	}})
	return l, out
}

func mustRead(t *testing.T, l *laptop) *version {
	t.Helper()
	v, err := l.read()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVersion(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		change func(t *testing.T, l *laptop)
		want   []string
	}{
		"nothing":           {func(*testing.T, *laptop) {}, nil},
		"a setting":         {func(t *testing.T, l *laptop) { write(t, l.settingsFiles()[0], "environment:\n  log_level: warn\n") }, []string{"send-email", "stripe-webhook"}},
		"the catalogue":     {func(t *testing.T, l *laptop) { l.owned.edit(t, "catalogue.yml", "Example Shop", "Shop") }, []string{"send-email"}},
		"a template":        {func(t *testing.T, l *laptop) { copyTemplate(t, l.owned, "receipt", "poster") }, []string{"send-email"}},
		"a template's text": {func(t *testing.T, l *laptop) { l.owned.edit(t, "templates/receipt/subject.hbs", "Your", "Our") }, nil},
	} {
		t.Run("deploys what has to be after a change of "+name, func(t *testing.T) {
			t.Parallel()

			l, _ := ownLaptop(t)
			before := mustRead(t, l)
			c.change(t, l)
			if d := cmp.Diff(c.want, before.changed(mustRead(t, l))); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}

	for name, c := range map[string]struct{ settings, want string }{
		"in one setting of both functions": {"environment:\n  log_level: loud\n", `:2: log_level is "loud": want debug, info, warn or error`},
		"in a setting of one":              {"environment:\n\n  sweep_interval: soon\n", `:3: sweep_interval is "soon": want `},
		"of the file":                      {"environment: 1\n", ":1: want lines such as "},
	} {
		t.Run("tells a mistake "+name+" once, with its line", func(t *testing.T) {
			t.Parallel()

			l, _ := ownLaptop(t)
			write(t, l.settingsFiles()[0], c.settings)
			_, err := l.read()
			if err == nil || !strings.HasPrefix(err.Error(), l.settingsFiles()[0]+c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestLive needs no gateway: send-email does not read the text of a template.
func TestLive(t *testing.T) {
	t.Parallel()

	l, out := ownLaptop(t)
	if err := os.RemoveAll(filepath.Join(l.owned.folder, "templates", "receipt.fr")); err != nil { // a warning of its own
		t.Fatal(err)
	}
	if err := l.readFirst(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		l.live(ctx)
	}()
	said := func(form string) {
		t.Helper()
		eventually(t, form, func() bool { return regexp.MustCompile("(?m)^" + form + "$").MatchString(out.String()) })
	}
	subject := filepath.Join(l.owned.folder, "templates", "receipt", "subject.hbs")
	inUse := filepath.Join(l.owned.inUse(), "templates", "receipt", "subject.hbs")
	before := read(t, inUse)

	write(t, subject, "{{#if}")
	said(`✗ ` + regexp.QuoteMeta(subject) + `:1: .+; the version before stays`)
	if got := read(t, inUse); got != before {
		t.Errorf("%q is in use", got)
	}
	write(t, subject, "Thank you")
	said(`✓ ` + regexp.QuoteMeta(subject) + ` is in effect \(\d+\.\d s\)`)
	if got := read(t, inUse); got != "Thank you" {
		t.Errorf("%q is in use", got)
	}
	write(t, subject, "Thank you{{#if metadata.pdf_ulr}} for the PDF{{/if}}")
	said(`! ` + regexp.QuoteMeta(subject) + `:1: .*pdf_ulr.*`)
	cancel()
	<-ended
	l.owned.holds(t, 2)
	if n := strings.Count(out.String(), "\n"); n != 4 {
		t.Errorf("more was said: %s", out)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	write(t, file("a.yml"), "")
	write(t, file("new/subject.hbs"), "")
	for want, names := range map[string][]string{
		"a.yml is in effect":                {"a.yml", "a.yml"},
		"b.yml is removed":                  {"b.yml"},
		"a.yml and b.yml are in effect":     {"b.yml", "a.yml"},
		"a.yml and 2 more are in effect":    {"a.yml", "b.yml", "c.yml"},
		"new is in effect":                  {"new", "new/subject.hbs", "new/body.html.hbs"},
		"old is removed":                    {"old", "old/subject.hbs"},
		"new/subject.hbs is in effect":      {"new/subject.hbs"},
		"a.yml and new are in effect":       {"new/subject.hbs", "new", "a.yml"},
		"new and newer/x.hbs are in effect": {"new", "newer/x.hbs"},
	} {
		var paths []string
		for _, name := range names {
			paths = append(paths, file(name))
		}
		if got := strings.ReplaceAll(describe(paths), dir+"/", ""); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	t.Parallel()

	for want, err := range map[string]error{
		"a":                                    errors.New("a"),
		"a (and 1 more)":                       errors.New("a\nb"),
		"a (and 2 more: make check-catalogue)": shopcheck.Mistakes{Err: errors.New("a\nb\nc")},
	} {
		if got := oneLine(err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
