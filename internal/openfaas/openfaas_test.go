package openfaas_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/openfaas"
)

func TestLines(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	s := openfaas.Secrets{Dir: dir}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "k"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string][]string{
		"a":             {"a"},
		"a\n":           {"a"},
		"a\r\n b \n\nc": {"a", "b", "c"},
	} {
		write(text)
		got, err := s.Lines("k")
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-want +got):\n%s", text, d)
		}
	}
	write("whsec_hidden\nhidden")
	_, err := s.Lines("k", "whsec_")
	if text, ok := openfaas.Misconfiguration(err); !ok || text != "secret k does not start with whsec_" {
		t.Errorf("got %q, %v", text, ok)
	}
	write("sk_1")
	if _, err := s.First("k", "rk_", "sk_"); err != nil {
		t.Errorf("a secret of the second form: %v", err)
	}
	if _, err := s.First("none"); err == nil {
		t.Error("a missing secret is no error")
	}
}

func TestSigned(t *testing.T) {
	t.Parallel()

	body := []byte(`{"id":"cs_1"}`)
	// echo -n '{"id":"cs_1"}' | openssl dgst -sha256 -hmac k
	const want = "sha256=452b8965737d442f13ec2e98348ff98ff3154f3818a53106ac7bcda9c467826c"
	sig := openfaas.Sign(body, "k")
	if sig != want {
		t.Errorf("got %s, want %s", sig, want)
	}
	// the same with -sha1
	if !openfaas.Signed(body, "sha1=a864e0319d632f4e02e644813e9e33fd86914f8e", []string{"k"}) {
		t.Error("what an older faas-cli signed is refused")
	}
	for _, wrong := range []string{"", "sha256", "sha256=", "sha1=", "md5=", strings.Replace(sig, "sha256", "sha1", 1), strings.TrimPrefix(sig, "sha256=")} {
		if openfaas.Signed(body, wrong, []string{"k"}) {
			t.Errorf("%q is taken for a signature", wrong)
		}
	}
	if !openfaas.Signed(body, sig, []string{"other", "k"}) {
		t.Error("the second key's signature is refused")
	}
	if openfaas.Signed(body, openfaas.Sign(body, ""), []string{""}) {
		t.Error("an empty key signs")
	}
}

func TestSettings(t *testing.T) {
	t.Setenv("a_url", "https://example.com/")
	t.Setenv("b_url", "example.com")
	t.Setenv("a_span", "90")
	t.Setenv("a_bool", "yes")
	t.Setenv("a_rate", "NaN")
	t.Setenv("log_level", "loud")
	var s openfaas.Settings
	if got := s.URL("a_url", "x"); got != "https://example.com" {
		t.Errorf("got %s", got)
	}
	if got := s.URL("c_url", "http://gateway:8080"); got != "http://gateway:8080" {
		t.Errorf("got %s", got)
	}
	if got := s.Float("c_rate", 2.5); got != 2.5 {
		t.Errorf("got %v", got)
	}
	if err := s.Err(); err != nil {
		t.Errorf("nothing is wrong yet, but: %v", err)
	}
	s.URL("b_url", "http://x")
	s.Duration("a_span", time.Minute)
	s.Float("a_rate", 1)
	s.Bool("a_bool", true)
	s.Logger(io.Discard)
	for _, name := range []string{"b_url", "a_span", "a_rate", "a_bool", "log_level"} {
		if err := s.Err(); err == nil || !strings.Contains(err.Error(), "setting "+name+" is ") {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
}

func TestSettingsOfTime(t *testing.T) {
	for value, want := range map[string]struct{ duration, days time.Duration }{
		"":      {time.Minute, 0},
		"0":     {0, 0},
		"90m":   {90 * time.Minute, 90 * time.Minute},
		"3d":    {72 * time.Hour, 72 * time.Hour},
		"1w12h": {180 * time.Hour, 180 * time.Hour},
	} {
		t.Setenv("a_span", value)
		var s openfaas.Settings
		if got := s.Duration("a_span", time.Minute); got != want.duration || s.Err() != nil {
			t.Errorf("%q is %v, %v", value, got, s.Err())
		}
		if got := s.Days("a_span"); got != want.days || s.Err() != nil {
			t.Errorf("%q as days is %v, %v", value, got, s.Err())
		}
	}
	for days, want := range map[string]time.Duration{"30": 720 * time.Hour, "0.5": 12 * time.Hour, "1e9": 876_000 * time.Hour, "20000w": 0, "-1": 0, "NaN": 0, "ten": 0} {
		t.Setenv("a_span", days)
		var s openfaas.Settings
		if got := s.Days("a_span"); got != want || (s.Err() == nil) != (want > 0) {
			t.Errorf("%q days are %v, %v", days, got, s.Err())
		}
	}
	t.Setenv("a_span", "-3d")
	var s openfaas.Settings
	s.Duration("a_span", 0)
	want := `setting a_span is "-3d": want a time span such as 30m, 12h, 3d or 2w, or 0`
	if err := s.Err(); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestInvokeAsync(t *testing.T) {
	t.Parallel()

	var got *http.Request
	var body bytes.Buffer
	status := http.StatusAccepted
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body.Reset()
		_, _ = io.Copy(&body, r.Body)
		w.WriteHeader(status)
	}))
	t.Cleanup(gateway.Close)
	g := openfaas.NewGateway(gateway.URL, func() (string, error) { return "k", nil })
	if err := g.InvokeAsync(t.Context(), "send-email", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if got.Method != http.MethodPost || got.URL.Path != "/async-function/send-email" || body.String() != "hello" {
		t.Errorf("got %s %s %q", got.Method, got.URL.Path, body.String())
	}
	if !openfaas.Signed(body.Bytes(), got.Header.Get("Hmac"), []string{"k"}) {
		t.Errorf("the call is not signed: %v", got.Header)
	}
	status = http.StatusOK
	if err := g.InvokeAsync(t.Context(), "send-email", nil); err == nil {
		t.Error("an answer that is not 202 counts as queued")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.InvokeAsync(ctx, "send-email", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after the time is up: %v", err)
	}
}
