package eventhook_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/cmd/tillbell/eventhook"
	"handler/function/local/sendgrid"
	"handler/function/shared/terminal"
)

const url = "https://shop.example.com/function/send-email"

// bench is a registrar for the stand-in's account, with what came of it.
type bench struct {
	eventhook.Registrar
	sendgrid *sendgrid.Service
	out      *bytes.Buffer
	kept     []string
	asked    int
}

func setup(t *testing.T) *bench {
	t.Helper()
	s, err := sendgrid.New(sendgrid.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.API())
	t.Cleanup(server.Close)
	b := &bench{sendgrid: s, out: &bytes.Buffer{}}
	b.Registrar = eventhook.Registrar{
		Account: eventhook.Account{API: server.URL, Key: "SG.setup.key", HTTP: server.Client()}, URL: url, Out: b.out,
		Confirm: func(context.Context, string) (bool, error) { b.asked++; return true, nil },
	}
	b.Keep = func(setting string) error {
		b.kept = append(b.kept, setting)
		b.Set = setting
		return nil
	}
	return b
}

func (b *bench) run(t *testing.T) {
	t.Helper()
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	hook, err := b.At(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if faults := eventhook.Faults(hook); faults != nil {
		t.Errorf("it %v", faults)
	}
	if !eventhook.Holds(b.Set, hook.PublicKey) {
		t.Errorf("the setting is %s, and the key %s", b.Set, hook.PublicKey)
	}
}

func TestRegistrar(t *testing.T) {
	t.Parallel()

	t.Run("registers one beside another's, and does nothing the second time", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		other, err := b.sendgrid.AddWebhook(sendgrid.Webhook{URL: "https://other.example.com/hook", Enabled: true})
		if err != nil {
			t.Fatal(err)
		}
		b.run(t)
		b.run(t)
		hooks := b.sendgrid.Webhooks()
		if len(hooks) != 2 || b.asked != 2 || len(b.kept) != 1 || len(hooks[1].Kinds) != 7 {
			t.Errorf("asked %d times, kept %v, there are %+v", b.asked, b.kept, hooks)
		}
		if diff := cmp.Diff(other.Kinds, hooks[0].Kinds); diff != "" || hooks[0].URL != other.URL {
			t.Errorf("another's has changed: %s", diff)
		}
	})

	for name, hook := range map[string]sendgrid.Webhook{
		"is disabled":   {Signed: true},
		"is not signed": {Enabled: true},
		"lacks a kind":  {Enabled: true, Signed: true, Kinds: []string{"bounce"}},
	} {
		t.Run("corrects one that "+name, func(t *testing.T) {
			t.Parallel()

			b := setup(t)
			hook.URL = url
			before, err := b.sendgrid.AddWebhook(hook)
			if err != nil {
				t.Fatal(err)
			}
			b.run(t)
			if after := b.sendgrid.Webhooks(); len(after) != 1 || after[0].ID != before.ID {
				t.Errorf("%+v became %+v", before, after)
			}
		})
	}

	t.Run("keeps the keys that are there behind the new one", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.Set = "older"
		b.Yes = true
		b.run(t)
		if !strings.HasSuffix(b.Set, "=,older") || b.asked != 0 {
			t.Errorf("the setting is %s, asked %d times", b.Set, b.asked)
		}
	})

	t.Run("changes nothing in a dry run, when told no, and where nobody can be asked", func(t *testing.T) {
		t.Parallel()

		for name, set := range map[string]func(*bench){
			"dry run": func(b *bench) { b.DryRun = true },
			"no":      func(b *bench) { b.Confirm = func(context.Context, string) (bool, error) { return false, nil } },
			"nobody": func(b *bench) {
				b.Confirm = func(context.Context, string) (bool, error) { return false, terminal.ErrNone }
			},
		} {
			b := setup(t)
			set(b)
			err := b.Run(t.Context())
			if (err == nil) != (name == "dry run") || len(b.sendgrid.Webhooks()) != 0 || b.kept != nil {
				t.Errorf("%s: error %v, webhooks %+v", name, err, b.sendgrid.Webhooks())
			}
			if !strings.Contains(b.out.String(), "is to be at "+url) {
				t.Errorf("%s: it does not say what it would do:\n%s", name, b.out)
			}
		}
	})

	t.Run("says what a key may not", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.sendgrid.SetAccount(sendgrid.Account{Scopes: map[string][]string{"SG.setup.key": {"mail.send"}}})
		if err := b.Run(t.Context()); !errors.Is(err, eventhook.ErrPermission) {
			t.Errorf("got %v", err)
		}
		b.HTTP = &http.Client{Transport: http.NewFileTransport(http.Dir(t.TempDir()))}
		if err := b.Run(t.Context()); err == nil {
			t.Error("no error for a 404")
		}
	})
}

func TestWriteSetting(t *testing.T) {
	t.Parallel()

	file := filepath.Join(t.TempDir(), "settings.yml")
	for _, c := range []struct{ before, want string }{
		{"environment:\n  a: b # c\n  # sendgrid_webhook_key: MFk…\n\n  d: e\n", "environment:\n  a: b # c\n  sendgrid_webhook_key: new$1\n\n  d: e\n"},
		{"environment:\n  # sendgrid_webhook_key: MFk…\n  sendgrid_webhook_key: old\n", "environment:\n  # sendgrid_webhook_key: MFk…\n  sendgrid_webhook_key: new$1\n"},
		{"# ours\nenvironment: # all\n\n  # a comment\n  a: b\n  d: e\n", "# ours\nenvironment: # all\n\n  # a comment\n  sendgrid_webhook_key: new$1\n  a: b\n  d: e\n"},
		{"environment:\n    a: b\n", "environment:\n    sendgrid_webhook_key: new$1\n    a: b\n"},
	} {
		if err := os.WriteFile(file, []byte(c.before), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := eventhook.WriteSetting(file, "new$1"); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
	if err := os.WriteFile(file, []byte("environment:\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := eventhook.WriteSetting(file, "new"); err == nil {
		t.Error("no error where there are no settings")
	}
}
