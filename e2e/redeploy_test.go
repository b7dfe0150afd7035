package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"handler/function/local/chaos"
	"handler/function/local/runenv"
)

// redeployments are those of each way to do it.
const redeployments = 2

// TestRedeploy deploys both functions again and again by the real faas-cli while purchases go on: over the old
// ones, where the laptop lets callers wait, and after it removed them, so that callers get 404 meanwhile, as they
// do on faasd. Stripe comes again, the queue does not, and nothing is lost or sent twice.
func TestRedeploy(t *testing.T) {
	s := running(t)
	// So slow that each redeployment meets e-mails on their way.
	s.fault(t, "SENDGRID_URL", `{"delay_ms": 20, "times": -1}`)
	defer s.fault(t, "SENDGRID_URL", `{}`)
	before := processOf(t, s, "SEND_EMAIL_PID")

	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	sweeping, stop := context.WithCancel(ctx)
	var swept sync.WaitGroup
	swept.Go(func() { s.sweepEvery(sweeping, t, 2*time.Second) })
	err := chaos.Run(ctx, chaos.Options{
		Purchases: 90, For: 7 * time.Second, Seed: 1, State: s.state,
		Env:       func() (map[string]string, error) { return runenv.Read(s.state) },
		Meanwhile: func(ctx context.Context) error { return redeploy(ctx, t, s.env["GATEWAY_URL"]) },
		Say:       t.Logf,
	})
	stop()
	swept.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if after := processOf(t, s, "SEND_EMAIL_PID"); after == before {
		t.Errorf("send-email is process %s still: it was not deployed again", after)
	}
}

// redeploy deploys both functions, one time after the other.
func redeploy(ctx context.Context, t *testing.T, gateway string) error {
	for range redeployments {
		for _, steps := range [][]string{{"deploy"}, {"remove", "deploy"}} {
			began := time.Now()
			for _, step := range steps {
				cmd := exec.CommandContext(ctx, filepath.Join(".local", "bin", "faas-cli"), step, "-f", "stack.yml", "--gateway", gateway)
				cmd.Dir = ".."
				cmd.Env = append(os.Environ(), "OPENFAAS_CONFIG="+t.TempDir())
				if out, err := cmd.CombinedOutput(); err != nil {
					return fmt.Errorf("faas-cli %s: %w\n%s", step, err, out)
				}
				if a := call(t, http.MethodPost, gateway+"/function/stripe-webhook", nil, nil); step == "remove" && a.status != http.StatusNotFound {
					t.Errorf("a removed function answers %d %s", a.status, a.body)
				}
			}
			t.Logf("faas-cli %s in %s", strings.Join(steps, ", "), time.Since(began).Round(time.Millisecond))
		}
	}
	return nil
}

// sweepEvery asks for a sweep, as send-email does of itself every minute.
func (s *system) sweepEvery(ctx context.Context, t *testing.T, pause time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		body := []byte(`{"sweep": true}`)
		_, err := try(t, http.MethodPost, s.env["GATEWAY_URL"]+"/function/send-email", s.signed(body), body)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Logf("a sweep was not answered: %v", err)
		}
	}
}

// processOf is the ID of a part's process as it is now.
func processOf(t *testing.T, s *system, name string) string {
	t.Helper()
	env, err := runenv.Read(s.state)
	if err != nil || env[name] == "" {
		t.Fatalf("no %s in run.env: %v", name, err)
	}
	return env[name]
}
