package function

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"handler/function/internal/order"
)

func TestReceiveCharge(t *testing.T) {
	t.Parallel()

	refund := func(b *bench) (status int, answer string) {
		res := b.Receive(signed(body(t, "charge_refunded"), secret, time.Now()))
		return res.StatusCode, strings.TrimSpace(string(res.Body))
	}

	t.Run("hands the order on that its payment intent paid for", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		refund(b)
		if len(b.invoked) != 1 || b.invoked[0] != `send-email {"charge":"cs_paid"}` {
			t.Errorf("calls %v", b.invoked)
		}
		if !strings.Contains(b.log.String(), "order=cs_paid") || !strings.Contains(b.log.String(), "event_type=charge.refunded") {
			t.Errorf("the log does not say what was stored where:\n%s", b.log.String())
		}
	})

	t.Run("hands a capture on as a sale, whose items may be asked for again", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.Receive(signed(body(t, "payment_captured"), secret, time.Now()))
		if len(b.invoked) != 1 || b.invoked[0] != `send-email {"id":"cs_paid"}` {
			t.Errorf("calls %v", b.invoked)
		}
	})

	t.Run("looks at no order for the event that comes with every sale", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		res := b.Receive(signed(body(t, "payment_intent_succeeded"), secret, time.Now()))
		if res.StatusCode != http.StatusOK || len(b.charged)+len(b.recorded)+len(b.invoked) != 0 {
			t.Errorf("%d %s after %d looks, with %d writes and calls %v", res.StatusCode, res.Body, len(b.charged), len(b.recorded), b.invoked)
		}
	})

	t.Run("acknowledges one of a payment that no order has, and does nothing else", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.chargeFunc = func(order.Event) (string, bool, error) {
			return "", false, fmt.Errorf("find the order: %w", order.ErrNotFound)
		}
		status, answer := refund(b)
		if status != http.StatusOK || answer != `{"ignored":"no order has this payment"}` || len(b.charged) != 1 || len(b.invoked)+len(b.recorded) != 0 {
			t.Errorf("%d %s after %d looks, with calls %v", status, answer, len(b.charged), b.invoked)
		}
		if !strings.Contains(b.log.String(), `msg="event ignored"`) || strings.Contains(b.log.String(), "level=ERROR") {
			t.Errorf("the log:\n%s", b.log.String())
		}
	})

	t.Run("acknowledges only what is stored", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.chargeFunc = func(order.Event) (string, bool, error) { return "", false, errors.New("database away") }
		if status, answer := refund(b); status != http.StatusServiceUnavailable || len(b.invoked) != 0 {
			t.Errorf("%d %s, with calls %v", status, answer, b.invoked)
		}
	})

	t.Run("does not take a session whose order is gone for another system's charge", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.recordFunc = func(order.Event) (bool, error) { return false, order.ErrNotFound }
		if res := b.Receive(signed(body(t, "completed_paid"), secret, time.Now())); res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%d %s", res.StatusCode, res.Body)
		}
	})

	t.Run("logs no name", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		refund(b)
		for _, word := range []string{"Ada", "ada@", "4242"} {
			if strings.Contains(b.log.String(), word) {
				t.Errorf("the log holds %q:\n%s", word, b.log.String())
			}
		}
	})
}
