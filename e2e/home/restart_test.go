package home

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"handler/function/shared/shop"
)

// TestStripeWebhookIsDown: a sale is refused at once as long as stripe-webhook is away, and Stripe
// comes again. Were Caddy to try it again, it would do so with another call's body, or with none:
// 2.6 keeps no body for a second try.
func TestStripeWebhookIsDown(t *testing.T) {
	t.Parallel()

	h := open(t, nil)
	if err := h.webhook.stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	refused := make(chan error, 10)
	for range cap(refused) {
		p := h.newSale(t, "completed_paid")
		go func() {
			_, err := h.shop.Pay(t.Context(), p)
			refused <- err
		}()
	}
	for range cap(refused) {
		select {
		case err := <-refused:
			if refusal := (*shop.Refusal)(nil); !errors.As(err, &refusal) || refusal.Status != http.StatusBadGateway {
				t.Errorf("want a 502: %v", err)
			}
		case <-time.After(2 * time.Second):
			t.Fatal("a sale waits for stripe-webhook")
		}
	}
	if err := h.webhook.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	session, _ := h.buy(t, "completed_paid")
	h.settled(t, soon, session, 2)
	h.noErrors(t)
}
