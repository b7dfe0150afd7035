package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/shared/shop"
)

var today = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func TestBusy(t *testing.T) {
	t.Parallel()

	paid, failed := order.Facts{PaymentStatus: "paid"}, order.Facts{PaymentFailed: true}
	planned := map[order.Reason]time.Time{order.ForPaid: today}
	email := func(s order.State, notBefore time.Time) *order.Order {
		d := order.Delivery{Email: order.Email{Key: "a", NotBefore: notBefore}, State: s, DueAt: notBefore}
		return &order.Order{Facts: paid, Plans: planned, Emails: map[string]order.Delivery{"a": d}}
	}
	for name, test := range map[string]struct {
		order *order.Order
		want  bool
	}{
		"is not to be waited for while unpaid":                  {&order.Order{}, false},
		"is to be planned when paid":                            {&order.Order{Facts: paid}, true},
		"is to be planned when the payment failed":              {&order.Order{Facts: failed}, true},
		"is done when its plan owes nothing":                    {&order.Order{Facts: paid, Plans: planned}, false},
		"waits for an e-mail that is due":                       {email(order.Planned, today), true},
		"waits for an e-mail that is due in less than a minute": {email(order.Planned, today.Add(59*time.Second)), true},
		"does not wait for an e-mail of tomorrow":               {email(order.Planned, today.AddDate(0, 0, 1)), false},
		"waits for one that is being sent":                      {email(order.Sending, today), true},
		"waits for one that is tried again":                     {email(order.Retry, today), true},
		"does not wait for one that is sent":                    {email(order.Sent, today), false},
		"does not wait for one that failed":                     {email(order.Failed, today), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if got := busy(test.order, today); got != test.want {
				t.Errorf("busy = %v, want %v", got, test.want)
			}
		})
	}

	t.Run("waits for the one of several that is not done", func(t *testing.T) {
		t.Parallel()

		o := email(order.Sent, today)
		o.Emails["b"] = order.Delivery{State: order.Failed}
		o.Emails["c"] = order.Delivery{State: order.Sending}
		if !busy(o, today) {
			t.Error("not busy")
		}
	})
}

// setupBuyer buys where the webhook is the function given.
func setupBuyer(t *testing.T, webhook http.HandlerFunc) *buyer {
	t.Helper()
	server := httptest.NewServer(webhook)
	t.Cleanup(server.Close)
	stripe := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(stripe.Close)
	return &buyer{&shop.Shop{Env: map[string]string{"WEBHOOK_URL": server.URL, "WEBHOOK_SECRET": "whsec_ours", "STRIPE_URL": stripe.URL}}}
}

func mustSample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := sample.Event(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
