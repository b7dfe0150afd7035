package e2e

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// play makes sample events anew for a session of the test's own, with what the first one's session
// bought at Stripe, and gives their bodies.
func (s *system) play(t *testing.T, session string, names ...string) [][]byte {
	t.Helper()
	if list, err := sample.LineItems(names[0]); err == nil {
		s.setLineItems(t, session, list)
	}
	var bodies [][]byte
	for i, name := range names {
		bodies = append(bodies, renamed(t, name, session, fmt.Sprintf("evt_%s_%d", strings.TrimPrefix(session, "cs_test_"), i)))
	}
	return bodies
}

// renamed is a sample event with another session and another ID, and nothing else changed.
func renamed(t *testing.T, name, session, id string) []byte {
	t.Helper()
	body, err := sample.Event(name)
	if err != nil {
		t.Fatal(err)
	}
	env, err := order.ParseEnvelope(body)
	if err != nil {
		t.Fatal(err)
	}
	e, err := order.ParseEvent(body, received)
	if err != nil {
		t.Fatal(err)
	}
	old, _, err := e.Session()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(body), `"`+old+`"`, `"`+session+`"`)
	return []byte(strings.ReplaceAll(text, `"`+env.ID+`"`, `"`+id+`"`))
}

func newSession() string { return "cs_test_" + rand.Text() }

// stored reports whether an answer says that an event is stored. On a busy machine the queue may
// not have answered within its 2 s; then the sweep has the order.
func stored(answer, session string) bool {
	return answer == queuedAnswer(session) || answer == fmt.Sprintf(`{"id":"%s","queued":false}`, session)
}

func queuedAnswer(session string) string { return fmt.Sprintf(`{"id":"%s","queued":true}`, session) }

func TestSale(t *testing.T) {
	s := running(t)

	t.Run("goes on by the queue", func(t *testing.T) {
		eventually(t, func() error {
			session := newSession()
			if a := s.deliver(t, s.play(t, session, "completed_paid")[0]); a.body != queuedAnswer(session) {
				return fmt.Errorf("got %d %s", a.status, a.body)
			}
			return nil
		})
	})
	for name, c := range map[string]struct {
		events []string
		paid   order.PaymentStatus
		want   []string
		total  string
		to     string
	}{
		"one product":              {[]string{"completed_paid"}, order.Paid, []string{"ebook/delivery", "ebook/sale"}, "$49.00", "ada@example.com"},
		"two products, two series": {[]string{"completed_two_products"}, order.Paid, []string{"course/sale", "course/welcome", "ebook/delivery", "ebook/sale"}, "€169.00", "jose@example.com"},
		"unpaid, then paid":        {[]string{"completed_unpaid", "async_payment_succeeded"}, order.Paid, []string{"course/sale", "course/welcome"}, "$120.00", "grace@example.com"},
		"unpaid, then failed":      {[]string{"completed_unpaid", "async_payment_failed"}, order.Unpaid, []string{"notice/payment-failed"}, "$120.00", ""},
		"no payment required":      {[]string{"completed_no_payment_required"}, order.NoPaymentRequired, []string{"ebook/delivery", "ebook/sale"}, "$0.00", "free@example.com"},
		"yen without decimals":     {[]string{"completed_jpy"}, order.Paid, []string{"course/sale", "course/welcome"}, "¥5,000", "hana@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			session := newSession()
			bodies := s.play(t, session, c.events...)
			for i, body := range bodies {
				if a := s.deliver(t, body); a.status != 200 || !stored(a.body, session) {
					t.Fatalf("event %d: got %d %s", i, a.status, a.body)
				}
				if i == 0 && len(bodies) > 1 {
					// What comes next through the queue proves that nothing came of this one.
					s.sendEmail(t, `{"id":"`+session+`"}`)
					if m := s.mails(t, session); len(m) != 0 {
						t.Fatalf("mails of an unpaid order: %v", m)
					}
				}
			}
			o := s.settledWith(t, session, len(c.want))
			if o.PaymentStatus != c.paid || len(o.Events) != len(bodies) {
				t.Errorf("the order is %s with %d events", o.PaymentStatus, len(o.Events))
			}
			s.deliver(t, bodies[0]) // a redelivery
			s.sendEmail(t, `{"sweep":true}`)
			mails := s.mails(t, session)
			if d := cmp.Diff(c.want, slices.Sorted(maps.Keys(mails))); d != "" {
				t.Errorf("mails (-want +got):\n%s", d)
			}
			for key, copies := range mails {
				p := copies[0].Personalizations[0]
				if len(copies) != 1 {
					t.Errorf("%s was sent %d times", key, len(copies))
				}
				if p.Data.Total.Formatted != c.total {
					t.Errorf("%s shows a total of %s, want %s", key, p.Data.Total.Formatted, c.total)
				}
				to := c.to
				if strings.HasSuffix(key, "/sale") || strings.HasPrefix(key, "notice/") {
					to = "owner@example.com"
				}
				if p.To[0].Email != to {
					t.Errorf("%s went to %s, want %s", key, p.To[0].Email, to)
				}
			}
		})
	}
}

// settledWith waits until an order has so many deliveries and none is waiting.
func (s *system) settledWith(t *testing.T, session string, deliveries int) *order.Order {
	t.Helper()
	eventually(t, func() error {
		o, err := s.store.Load(t.Context(), session)
		if err == nil && len(o.Emails) < deliveries {
			err = fmt.Errorf("order %s has %d deliveries: %s", session, len(o.Emails), states(o))
		}
		return err
	})
	return s.settled(t, session)
}

func TestSaleAllAtOnce(t *testing.T) {
	s := running(t)
	for _, replicas := range []int{1, 3} {
		t.Run(fmt.Sprintf("with %d processes of each function", replicas), func(t *testing.T) {
			for _, f := range []string{"stripe-webhook", "send-email"} {
				s.scale(t, f, replicas)
			}
			session := newSession()
			body := s.play(t, session, "completed_two_products")[0]
			var failed atomic.Int32
			together(50, func(int) {
				if a := s.deliver(t, body); a.status != http.StatusOK {
					failed.Add(1)
				}
			})
			if failed.Load() != 0 {
				t.Errorf("%d of 50 deliveries were not acknowledged", failed.Load())
			}
			o := s.settledWith(t, session, 4)
			for _, e := range o.Events {
				if len(o.Events) != 1 || e.Deliveries != 50 {
					t.Errorf("%d events, %d deliveries", len(o.Events), e.Deliveries)
				}
			}
			s.drained(t)
			for key, copies := range s.mails(t, session) {
				if len(copies) != 1 {
					t.Errorf("%s was sent %d times", key, len(copies))
				}
			}
			if n := len(s.mails(t, session)); n != 4 {
				t.Errorf("%d mails, want 4", n)
			}
		})
	}
}

// drained waits until the queue has nothing left: what is put in last comes out last.
func (s *system) drained(t *testing.T) {
	t.Helper()
	session := newSession()
	s.deliver(t, s.play(t, session, "completed_paid")[0])
	s.settledWith(t, session, 2)
}

func (s *system) scale(t *testing.T, function string, replicas int) {
	t.Helper()
	body := fmt.Sprintf(`{"serviceName":"%s","replicas":%d}`, function, replicas)
	if a := call(t, http.MethodPost, s.env["GATEWAY_URL"]+"/system/scale-function/"+function, nil, []byte(body)); a.status/100 != 2 {
		t.Fatalf("scale %s: %d %s", function, a.status, a.body)
	}
}
