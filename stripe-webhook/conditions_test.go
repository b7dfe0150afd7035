package function

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/watch"
)

// reported are the conditions that are stored and not over, in the sequence of their names.
func (b *bench) reported() (all []string) {
	if b.conditions == nil {
		return nil
	}
	kept := watch.KeptIn(b.conditions)
	for _, key := range slices.Sorted(maps.Keys(kept.Conditions)) {
		if c := kept.Conditions[key]; c.ClearedAt.IsZero() {
			all = append(all, strings.TrimSpace(string(c.Kind)+" "+c.About))
		}
	}
	return all
}

func TestEventsThatCannotBeRead(t *testing.T) {
	t.Parallel()

	thin := `{"id":"evt_1","object":"v2.core.event","type":"v1.checkout.session.completed","created":"2026-11-24T12:00:00Z"}`
	for name, c := range map[string]struct {
		body   string
		status int
		want   []string
	}{
		"a thin event":          {thin, 400, []string{"thin-events evt_1 v1.checkout.session.completed"}},
		"one of another type":   {strings.Replace(thin, "checkout.session.completed", "account.updated", 1), 200, nil},
		"an event without data": {`{"id":"evt_2","object":"event","type":"checkout.session.completed","created":1,"livemode":false}`, 400, []string{"unreadable-event evt_2 checkout.session.completed"}},
		"no event at all":       {`{"to":"ada@example.com"}`, 400, []string{"unreadable-event - -"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := setUp(t)
			for range 3 { // Stripe brings it again
				res := b.Receive(signed([]byte(c.body), secret, time.Now()))
				if res.StatusCode != c.status {
					t.Errorf("%d %s", res.StatusCode, res.Body)
				}
			}
			if d := cmp.Diff(c.want, b.reported()); d != "" {
				t.Errorf("reported (-want +got):\n%s", d)
			}
		})
	}

	t.Run("an order that is damaged", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.recordFunc = func(order.Event) (bool, error) { return false, fmt.Errorf("update: %w", order.ErrUnreadable) }
		b.Receive(signed([]byte(saleAt(t, "completed_paid", 1)), secret, time.Now()))
		if d := cmp.Diff([]string{"unreadable-event evt_1 checkout.session.completed"}, b.reported()); d != "" {
			t.Errorf("reported (-want +got):\n%s", d)
		}
	})
}

// What is not signed costs no database access.
func TestForgedEventsAreNoCondition(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	b.Receive(signed([]byte(`{"id":"evt_2","object":"event"}`), "whsec_other", time.Now()))
	if b.conditions != nil {
		t.Errorf("reported %v", b.reported())
	}
}

func TestConditionsOfTheStripeKey(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		b := setUp(t)
		b.Window = time.Hour
		l := b.stripe(&listed{})
		refuse := func(status int, body string) func(http.ResponseWriter) {
			return func(w http.ResponseWriter) { w.WriteHeader(status); fmt.Fprint(w, body) }
		}
		key := b.Stripe.key
		for _, c := range []struct {
			name   string
			key    func() (string, error)
			answer func(http.ResponseWriter)
			want   []string
		}{
			{"no key", func() (string, error) { return "", openfaas.NewMisconfigured("secret stripe-api-key is missing") }, nil, []string{"stripe-key-missing"}},
			{"a revoked key", key, refuse(401, `{"error":{"type":"invalid_request_error"}}`), []string{"stripe-key-refused"}},
			{"an expired key", key, refuse(401, `{"error":{"type":"invalid_request_error","code":"api_key_expired"}}`), []string{"stripe-key-refused api_key_expired"}},
			{"a key without a permission", key, refuse(403, `{"error":{"message":"Having the 'rak_event_read' permission would allow this request to continue."}}`),
				[]string{"stripe-events-permission rak_event_read"}},
			{"Stripe away, which shows nothing", key, refuse(500, ``), []string{"stripe-events-permission rak_event_read"}},
			{"a good key", key, nil, nil},
		} {
			b.Stripe.key, l.answer = c.key, c.answer
			b.catchUpFor(t, time.Minute)
			if d := cmp.Diff(c.want, b.reported()); d != "" {
				t.Errorf("%s: reported (-want +got):\n%s", c.name, d)
			}
		}
	})
}
