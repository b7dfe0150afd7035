package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"handler/function/cmd/tillbell/endpoint"
	"handler/function/cmd/tillbell/stripeapi"
	"handler/function/shared/terminal/terminaltest"
)

// buildTillbell is the owner's command, built once.
var buildTillbell = sync.OnceValues(func() (string, error) {
	path := filepath.Join(started.state, "tillbell-program")
	out, err := exec.Command("go", "build", "-o", path, "../cmd/tillbell").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build tillbell: %w\n%s", err, out)
	}
	return path, nil
})

// tillbellCommand is the owner's command with a command for this laptop, in Tillbell's folder, with
// faas-cli as make builds it.
func (s *system) tillbellCommand(t *testing.T, command string, args ...string) *exec.Cmd {
	t.Helper()
	return ownersCommand(t, append([]string{command, "--laptop", s.state}, args...)...)
}

// ownersCommand is the owner's command in an environment that names no gateway.
func ownersCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := buildTillbell()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = started.root
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); name != "GATEWAY_URL" && name != "OPENFAAS_URL" && name != "PUBLIC_URL" {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "OPENFAAS_CONFIG="+t.TempDir())
	return cmd
}

// tillbell runs it, and gives what it says and its exit code.
func (s *system) tillbell(t *testing.T, command string, args ...string) (string, int) {
	t.Helper()
	return ended(t, s.tillbellCommand(t, command, args...))
}

// ended is what a command says, and its exit code.
func ended(t *testing.T, cmd *exec.Cmd) (string, int) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	t.Logf("tillbell %s\n%s", strings.Join(cmd.Args[1:], " "), out)
	return string(out), cmd.ProcessState.ExitCode()
}

func TestTillbellDoctor(t *testing.T) {
	s := running(t)
	out, code := s.tillbell(t, "doctor")
	if code != 0 || strings.Contains(out, "✗") {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		"✓ faas-cli is", "✓ the gateway has all 6 secrets of stack.yml", "✓ MongoDB answers", "✓ orders have the index",
		"✓ the webhook endpoint gets exactly our 12 event types, of API version 2023-10-16", "✓ SendGrid's key may send",
		"✓ all 2 functions run", "✓ stripe-webhook refuses an unsigned call", "✓ send-email refuses an unsigned call",
		"✓ stripe-webhook takes what is signed", "✓ send-email takes what is signed with its key, and reads the database",
		"– the ports: not checked: this machine reaches no farther than itself",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, secret := range []string{"stripe-api-key", "sendgrid-api-key", "stripe-webhook-secret", "send-email-key", "alert-url"} {
		if strings.Contains(out, strings.TrimSpace(s.secret(t, secret))) {
			t.Errorf("it shows %s", secret)
		}
	}
}

// TestTillbellSecrets takes a secret away and brings it back by the real faas-cli, while all processes'
// arguments are read for it.
func TestTillbellSecrets(t *testing.T) {
	s := running(t)
	const name = "sendgrid-api-key"
	before := strings.TrimSpace(s.secret(t, name))
	defer func() {
		if a := call(t, http.MethodGet, s.env["GATEWAY_URL"]+"/system/secrets", nil, nil); !strings.Contains(a.body, name) {
			s.faas(t, before, "secret", "create", name)
		}
	}()
	s.faas(t, "", "secret", "remove", name)
	if out, code := s.tillbell(t, "doctor", "--only", "before"); code != 1 || !strings.Contains(out, "✗ the gateway has no secret "+name+": make secrets creates them") {
		t.Errorf("exit code %d", code)
	}

	env := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(env, []byte("SENDGRID_API_KEY="+before+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"--gateway", s.env["GATEWAY_URL"], "--env", env, "--only", name}
	if out, code := s.tillbell(t, "secrets", args...); code != 1 || !strings.Contains(out, "chmod 600 "+env) || strings.Contains(out, before) {
		t.Errorf("exit code %d for a file that all may read", code)
	}
	if err := os.Chmod(env, 0o600); err != nil {
		t.Fatal(err)
	}
	seen := watchArguments(t, before)
	out, code := s.tillbell(t, "secrets", args...)
	if found := seen(); found != "" {
		t.Errorf("the secret is among the arguments of %s", found)
	}
	if code != 0 || !strings.Contains(out, "✓ sendgrid-api-key created, from SENDGRID_API_KEY") || strings.Contains(out, before) {
		t.Errorf("exit code %d", code)
	}
	if after := s.secret(t, name); after != before {
		t.Error("the gateway has another one")
	}
	s.sentOnce(t, s.buy(t, "completed_paid", 2))
}

// TestTillbellSecretsTyped has a person type one.
func TestTillbellSecretsTyped(t *testing.T) {
	s := running(t)
	const name = "stripe-api-key"
	before := strings.TrimSpace(s.secret(t, name))
	x := terminaltest.Open(t)
	cmd := s.tillbellCommand(t, "secrets", "--gateway", s.env["GATEWAY_URL"], "--env", filepath.Join(t.TempDir(), "none"), "--only", name)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = x.File, x.File, x.File
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	x.WaitFor("stripe-api-key: a restricted key")
	x.WaitFor("(Enter keeps the one at the gateway): ")
	x.Type("pk_test_mistaken\n")
	x.WaitFor("stripe-api-key has another form")
	x.WaitFor("(Enter keeps the one at the gateway): ")
	x.Type(before + "\n")
	x.WaitFor("✓ stripe-api-key updated, as typed")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if strings.Contains(x.Shown(), before) || strings.Contains(x.Shown(), "mistaken") {
		t.Errorf("the screen shows\n%s", x.Shown())
	}
	if after := s.secret(t, name); after != before {
		t.Error("the gateway has another one")
	}
}

func TestTillbellEndpoint(t *testing.T) {
	s := running(t)
	const name = "stripe-webhook-secret"
	before := s.secret(t, name)
	defer s.setSecret(t, name, before) // which the other tests sign with

	if out, code := s.tillbell(t, "endpoint", "--yes"); code != 0 || !strings.Contains(out, "is as it should be") {
		t.Errorf("exit code %d", code)
	}
	out, code := s.tillbell(t, "endpoint", "--new", "--yes")
	after := s.secret(t, name)
	if code != 0 || !strings.Contains(out, "✓ stripe-webhook-secret updated, from Stripe") || after == before || !strings.HasPrefix(after, "whsec_") || strings.Contains(out, after) {
		t.Errorf("exit code %d, the secret is new: %v", code, after != before)
	}
	if out, code := s.tillbell(t, "doctor"); code != 0 || !strings.Contains(out, "✓ stripe-webhook takes what is signed") {
		t.Errorf("exit code %d", code)
	}
}

// TestTillbellUp deploys again, and plays a purchase to its e-mails.
func TestTillbellUp(t *testing.T) {
	s := running(t)
	out, code := s.tillbell(t, "up")
	if code != 0 || strings.Count(out, "Deployed. 200 OK.") != 2 || !strings.Contains(out, "✓ all 2 functions run") ||
		!strings.Contains(out, "is stored") || strings.Count(out, "is sent") != 2 {
		t.Errorf("exit code %d", code)
	}
}

// TestStripeAcceptsOurRegistration has the webhook endpoint registered, corrected and removed at
// stripe-mock, which checks requests against Stripe's own description of its API.
func TestStripeAcceptsOurRegistration(t *testing.T) {
	running(t) // which has built stripe-mock
	address := startStripeMock(t)
	var out bytes.Buffer
	var kept []string
	r := endpoint.Registrar{
		Backend: stripeapi.Backend("http://" + address), Key: "sk_test_123", URL: "https://shop.example.com/function/stripe-webhook", Yes: true, Out: &out,
		Ready: func(context.Context) error { return nil },
		Keep:  func(_ context.Context, secret string) error { kept = append(kept, secret); return nil },
	}
	if err := r.Run(t.Context()); err != nil || len(kept) != 1 {
		t.Errorf("register: %v, kept %d secrets\n%s", err, len(kept), &out)
	}
	all, err := endpoint.List(t.Context(), r.Backend, r.Key)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d endpoints, %v", len(all), err)
	}
	r.URL = all[0].URL // whose event types are not ours
	if err := r.Run(t.Context()); err != nil || !strings.Contains(out.String(), "is corrected") {
		t.Errorf("correct: %v\n%s", err, &out)
	}
	r.New = true
	if err := r.Run(t.Context()); err != nil || !strings.Contains(out.String(), "is removed") {
		t.Errorf("replace: %v\n%s", err, &out)
	}
}

// watchArguments reads the arguments of all processes again and again, until the function it gives
// is called: that says in whose a text was found.
func watchArguments(t *testing.T, text string) func() string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	found := make(chan string, 1)
	go func() {
		for ctx.Err() == nil {
			all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
			for _, file := range all {
				if b, err := os.ReadFile(file); err == nil && bytes.Contains(b, []byte(text)) {
					found <- string(bytes.ReplaceAll(b, []byte{0}, []byte(" ")))
					return
				}
			}
		}
		found <- ""
	}()
	return func() string {
		cancel()
		return <-found
	}
}
