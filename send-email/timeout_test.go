package function

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sendgrid/sendgrid-go/helpers/mail"

	"handler/function/internal/order"
)

// silent is a service that takes a request and never answers.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// deadline is a mailer that keeps until when an attempt may take.
type deadline struct{ at time.Time }

func (*deadline) ready() error { return nil }

func (*deadline) probe() (func(), error) { return func() {}, nil }

func (d *deadline) send(ctx context.Context, _ *mail.SGMailV3) result {
	d.at, _ = ctx.Deadline()
	return result{Setback: order.Setback{Status: http.StatusAccepted}}
}

// An attempt has a limit of its own, whatever the mailer's is.
func TestAnAttemptHasALimit(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		b, d := setUpOffline(t), &deadline{}
		b.mail = d
		b.attempt(t.Context(), &order.Order{}, order.Delivery{}, &outcome{log: b.log})
		if left := time.Until(d.at); d.at.IsZero() || left > 15*time.Second {
			t.Errorf("an attempt may take %v, want 15 s at most", left)
		}
	})
}

func TestSilence(t *testing.T) {
	t.Parallel()

	service := Service{URL: "https://service.invalid", Key: func() (string, error) { return "key", nil }, Transport: silent{}}

	t.Run("of SendGrid ends an attempt, and leaves it unsure", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			res := newSendGrid(service, time.Now).send(t.Context(), mail.NewV3Mail())
			if took := time.Since(began); took != attemptTimeout || !res.Unsure || res.Permanent || res.accepted() {
				t.Errorf("after %v: %+v", took, res)
			}
		})
	})

	t.Run("of Stripe ends in time for the rest of a call", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			_, err := newStripeItems(service).fetch(t.Context(), "cs_1", "")
			if took := time.Since(began); err == nil || took+2*attemptTimeout > budget {
				t.Errorf("after %v: %v", took, err)
			}
		})
	})
}
