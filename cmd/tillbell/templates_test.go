package main

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"handler/function/cmd/tillbell/publish"
	"handler/function/internal/catalogue"
	"handler/function/internal/published"
	"handler/function/internal/sample"
	"handler/function/local/sendgrid"
	"handler/function/shared/shopcheck"
)

func TestPublishTemplates(t *testing.T) {
	t.Parallel()

	s, err := sendgrid.New(sendgrid.Options{})
	if err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(s.API())
	t.Cleanup(api.Close)
	c := fixtureChecker(t, nil)
	c.Lock = filepath.Join(t.TempDir(), "lock.yml")
	run := func(c *shopcheck.Checker) (string, error) {
		var out strings.Builder
		p := publish.Publisher{Host: api.URL, Key: "SG.a.b", Out: &out, Yes: true}
		return out.String(), publishTemplates(t.Context(), c, &p)
	}
	if out, err := run(c); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	lock, err := catalogue.ReadLock(c.Lock)
	if err != nil {
		t.Fatal(err)
	}
	ids := lock.IDs(firstAccount)
	for _, name := range []string{"delivery", "receipt", "follow-up", "sale", "payment-failed", "email-failed", "bounced", "unknown-product", "items-missing", "refunded", "disputed"} {
		if _, _, ok := ids.Find(name, ""); !ok {
			t.Errorf("%s is not published", name)
		}
	}
	var out strings.Builder
	if err := printed(c, &out); err != nil || strings.Contains(out.String(), "ublished yet") {
		t.Errorf("%v\n%s", err, out.String())
	}

	t.Run("publishes nothing that has a mistake", func(t *testing.T) {
		wrong := fixtureChecker(t, strings.NewReplacer("template: receipt", "template: recept"))
		wrong.Lock = filepath.Join(t.TempDir(), "lock.yml")
		if _, err := run(wrong); !errors.As(err, new(shopcheck.Mistakes)) {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(wrong.Lock); err == nil {
			t.Error("there is a lock")
		}
	})

	t.Run("says that a lock is broken", func(t *testing.T) {
		broken := fixtureChecker(t, nil)
		broken.Lock = filepath.Join(t.TempDir(), "lock.yml")
		write(t, broken.Lock, "<<<<<<< HEAD")
		if _, err := run(broken); err == nil || !strings.Contains(err.Error(), broken.Lock+":1: ") {
			t.Errorf("got %v", err)
		}
	})
}

func TestPublishingKey(t *testing.T) {
	env := filepath.Join(t.TempDir(), ".env")
	for _, c := range []struct{ name, setup, api, file, want string }{
		{"is the one for it, of .env", "", "", "SENDGRID_API_KEY=SG.send\nSENDGRID_SETUP_KEY=SG.setup\n", "SG.setup"},
		{"is the one for sending where there is no other", "", "", "SENDGRID_API_KEY=SG.send\nSENDGRID_SETUP_KEY=\n", "SG.send"},
		{"is what the environment says of another account", "", "SG.other", "SENDGRID_SETUP_KEY=SG.setup\n", "SG.other"},
		{"is the environment's for it before that for sending", "SG.setup", "SG.send", "", "SG.setup"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("SENDGRID_SETUP_KEY", c.setup)
			t.Setenv("SENDGRID_API_KEY", c.api)
			if err := os.WriteFile(env, []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := publishingKey(env); got != c.want || err != nil {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestAccountToPublishTo(t *testing.T) {
	t.Parallel()

	one := &published.Lock{Accounts: map[string]map[string]published.Template{"shop": {}}}
	two := &published.Lock{Accounts: map[string]map[string]published.Template{"shop": {}, "club": {}}}
	for _, c := range []struct {
		lock             *published.Lock
		name, want, fail string
	}{
		{&published.Lock{}, "", "main", ""},
		{one, "", "shop", ""},
		{one, "club", "club", ""},
		{two, "", "", "There are club, shop: ACCOUNT=name make templates"},
		{one, "a b", "", `"a b" is no name for an account`},
	} {
		got, err := account(c.lock, c.name)
		if got != c.want || (c.fail == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), c.fail)) {
			t.Errorf("%v %q: got %q, %v", c.lock, c.name, got, err)
		}
	}
}

func TestAsker(t *testing.T) {
	t.Parallel()

	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	pipe, _, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	for name, in := range map[string]*os.File{"/dev/null": null, "a pipe": pipe} {
		yes, err := asker(in, &strings.Builder{})(context.Background(), "Publish? ")
		if yes || err == nil || !strings.Contains(err.Error(), "no terminal to ask on; YES=1 make templates") {
			t.Errorf("%s: got %v, %v", name, yes, err)
		}
	}
}

// printed has a report printed.
func printed(c *shopcheck.Checker, out *strings.Builder) error {
	r, err := c.Report()
	if err == nil {
		r.Print(out)
		err = r.Err()
	}
	return err
}

// fixtureChecker is the checker of the tests' shop, whose catalogue may be changed.
func fixtureChecker(t *testing.T, change *strings.Replacer) *shopcheck.Checker {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, sample.Shop()); err != nil {
		t.Fatal(err)
	}
	c := shopcheck.New(folder)
	if change != nil {
		source, err := os.ReadFile(c.Catalogue)
		if err != nil {
			t.Fatal(err)
		}
		write(t, c.Catalogue, change.Replace(string(source)))
	}
	return c
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
