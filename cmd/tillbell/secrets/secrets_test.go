package secrets_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/cmd/tillbell/secrets"
	"handler/function/cmd/tillbell/target"
	"handler/function/shared/gateway"
	"handler/function/shared/gateway/gatewaytest"
	"handler/function/shared/terminal"
	"handler/function/shared/terminal/terminaltest"
)

var names = []string{target.MongoDB, target.FunctionsKey, target.SendGridKey, target.StripeKey, target.StripeSigning}

// The secrets of the tests; none may be found anywhere but at the gateway.
const (
	mongo     = "mongodb+srv://shop:Xsecret1@cluster0.abcde.mongodb.net/"
	sendgrid  = "SG.Xsecret2.Xsecret3"
	stripe    = "rk_test_Xsecret4"
	signing   = "whsec_Xsecret5"
	recognise = "Xsecret"
)

// store is a gateway's secrets.
type store struct {
	values map[string]string
	calls  []string
	err    error
}

func (s *store) CreateSecret(_ context.Context, name, value string) error {
	return s.set("create", name, value)
}
func (s *store) UpdateSecret(_ context.Context, name, value string) error {
	return s.set("update", name, value)
}

func (s *store) set(command, name, value string) error {
	s.calls = append(s.calls, command+" "+name)
	if s.err != nil {
		return s.err
	}
	s.values[name] = value
	return nil
}

func nobody(context.Context, string) (string, error) { return "", terminal.ErrNone }

func given(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestRun(t *testing.T) {
	t.Parallel()

	all := map[string]string{target.MongoDB: mongo, target.SendGridKey: sendgrid, target.StripeKey: stripe, target.StripeSigning: signing}

	t.Run("creates what is not there, updates what is, and makes the functions' key", func(t *testing.T) {
		t.Parallel()

		s, out := &store{values: map[string]string{}}, &bytes.Buffer{}
		k := secrets.Keeper{Gateway: s, There: []string{target.StripeKey}, Given: given(all), Ask: nobody, Out: out}
		if err := k.Run(t.Context(), names); err != nil {
			t.Fatal(err)
		}
		want := []string{"create mongodb-uri", "create send-email-key", "create sendgrid-api-key", "update stripe-api-key", "create stripe-webhook-secret"}
		if diff := cmp.Diff(want, s.calls); diff != "" {
			t.Error(diff)
		}
		key := s.values[target.FunctionsKey]
		if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(key) {
			t.Errorf("the functions' key is %q", key)
		}
		delete(s.values, target.FunctionsKey)
		if diff := cmp.Diff(all, s.values); diff != "" {
			t.Error(diff)
		}
		if text := out.String(); strings.Contains(text, recognise) || strings.Contains(text, key) {
			t.Errorf("it shows\n%s", text)
		}
	})

	t.Run("makes another key each time that it makes one, and only where it must", func(t *testing.T) {
		t.Parallel()

		s := &store{values: map[string]string{}}
		k := secrets.Keeper{Gateway: s, Given: given(nil), Ask: nobody, Out: &bytes.Buffer{}}
		run := func() string {
			t.Helper()
			if err := k.Run(t.Context(), []string{target.FunctionsKey}); err != nil {
				t.Fatal(err)
			}
			return s.values[target.FunctionsKey]
		}
		first := run()
		k.There = []string{target.FunctionsKey}
		if second := run(); second != first {
			t.Error("the key that is there was made anew")
		}
		k.NewKey = true
		if third := run(); third == first || s.calls[len(s.calls)-1] != "update send-email-key" {
			t.Errorf("the key was not made anew: %v", s.calls)
		}
	})

	t.Run("makes a new key where that is asked for, also in place of one that is known here", func(t *testing.T) {
		t.Parallel()

		s := &store{values: map[string]string{}}
		k := secrets.Keeper{Gateway: s, There: []string{target.FunctionsKey}, Given: given(map[string]string{target.FunctionsKey: "Xsecret6-of-before"}), Ask: nobody, NewKey: true, Out: &bytes.Buffer{}}
		if err := k.Run(t.Context(), []string{target.FunctionsKey}); err != nil {
			t.Fatal(err)
		}
		if key := s.values[target.FunctionsKey]; len(key) != 64 {
			t.Errorf("the functions' key is %q", key)
		}
	})

	t.Run("keeps the key that it makes, before the gateway has it", func(t *testing.T) {
		t.Parallel()

		s, out := &store{values: map[string]string{}, err: errors.New("the gateway is away")}, &bytes.Buffer{}
		kept := map[string]string{}
		k := secrets.Keeper{Gateway: s, Given: given(kept), Ask: nobody, Out: out,
			Keep: func(name, value string) (string, error) { kept[name] = value; return "some.env", nil }}
		if err := k.Run(t.Context(), []string{target.FunctionsKey}); !errors.Is(err, s.err) {
			t.Errorf("error %v", err)
		}
		key := kept[target.FunctionsKey]
		s.err = nil
		if err := k.Run(t.Context(), []string{target.FunctionsKey}); err != nil || key == "" || s.values[target.FunctionsKey] != key {
			t.Errorf("%q is kept, and %q at the gateway, %v", key, s.values[target.FunctionsKey], err)
		}
		k.NewKey = true
		if err := k.Run(t.Context(), []string{target.FunctionsKey}); err != nil || kept[target.FunctionsKey] == key || s.values[target.FunctionsKey] != kept[target.FunctionsKey] {
			t.Errorf("%q is kept of the new one, and %q at the gateway, %v", kept[target.FunctionsKey], s.values[target.FunctionsKey], err)
		}
		if text := out.String(); !strings.Contains(text, "made at random and kept in some.env") || strings.Contains(text, key) || strings.Contains(text, kept[target.FunctionsKey]) {
			t.Errorf("it says\n%s", text)
		}
	})

	t.Run("puts no key at the gateway that it cannot keep", func(t *testing.T) {
		t.Parallel()

		s, full := &store{values: map[string]string{}}, errors.New("the disk is full")
		k := secrets.Keeper{Gateway: s, Given: given(nil), Ask: nobody, Out: &bytes.Buffer{},
			Keep: func(string, string) (string, error) { return "", full }}
		if err := k.Run(t.Context(), []string{target.FunctionsKey}); !errors.Is(err, full) || s.calls != nil {
			t.Errorf("error %v, calls %v", err, s.calls)
		}
	})

	t.Run("keeps what is there and is not given, where nobody can be asked, and says what is missing", func(t *testing.T) {
		t.Parallel()

		s, out := &store{values: map[string]string{}}, &bytes.Buffer{}
		k := secrets.Keeper{Gateway: s, There: []string{target.StripeKey}, Given: given(nil), Ask: nobody, Out: out}
		err := k.Run(t.Context(), names)
		if !errors.Is(err, secrets.ErrMissing) || !strings.Contains(err.Error(), "mongodb-uri, sendgrid-api-key, stripe-webhook-secret") {
			t.Errorf("error %v", err)
		}
		for _, want := range []string{"– stripe-api-key kept as it is", "✗ mongodb-uri missing: there is no terminal to ask on; set MONGODB_URI", "✓ send-email-key created, made at random"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q is not in\n%s", want, out)
			}
		}
	})

	t.Run("puts nothing there whose form is wrong", func(t *testing.T) {
		t.Parallel()

		s, out := &store{values: map[string]string{}}, &bytes.Buffer{}
		k := secrets.Keeper{Gateway: s, Given: given(map[string]string{target.StripeKey: "whsec_Xsecret9"}), Ask: nobody, Out: out}
		err := k.Run(t.Context(), []string{target.StripeKey})
		if !errors.Is(err, secrets.ErrMissing) || len(s.calls) != 0 || !strings.Contains(out.String(), "correct STRIPE_API_KEY") || strings.Contains(out.String(), recognise) {
			t.Errorf("error %v, calls %v, output\n%s", err, s.calls, out)
		}
	})

	t.Run("ends at the first that the gateway does not take", func(t *testing.T) {
		t.Parallel()

		s := &store{values: map[string]string{}, err: errors.New("the gateway is away")}
		k := secrets.Keeper{Gateway: s, Given: given(all), Ask: nobody, Out: &bytes.Buffer{}}
		if err := k.Run(t.Context(), names); !errors.Is(err, s.err) || len(s.calls) != 1 {
			t.Errorf("error %v, calls %v", err, s.calls)
		}
	})
}

// TestTyping has a person type, with a mistake in the middle.
func TestTyping(t *testing.T) {
	t.Parallel()

	x := terminaltest.Open(t)
	s := &store{values: map[string]string{}}
	k := secrets.Keeper{Gateway: s, There: []string{target.StripeSigning}, Given: given(nil), Out: x.File,
		Ask: terminal.Terminal{In: x.File, Out: x.File}.Hidden}
	ended := make(chan error, 1)
	go func() { ended <- k.Run(t.Context(), names) }()

	x.WaitFor("mongodb-uri: the connection string")
	x.WaitFor("(Enter leaves it out): ")
	x.Type(mongo + "\n")
	x.WaitFor("✓ mongodb-uri created, as typed") // and so not lost by what follows
	x.WaitFor("sendgrid-api-key: ")
	x.Type("SG.Xsecret8\n")
	x.WaitFor("sendgrid-api-key has another form: want a key of three parts")
	x.WaitFor("sendgrid-api-key: ")
	x.Type(sendgrid + "\n")
	x.WaitFor("✓ sendgrid-api-key created")
	x.WaitFor("stripe-api-key: ")
	x.Type("\n")
	x.WaitFor("✗ stripe-api-key missing: nothing was typed")
	x.WaitFor("(Enter keeps the one at the gateway): ")
	x.Type("\n")
	x.WaitFor("– stripe-webhook-secret kept as it is")

	if err := <-ended; !errors.Is(err, secrets.ErrMissing) || !strings.Contains(err.Error(), "stripe-api-key") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff([]string{"create mongodb-uri", "create send-email-key", "create sendgrid-api-key"}, s.calls); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(x.Shown(), recognise) {
		t.Errorf("the screen shows\n%s", x.Shown())
	}
}

// TestNoTrace runs a program in place of faas-cli that writes down all that others could see of it.
//
// Not parallel: the folder of temporary files is the process's.
func TestNoTrace(t *testing.T) {
	dir, temp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("SEEN", dir)
	cli := gatewaytest.Program(t, dir, "faas-cli", `
cat >"$SEEN/stdin"
{ tr '\0' ' ' </proc/$$/cmdline; tr '\0' '\n' </proc/$$/environ; ls -lR "$TMPDIR"; } >>"$SEEN/visible"
echo "Created: 201 Created"`)
	out := &bytes.Buffer{}
	all := map[string]string{target.MongoDB: mongo, target.SendGridKey: sendgrid, target.StripeKey: stripe, target.StripeSigning: signing}
	k := secrets.Keeper{Gateway: &gateway.CLI{Path: cli, Gateway: "http://127.0.0.1:1"}, Given: given(all), Ask: nobody, Out: out}
	for _, name := range []string{target.MongoDB, target.SendGridKey, target.StripeKey, target.StripeSigning} {
		if err := k.Run(t.Context(), []string{name}); err != nil {
			t.Fatal(err)
		}
		if got := read(t, filepath.Join(dir, "stdin")); got != all[name] {
			t.Errorf("%s came as %q", name, got)
		}
	}
	visible := read(t, filepath.Join(dir, "visible"))
	if !strings.Contains(visible, "secret create stripe-webhook-secret") {
		t.Fatalf("nothing was seen:\n%s", visible)
	}
	if strings.Contains(visible, recognise) || strings.Contains(out.String(), recognise) {
		t.Errorf("seen:\n%s\n%s", visible, out)
	}
	err := filepath.WalkDir(temp, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("%s was left behind", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
