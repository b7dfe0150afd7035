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
	// ordinary is what Stripe says of the payment of every sale, and nothing is to come of it.
	ordinary []event
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
	"captured by hand":     {{order.Completed, "unpaid"}, {order.PaymentSucceeded, "paid"}},
}

var kindNames = []string{"paid at once", "paid at once", "free", "paid later", "paid later", "declined", "never paid", "told twice as two", "paid, then news late", "captured by hand"}

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
	if s.kind == "paid at once" {
		s.ordinary = []event{s.payment("evt_ordinary_"+s.id, "automatic", s.begins)}
	}
	if w.reverses {
		s.reverse(i)
	}
	if w.corrects {
		s.correctSometimes()
	}
	return s
}

func (s *session) intent() string { return "pi_" + s.id }

func (s *session) customer() string { return s.id + "@customers.example.com" }

func (s *session) event(id, eventType, status string, created time.Duration) event {
	if eventType == order.PaymentSucceeded {
		return s.payment(id, "manual", created)
	}
	body := fmt.Sprintf(`{"id":"%s","object":"event","type":"%s","created":%d,"livemode":true,"data":{"object":{"object":"checkout.session","id":"%s",`+
		`"mode":"payment","payment_status":"%s","payment_intent":"%s","amount_total":4900,"currency":"usd","customer_details":{"name":"as of %s","email":"%s"},"metadata":{"a.b":"$c"}}}}`,
		id, eventType, s.w.start.Add(created).Unix(), s.id, status, s.intent(), id, s.customer())
	return event{id, eventType, status, created, []byte(body)}
}

// payment is the event that the session's payment succeeded, which was captured by hand or not.
func (s *session) payment(id, captured string, created time.Duration) event {
	body := fmt.Sprintf(`{"id":"%s","object":"event","type":"%s","created":%d,"livemode":true,"data":{"object":{"object":"payment_intent","id":"%s",`+
		`"amount_received":4900,"currency":"usd","capture_method":"%s"}}}`, id, order.PaymentSucceeded, s.w.start.Add(created).Unix(), s.intent(), captured)
	return event{id, order.PaymentSucceeded, "paid", created, []byte(body)}
}

// newest is the last event that tells of the customer.
func (s *session) newest() event {
	all := slices.DeleteFunc(slices.Clone(s.events), func(e event) bool { return e.eventType == order.PaymentSucceeded })
	return all[len(all)-1]
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
	for _, e := range slices.Concat(s.events, s.charges, s.ordinary) {
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
				if order.ByIntent(e.eventType) {
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
	s.w.acknowledge(s.id)
	o, ordinary := s.w.database.get(s.id), len(s.ordinary) > 0 && e.id == s.ordinary[0].id
	switch stored := o != nil && o.Events[e.id].Type == e.eventType; {
	case !stored && !ordinary:
		s.w.broke("%s was acknowledged and is not stored", e.id)
	case stored && ordinary:
		s.w.broke("%s is stored, and says nothing new", e.id)
	}
	return true
}
