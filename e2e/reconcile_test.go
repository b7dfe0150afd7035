package e2e

import (
	"bytes"
	"encoding/json"
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

	"handler/function/cmd/tillbell/reconcile"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/shared/shop"
)

// TestReconcile is a day without the webhook: 100 purchases are made at Stripe's stand-in, and
// nobody is told. What was missed is shown, then found while Stripe delivers some of it all the
// same, and not found twice. What is missed later stripe-webhook finds by itself, when it starts.
func TestReconcile(t *testing.T) {
	s := running(t)
	s.scale(t, "stripe-webhook", 1)
	s.restartWebhook(t) // and it will not look again by itself while this goes on
	missed := s.miss(t, 100, time.Now())

	before := s.orders(t)
	if sum := s.reconcile(t, "--since", "1h", "--dry-run"); sum.Recorded != 100 || len(sum.Missing) != 100 {
		t.Errorf("%d are missing, want 100", sum.Recorded)
	}
	if after := s.orders(t); after != before {
		t.Fatalf("a dry run stored %d orders", after-before)
	}

	var live sync.WaitGroup
	live.Go(func() {
		together(40, func(i int) {
			if a, err := s.tryDeliver(t, missed[i*2].Body); err != nil || a.status != http.StatusOK {
				t.Errorf("a live event: %d %s, %v", a.status, a.body, err)
			}
		})
	})
	sum := s.reconcile(t, "--since", "1h")
	live.Wait()
	if sum.Seen < 100 || sum.Known+sum.Recorded < 100 || sum.Recorded < 60 || sum.Next != "" {
		t.Errorf("%d seen, %d known, %d stored, next %q", sum.Seen, sum.Known, sum.Recorded, sum.Next)
	}
	found := 0
	for _, p := range missed {
		o := s.settledWith(t, p.Session, 2)
		s.sentOnce(t, o)
		if o.Events[p.Event].Found == order.FoundByOwner {
			found++
			if len(o.Audit) != 1 || o.Audit[0].Command != "reconcile" {
				t.Errorf("%s was found, and its audit is %v", o.ID, o.Audit)
			}
		}
	}
	if found != sum.Recorded {
		t.Errorf("%d orders say that they were found, and %d were", found, sum.Recorded)
	}
	if again := s.reconcile(t, "--since", "1h"); again.Recorded != 0 || s.orders(t) != before+100 {
		t.Errorf("a second time %d are found, and there are %d orders more", again.Recorded, s.orders(t)-before)
	}

	t.Run("finds sessions whose events are too old for Stripe to list", func(t *testing.T) {
		old := s.miss(t, 1, time.Now().AddDate(0, 0, -40))[0]
		if sum := s.reconcile(t, "--since", "60d"); sum.Recorded != 1 {
			t.Errorf("%+v", sum)
		}
		o := s.settledWith(t, old.Session, 2)
		s.sentOnce(t, o)
		if _, ok := o.Events["evt_paid_"+old.Session]; !ok || len(o.Events) != 1 {
			t.Errorf("its events are %v", o.Events)
		}
	})

	t.Run("happens by itself when stripe-webhook starts, but for what was sold before it was there", func(t *testing.T) {
		foreign := s.miss(t, 1, time.Now().Add(-40*time.Hour))[0]
		p := s.miss(t, 1, time.Now())[0]
		s.restartWebhook(t)
		o := s.settledWith(t, p.Session, 2)
		s.sentOnce(t, o)
		if found := o.Events[p.Event].Found; found != order.FoundByItself || len(o.Audit) != 0 {
			t.Errorf("found by %q, audit %v", found, o.Audit)
		}
		if _, err := s.store.Load(t.Context(), foreign.Session); !errors.Is(err, order.ErrNotFound) {
			t.Errorf("what was sold before is there: %v", err)
		}
	})

	t.Run("is not for everybody", func(t *testing.T) {
		p := s.miss(t, 1, time.Now())[0]
		body := func(at time.Time) []byte {
			return fmt.Appendf(nil, `{"reconcile": {"since": %q}, "at": %q}`, at.Add(-time.Hour).Format(time.RFC3339), at.Format(time.RFC3339))
		}
		now, old := body(time.Now()), body(time.Now().Add(-6*time.Minute))
		for name, c := range map[string]struct {
			header http.Header
			body   []byte
			want   string
		}{
			"no signature":      {nil, now, "invalid signature"},
			"a wrong signature": {http.Header{openfaas.SignatureHeader: {openfaas.Sign(now, "another")}}, now, "invalid signature"},
			"an old call":       {s.signed(old), old, "too old"},
		} {
			if a := call(t, http.MethodPost, s.env["WEBHOOK_URL"], c.header, c.body); a.status != http.StatusBadRequest || !strings.Contains(a.body, c.want) {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
		if _, err := s.store.Load(t.Context(), p.Session); err == nil {
			t.Error("it was found")
		}
		if sum := s.reconcile(t, "--since", "1h"); sum.Recorded != 1 {
			t.Errorf("signed and fresh: %+v", sum)
		}
		s.sentOnce(t, s.settledWith(t, p.Session, 2))
	})

	t.Run("says which permission the key lacks", func(t *testing.T) {
		key := s.secret(t, "stripe-api-key")
		account := func(permissions string) {
			body := fmt.Sprintf(`{"permissions": {%q: %s}}`, strings.TrimSpace(key), permissions)
			if a := call(t, http.MethodPut, s.env["STRIPE_URL"]+"/_local/account", nil, []byte(body)); a.status/100 != 2 {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}
		account(`["checkout_session_read"]`)
		defer func() { call(t, http.MethodPut, s.env["STRIPE_URL"]+"/_local/account", nil, []byte(`{}`)) }()
		_, said, code := s.reconcileCommand(t, "--since", "1h")
		if code != 1 || !strings.Contains(said, "the key may not read Events: give the restricted key Read for them") {
			t.Errorf("exit code %d: %s", code, said)
		}
	})
}

// miss makes purchases that Stripe's stand-in alone knows of.
func (s *system) miss(t *testing.T, n int, at time.Time) []shop.Purchase {
	t.Helper()
	event, err := sample.Event("completed_paid")
	if err != nil {
		t.Fatal(err)
	}
	items, err := sample.LineItems("completed_paid")
	if err != nil {
		t.Fatal(err)
	}
	var all []shop.Purchase
	for range n {
		p, err := shop.NewPurchase(event, items, at)
		if err != nil {
			t.Fatal(err)
		}
		if err := (&shop.Shop{Env: s.env}).AtStripe(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	return all
}

// restartWebhook kills stripe-webhook, wakes it, and waits until it has looked at Stripe for what
// was missed.
func (s *system) restartWebhook(t *testing.T) {
	t.Helper()
	looks := func() int {
		log, err := os.ReadFile(filepath.Join(s.state, "logs", "stripe-webhook.log"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(log), `"caught up with Stripe"`)
	}
	before := looks()
	s.kill(t, "STRIPE_WEBHOOK_PID")
	eventually(t, func() error {
		_ = call(t, http.MethodPost, s.env["WEBHOOK_URL"], nil, nil)
		if looks() == before {
			return fmt.Errorf("it has not looked")
		}
		return nil
	})
}

// reconcile runs tillbell reconcile, and gives what it found.
func (s *system) reconcile(t *testing.T, args ...string) reconcile.Tally {
	t.Helper()
	answer, said, code := s.reconcileCommand(t, append(args, "--json")...)
	var sum reconcile.Tally
	if err := json.Unmarshal([]byte(answer), &sum); err != nil || code != 0 {
		t.Fatalf("exit code %d: %s %s", code, answer, said)
	}
	t.Logf("%v: %d seen, %d known, %d missing", args, sum.Seen, sum.Known, sum.Recorded)
	return sum
}

func (s *system) reconcileCommand(t *testing.T, args ...string) (answer, said string, code int) {
	t.Helper()
	path, err := buildTillbell()
	if err != nil {
		t.Fatal(err)
	}
	var out, progress bytes.Buffer
	cmd := exec.CommandContext(t.Context(), path, append([]string{"reconcile", "--laptop", s.state, "--env", "none"}, args...)...)
	cmd.Dir = s.root
	cmd.Stdout, cmd.Stderr = &out, &progress
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), progress.String(), cmd.ProcessState.ExitCode()
}
