package simulation

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
	"github.com/stripe/stripe-go/v76/webhook"

	"handler/function/internal/order"
)

// session is one purchase, with what Stripe says of it.
type session struct {
	w        *world
	id       string
	kind     string
	products []string
	events   []event
	begins   time.Duration
	// reversal is what became of its money, as events of its charge.
	reversal string
	charges  []event
	// corrects is when the owner corrects the customer's address; 0 where they do not.
	corrects time.Duration
	// claimed hears that an e-mail is being sent; the owner corrects the address so soon after
	// that.
	claimed chan struct{}
	soon    time.Duration
}

type event struct {
	id, eventType, status string
	created               time.Duration
	body                  []byte
}

// The ways a purchase goes, as the types and payment statuses of its events.
var kinds = map[string][][2]string{
	"paid at once":         {{order.Completed, "paid"}},
	"free":                 {{order.Completed, "no_payment_required"}},
	"paid later":           {{order.Completed, "unpaid"}, {order.AsyncPaymentSucceeded, "paid"}},
	"declined":             {{order.Completed, "unpaid"}, {order.AsyncPaymentFailed, "unpaid"}},
	"never paid":           {{order.Completed, "unpaid"}},
	"told twice as two":    {{order.Completed, "paid"}, {order.Completed, "paid"}},
	"paid, then news late": {{order.Completed, "unpaid"}, {order.AsyncPaymentSucceeded, "paid"}, {order.Completed, "unpaid"}},
}

var kindNames = []string{"paid at once", "paid at once", "free", "paid later", "paid later", "declined", "never paid", "told twice as two", "paid, then news late"}

func newSession(w *world, i int) *session {
	products := [][]string{{"prod_ebook"}, {"prod_course"}, {"prod_ebook", "prod_course"}, {"prod_new"}, {"prod_ebook", "prod_ebook"}}
	s := &session{
		w: w, id: fmt.Sprintf("cs_%d", i), kind: kindNames[w.below(len(kindNames))], products: products[w.below(len(products))],
		begins: w.between(0, w.span*3/4),
	}
	at := s.begins
	for j, e := range kinds[s.kind] {
		s.events = append(s.events, s.event(fmt.Sprintf("evt_%d_%d", i, j), e[0], e[1], at))
		at += w.between(time.Second, w.span/4)
	}
	if w.reverses {
		s.reverse(i)
	}
	if w.corrects {
		s.correctSometimes()
	}
	return s
}

func (s *session) payment() string { return "pi_" + s.id }

func (s *session) customer() string { return s.id + "@customers.example.com" }

func (s *session) event(id, eventType, status string, created time.Duration) event {
	body := fmt.Sprintf(`{"id":"%s","object":"event","type":"%s","created":%d,"livemode":true,"data":{"object":{"object":"checkout.session","id":"%s",`+
		`"mode":"payment","payment_status":"%s","payment_intent":"%s","amount_total":4900,"currency":"usd","customer_details":{"name":"as of %s","email":"%s"},"metadata":{"a.b":"$c"}}}}`,
		id, eventType, s.w.start.Add(created).Unix(), s.id, status, s.payment(), id, s.customer())
	return event{id, eventType, status, created, []byte(body)}
}

// paid reports whether Stripe says, in any event, that the money is there.
func (s *session) paid() bool {
	return slices.ContainsFunc(s.events, func(e event) bool { return e.status != "unpaid" })
}

func (s *session) declined() bool {
	return slices.ContainsFunc(s.events, func(e event) bool { return e.eventType == order.AsyncPaymentFailed })
}

// happen delivers the session's events as Stripe does: each until it is acknowledged, in any order,
// some of them more than once.
func (s *session) happen(bought *sync.WaitGroup) {
	s.w.note(s.id, "%s: %v", s.kind, s.products)
	for _, e := range append(slices.Clone(s.events), s.charges...) {
		if w := s.w; w.lost > 0 && w.chance(w.lost) {
			w.note("stripe", "%s will never be delivered", e.id)
			w.fault("stripe never delivers")
			continue
		}
		times := 1
		if s.w.chance(0.3) {
			times = 2
		}
		for range times {
			at := e.created + s.w.between(0, 2*time.Second)
			if s.w.chance(0.2) {
				at = s.begins + s.w.between(0, s.w.span/2) // late, or before an older one
			}
			bought.Add(1)
			s.w.spawn(func() {
				defer bought.Done()
				time.Sleep(at)
				if order.OfCharge(e.eventType) {
					s.awaitOrder()
				}
				s.deliver(e)
			})
		}
	}
}

// deliver is Stripe's schedule: again at once, then after minutes and hours.
func (s *session) deliver(e event) {
	pauses := []time.Duration{2 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 5 * time.Hour}
	for try := 0; ; try++ {
		if s.deliverOnce(e) {
			return
		}
		if try == 60 {
			s.w.broke("%s was never acknowledged", e.id)
			return
		}
		time.Sleep(pauses[min(try, len(pauses)-1)] + s.w.between(1, time.Second))
	}
}

func (s *session) deliverOnce(e event) bool {
	up := s.w.hosts[s.w.below(s.w.webhooks)].current()
	if up == nil {
		return false
	}
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: e.body, Secret: signingSecret, Timestamp: time.Now()})
	res, ok := up.call(handler.Request{Method: http.MethodPost, Body: e.body, Header: http.Header{"Stripe-Signature": {signed.Header}}}, 10*time.Second)
	if !ok || res.StatusCode != http.StatusOK {
		s.w.note("stripe", "%s is not acknowledged (%d)", e.id, res.StatusCode)
		return false
	}
	s.w.note("stripe", "%s is acknowledged", e.id)
	o := s.w.database.get(s.id)
	if o == nil || o.Events[e.id].Type != e.eventType {
		s.w.broke("%s was acknowledged and is not stored", e.id)
	}
	return true
}
