package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"handler/function/internal/order"
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
		Meanwhile: func(ctx context.Context) error { return s.redeploy(ctx, t) },
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
func (s *system) redeploy(ctx context.Context, t *testing.T) error {
	for range redeployments {
		for _, steps := range [][]string{{"deploy"}, {"remove", "deploy"}} {
			began := time.Now()
			for _, step := range steps {
				if err := s.faasCLI(ctx, t, step, "-f", "stack.yml"); err != nil {
					return err
				}
				if a := call(t, http.MethodPost, s.env["GATEWAY_URL"]+"/function/stripe-webhook", nil, nil); step == "remove" && a.status != http.StatusNotFound {
					t.Errorf("a removed function answers %d %s", a.status, a.body)
				}
			}
			t.Logf("faas-cli %s in %s", strings.Join(steps, ", "), time.Since(began).Round(time.Millisecond))
		}
	}
	return nil
}

func (s *system) faasCLI(ctx context.Context, t *testing.T, flags ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(".local", "bin", "faas-cli"), append(flags, "--gateway", s.env["GATEWAY_URL"])...)
	cmd.Dir = s.root
	cmd.Env = append(os.Environ(), "OPENFAAS_CONFIG="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("faas-cli %s: %w\n%s", flags[0], err, out)
	}
	return nil
}

// TestRedeployEndsWhatIsInHand deploys send-email anew, as docs/kubernetes.md says, while its sweep waits for SendGrid:
// the e-mail is recorded, and goes out once.
func TestRedeployEndsWhatIsInHand(t *testing.T) {
	s := running(t)
	deploy := func(settings ...string) {
		t.Helper()
		if err := s.faasCLI(t.Context(), t, append([]string{"deploy", "-f", "stack.yml", "--filter", "send-email"}, settings...)...); err != nil {
			t.Fatal(err)
		}
	}
	const patient = "healthcheck_interval=20s"
	deploy("--env", patient)
	defer deploy()
	s.fault(t, "SENDGRID_URL", `{"status": 503, "times": 1}`)
	defer s.fault(t, "SENDGRID_URL", `{}`)
	session := newSession()
	s.deliver(t, s.play(t, session, "completed_paid")[0])
	await := func(state order.State) {
		t.Helper()
		eventually(t, func() error {
			o, err := s.store.Load(t.Context(), session)
			if err == nil && !slices.ContainsFunc(deliveries(o), func(d order.Delivery) bool { return d.State == state && d.DueAt.After(time.Now()) }) {
				err = fmt.Errorf("none is %s: %s", state, states(o))
			}
			return err
		})
	}
	await(order.Retry)
	s.fault(t, "SENDGRID_URL", `{"delay_ms": 5000, "times": -1}`)
	await(order.Sending)
	before := processOf(t, s, "SEND_EMAIL_PID")
	deploy("--env", patient)
	if processOf(t, s, "SEND_EMAIL_PID") == before {
		t.Error("it is the same process")
	}
	s.fault(t, "SENDGRID_URL", `{}`)
	o := s.settledWith(t, session, 2)
	s.sentOnce(t, o)
	for key, d := range o.Emails {
		if d.Unsure {
			t.Errorf("%s may have been sent twice: %+v", key, d)
		}
	}
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
