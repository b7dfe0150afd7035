package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"handler/function/cmd/tillbell/deploy"
	"handler/function/e2e/chaos"
	"handler/function/internal/order"
	"handler/function/shared/gateway"
	"handler/function/shared/owner"
	"handler/function/shared/runenv"
)

// faasdGivesUp is when faasd gives a redeploy up that has not ended.
const faasdGivesUp = 30 * time.Second

// redeploys is how often both functions are replaced, while purchases are spread over a time.
type redeploys struct {
	times, purchases int
	over             time.Duration
}

// TestRedeploy replaces both functions as make up does while purchases go on: nothing is lost, and
// nothing unsure.
func TestRedeploy(t *testing.T) {
	redeploys{times: 4, purchases: 60, over: 12 * time.Second}.run(t, running(t))
}

// TestProveRedeploy does so for longer, after one redeploy by hand that cuts off what send-email has
// in hand.
func TestProveRedeploy(t *testing.T) {
	s, busy := running(t), newSession()
	logged := s.logged(t)
	s.redeployBusy(t, busy)
	redeploys{times: 20, purchases: 1000, over: 70 * time.Second}.run(t, s)
	within(t, 4*time.Minute, func() error { // the lease of what was cut off is two minutes
		o, err := s.store.Load(t.Context(), busy)
		if err == nil && (len(o.Emails) < 2 || chaos.Busy(o)) {
			err = errors.New(states(o))
		}
		return err
	})
	s.noErrors(t, logged)
}

func (r redeploys) run(t *testing.T, s *system) {
	t.Helper()
	logged := s.logged(t)
	sweeping, stop := context.WithCancel(t.Context())
	var swept sync.WaitGroup
	swept.Go(func() { s.sweepEvery(sweeping, t, 2*time.Second) })
	defer swept.Wait()
	defer stop()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), r.over+4*time.Minute)
	defer cancel()
	err := chaos.Run(ctx, chaos.Options{
		Purchases: r.purchases, For: r.over, Seed: 1, State: s.state,
		Env:       func() (map[string]string, error) { return runenv.Read(s.state) },
		Meanwhile: func(ctx context.Context) error { return s.redeploy(ctx, t, r.times) },
		Say:       t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.noneUnsure(t, began, r.purchases*9/10)
	s.noErrors(t, logged)
	if out, code := s.tillbell(t, "doctor", "--only", "after"); code != 0 || strings.Contains(out, "✗") {
		t.Errorf("afterwards something is wrong: exit code %d", code)
	}
}

// noErrors fails if a function has logged an error behind what it had logged then.
func (s *system) noErrors(t *testing.T, then map[string]int64) {
	t.Helper()
	for name, from := range then {
		text, err := os.ReadFile(s.logFile(name))
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text[from:]) {
			if bytes.Contains(line, []byte(`"level":"ERROR"`)) {
				t.Errorf("%s logged %s", name, line)
			}
		}
	}
}

// redeploy replaces both functions again and again, every fourth time after they were removed: then
// callers get 404 meanwhile. Stripe comes again, the queue does not.
func (s *system) redeploy(ctx context.Context, t *testing.T, times int) error {
	cli := &gateway.CLI{Path: filepath.Join(s.root, ".local", "bin", "faas-cli"), Gateway: s.env["GATEWAY_URL"]}
	plan, err := deploy.NewPlan(deploy.Machine{Laptop: true}, cli, "stack.yml", []string{"send-email", "stripe-webhook"})
	if err != nil {
		return err
	}
	client := &owner.Client{Gateway: cli.Gateway, Key: s.env["SEND_EMAIL_KEY"]}
	for n := range times {
		steps := plan.Deploy
		if n%4 == 3 {
			remove := deploy.Step{What: "remove both", Args: []string{cli.Path, "remove", "-f", "stack.yml", "--gateway", cli.Gateway}}
			steps = append([]deploy.Step{remove}, steps...)
		}
		began := time.Now()
		var out bytes.Buffer
		runner := deploy.Runner{Out: &out, Folder: s.root}
		replace := deploy.OpenFaaS{Runner: runner, Plan: deploy.Plan{Deploy: steps}}.Replace
		if err := (owner.Pauser{Out: &out}).Paused(ctx, client, false, replace); err != nil {
			return fmt.Errorf("%w\n%s", err, &out)
		}
		if !strings.Contains(out.String(), "✓ send-email is idle") {
			t.Errorf("it says\n%s", &out)
		}
		t.Logf("redeployment %d in %s", n+1, time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// redeployBusy replaces send-email while it waits for SendGrid, as faas-cli does where nobody
// pauses it: faasd takes the network from it first, and gives up where it does not end in time.
func (s *system) redeployBusy(t *testing.T, session string) {
	s.fault(t, "SENDGRID_URL", `{"delay_ms": 10000, "times": -1}`)
	s.deliver(t, s.play(t, session, "completed_paid")[0])
	s.await(t, session, order.Sending)
	before, began := processOf(t, s, "SEND_EMAIL_PID"), time.Now()
	err := s.faasCLI(t.Context(), t, "deploy", "-f", "stack.yml", "--filter", "send-email")
	took := time.Since(began)
	s.fault(t, "SENDGRID_URL", `{}`)
	if err != nil || took > faasdGivesUp-5*time.Second || processOf(t, s, "SEND_EMAIL_PID") == before {
		t.Fatalf("after %v: %v", took, err)
	}
	t.Logf("it took %v", took)
}

// TestEndsWhatIsInHand sends SIGTERM to send-email while its sweep waits for SendGrid, with the
// settings that docs/kubernetes.md gives it, where the network stays: the e-mail is recorded, and
// goes out once.
func TestEndsWhatIsInHand(t *testing.T) {
	s := running(t)
	deploy := func(settings ...string) {
		t.Helper()
		if err := s.faasCLI(t.Context(), t, append([]string{"deploy", "-f", "stack.yml", "--filter", "send-email"}, settings...)...); err != nil {
			t.Fatal(err)
		}
	}
	deploy("--env", "healthcheck_interval=20s")
	defer deploy()
	s.fault(t, "SENDGRID_URL", `{"status": 503, "times": 1}`)
	defer s.fault(t, "SENDGRID_URL", `{}`)
	session := newSession()
	s.deliver(t, s.play(t, session, "completed_paid")[0])
	s.await(t, session, order.Retry)
	s.fault(t, "SENDGRID_URL", `{"delay_ms": 5000, "times": -1}`)
	s.await(t, session, order.Sending)
	pid, err := strconv.Atoi(processOf(t, s, "SEND_EMAIL_PID"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.await(t, session, order.Sent)
	s.fault(t, "SENDGRID_URL", `{}`)
	eventually(t, func() error { // the process begins nothing more; the next one, which a call starts, does the rest
		s.sendEmail(t, `{"sweep": true}`)
		o, err := s.store.Load(t.Context(), session)
		if err == nil && chaos.Busy(o) {
			err = errors.New(states(o))
		}
		return err
	})
	o := s.settledWith(t, session, 2)
	s.sentOnce(t, o)
	for key, d := range o.Emails {
		if d.Unsure {
			t.Errorf("%s may have been sent twice: %+v", key, d)
		}
	}
}

// await waits until a delivery of an order is in a state; where that ends by itself, the end must
// be to come.
func (s *system) await(t *testing.T, session string, state order.State) {
	t.Helper()
	eventually(t, func() error {
		o, err := s.store.Load(t.Context(), session)
		if err == nil && !slices.ContainsFunc(deliveries(o), func(d order.Delivery) bool {
			return d.State == state && (d.Final() || d.DueAt.After(time.Now()))
		}) {
			err = fmt.Errorf("none is %s: %s", state, states(o))
		}
		return err
	})
}

// noneUnsure looks at all orders since a time, of which there must be so many.
func (s *system) noneUnsure(t *testing.T, since time.Time, least int) {
	t.Helper()
	orders, emails := 0, 0
	err := s.store.Walk(t.Context(), since.Add(-time.Minute), time.Now().Add(time.Hour), func(o *order.Order) bool {
		orders++
		for key, d := range o.Emails {
			emails++
			if d.Unsure && d.FirstTriedAt.After(since) {
				t.Errorf("%s: %s is unsure after %d attempts: %s", o.ID, key, d.Attempts, d.LastError)
			}
		}
		return true
	})
	if err != nil || orders < least {
		t.Errorf("%d orders seen, %v", orders, err)
	}
	t.Logf("%d orders with %d e-mails, none of them unsure", orders, emails)
}

// logged is how much the functions have logged, by their names.
func (s *system) logged(t *testing.T) map[string]int64 {
	t.Helper()
	sizes := map[string]int64{}
	for _, name := range []string{"send-email", "stripe-webhook"} {
		info, err := os.Stat(s.logFile(name))
		if err != nil {
			t.Fatal(err)
		}
		sizes[name] = info.Size()
	}
	return sizes
}

func (s *system) logFile(name string) string { return filepath.Join(s.state, "logs", name+".log") }

func (s *system) faasCLI(ctx context.Context, t *testing.T, flags ...string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(".local", "bin", "faas-cli"), append(flags, "--gateway", s.env["GATEWAY_URL"])...)
	cmd.Dir = s.root
	cmd.Env = append(os.Environ(), "OPENFAAS_CONFIG="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("faas-cli %s: %w\n%s", flags[0], err, out)
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
