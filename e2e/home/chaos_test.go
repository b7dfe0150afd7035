package home

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"handler/function/e2e/chaos"
	"handler/function/internal/order"
	"handler/function/local/fault"
	"handler/function/shared/owner"
	"handler/function/shared/shop"
)

// TestProveChaos kills both functions and the database at random while 150 purchases go on and
// SendGrid and Stripe misbehave, and judges what came of it as make chaos does.
func TestProveChaos(t *testing.T) {
	t.Parallel()

	h := open(t, nil)
	err := chaos.Run(t.Context(), chaos.Options{
		Purchases: 150, For: 40 * time.Second, Seed: 1, State: h.root, Env: h.env, Bare: true, Alone: true, Say: t.Logf,
	})
	if err != nil {
		t.Fatal(err)
	}
}

const (
	// redeployments is how often both functions are replaced while purchases go on.
	redeployments = 5
	// redeployedOver is the time over which the purchases are spread.
	redeployedOver = 20 * time.Second
)

// TestRedeploy replaces both functions as make up does, again and again while purchases go on:
// send-email is paused and started again, then stripe-webhook is. Nothing is lost, and nothing
// unsure.
func TestRedeploy(t *testing.T) {
	t.Parallel()

	h := open(t, nil)
	err := chaos.Run(t.Context(), chaos.Options{
		Purchases: 150, For: redeployedOver, Seed: 1, State: h.root, Env: h.env, Bare: true, Alone: true, Say: t.Logf,
		Meanwhile: func(ctx context.Context) error { return h.redeploy(ctx, t) },
	})
	if err != nil {
		t.Fatal(err)
	}
	h.noneUnsure(t, 150)
	h.noErrors(t)
}

func (h *home) redeploy(ctx context.Context, t *testing.T) error {
	client := &owner.Client{Gateway: h.owner, Key: h.key}
	for n := range redeployments {
		if err := h.slowDown(ctx); err != nil {
			return err
		}
		began := time.Now()
		var out bytes.Buffer
		if err := (owner.Pauser{Out: &out}).Paused(ctx, client, false, h.restart); err != nil {
			return fmt.Errorf("%w\n%s", err, &out)
		}
		if !strings.Contains(out.String(), "✓ send-email is idle") {
			t.Errorf("it says\n%s", &out)
		}
		t.Logf("redeployment %d in %s", n+1, time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// restart starts one function after the other again.
func (h *home) restart(ctx context.Context) error {
	for _, s := range []*service{h.mailer, h.webhook} {
		if err := s.restart(ctx); err != nil {
			return err
		}
	}
	return nil
}

// slowDown has some e-mails take longer than send-email serves on after SIGTERM, and waits until
// one of them is under way.
func (h *home) slowDown(ctx context.Context) error {
	slow := fault.Fault{DelayMS: 1500, Times: 8}
	if err := h.fault(ctx, "SENDGRID_URL", slow); err != nil {
		return err
	}
	return until(ctx, soon, func() error {
		text, err := shop.Request(ctx, http.MethodGet, h.shop.Env["SENDGRID_URL"]+fault.Path, "", nil)
		if err != nil {
			return err
		}
		var left fault.Fault
		if err := json.Unmarshal([]byte(text), &left); err != nil {
			return err
		}
		if left == slow {
			return errors.New("no e-mail is under way")
		}
		return nil
	})
}

// noneUnsure looks at all orders, which are so many at the least.
func (h *home) noneUnsure(t *testing.T, least int) {
	t.Helper()
	orders, emails := 0, 0
	err := h.shop.Store.Walk(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(time.Hour), func(o *order.Order) bool {
		orders++
		for key, d := range o.Emails {
			emails++
			if d.Unsure {
				t.Errorf("%s: %s is unsure after %d attempts: %s", o.ID, key, d.Attempts, d.LastError)
			}
		}
		return true
	})
	if err != nil || orders < least || emails < least {
		t.Errorf("%d orders with %d e-mails seen, %v", orders, emails, err)
	}
}
