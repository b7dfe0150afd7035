package home

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"handler/function/e2e/chaos"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/local/fault"
	"handler/function/shared/shop"
)

// newSale has Stripe know of a sample purchase, and gives it.
func (h *home) newSale(t *testing.T, name string) shop.Purchase {
	t.Helper()
	event, err := sample.Event(name)
	if err != nil {
		t.Fatal(err)
	}
	items, err := sample.LineItems(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := h.shop.Miss(t.Context(), event, items)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// buy plays a sample purchase through Caddy, and gives its session and whether send-email has taken
// the order.
func (h *home) buy(t *testing.T, name string) (session string, handedOn bool) {
	t.Helper()
	p := h.newSale(t, name)
	text, err := h.shop.Pay(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		ID     string `json:"id"`
		Queued bool   `json:"queued"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.ID != p.Session {
		t.Fatalf("it answers %s, %v", text, err)
	}
	return p.Session, answer.Queued
}

// settled waits until an order owes nothing, and sees that each of its e-mails went out once and
// surely.
func (h *home) settled(t *testing.T, limit time.Duration, session string, emails int) *order.Order {
	t.Helper()
	o := h.await(t, limit, session, func(o *order.Order) bool { return len(o.Emails) == emails && !chaos.Busy(o) })
	inbox, err := h.shop.Inbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for key, d := range o.Emails {
		copies := 0
		for _, m := range inbox {
			if m.Delivery == session+"/"+key {
				copies++
			}
		}
		if d.State != order.Sent || d.Unsure || copies != 1 {
			t.Errorf("%s was sent %d times: %s", key, copies, states(o))
		}
	}
	return o
}

// await waits until an order is as it should be.
func (h *home) await(t *testing.T, limit time.Duration, session string, is func(*order.Order) bool) *order.Order {
	t.Helper()
	var last *order.Order
	within(t, limit, func() error {
		o, err := h.shop.Store.Load(t.Context(), session)
		if err != nil {
			return err
		}
		last = o
		if !is(o) {
			return fmt.Errorf("%s: %s", session, states(o))
		}
		return nil
	})
	return last
}

func states(o *order.Order) string {
	var all []string
	for key, d := range o.Emails {
		all = append(all, fmt.Sprintf("%s %s after %d, unsure %v %s", key, d.State, d.Attempts, d.Unsure, d.LastError))
	}
	slices.Sort(all)
	return fmt.Sprintf("due %v, fetch %+v; %s", o.NextDueAt, o.Fetch, strings.Join(all, "; "))
}

// within waits for a condition, for that long at most.
func within(t *testing.T, limit time.Duration, condition func() error) {
	t.Helper()
	if err := until(t.Context(), limit, condition); err != nil {
		t.Fatal(err)
	}
}

// until is within where a test cannot be ended.
func until(ctx context.Context, limit time.Duration, condition func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := condition()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("still not so after %v: %w", limit, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// fault makes the next calls of a stand-in go wrong.
func (h *home) fault(ctx context.Context, standIn string, f fault.Fault) error {
	body, err := json.Marshal(f)
	if err != nil {
		return err
	}
	_, err = shop.Request(ctx, http.MethodPut, h.shop.Env[standIn]+fault.Path, "", body)
	return err
}

// logged is what a service has written.
func (h *home) logged(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(h.logFile(name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// noErrors sees that neither function has found a reason for a person to look.
func (h *home) noErrors(t *testing.T) {
	t.Helper()
	for _, name := range []string{stripeWebhook, sendEmail} {
		text := h.logged(t, name)
		if !strings.Contains(text, `"level":"INFO"`) {
			t.Errorf("%s logs in another form:\n%s", name, text)
		}
		for line := range bytes.Lines([]byte(text)) {
			if bytes.Contains(line, []byte(`"level":"ERROR"`)) {
				t.Errorf("%s logged %s", name, line)
			}
		}
	}
}
