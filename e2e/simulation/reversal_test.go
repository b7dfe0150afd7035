package simulation

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"handler/function/internal/order"
)

// The ways in which money goes back, as what each event of the charge says. Most sales are for
// good.
var reversals = map[string][]string{
	"for good":                  nil,
	"refunded":                  {"whole"},
	"refunded in part":          {"part"},
	"refunded in part, in full": {"part", "whole"},
	"disputed":                  {"dispute"},
	"refunded and disputed":     {"whole", "dispute"},
}

var reversalNames = []string{"for good", "for good", "for good", "refunded", "refunded in part", "refunded in part, in full", "disputed", "refunded and disputed"}

// reverse decides what becomes of the session's money, at any time of the run.
func (s *session) reverse(i int) {
	s.reversal = reversalNames[s.w.below(len(reversalNames))]
	at := s.begins + s.w.between(time.Second, s.w.span/2)
	for j, what := range reversals[s.reversal] {
		s.charges = append(s.charges, s.charge(fmt.Sprintf("evt_%d_back_%d", i, j), what, at))
		at += s.w.between(time.Second, s.w.span/8)
	}
}

func (s *session) charge(id, what string, created time.Duration) event {
	eventType, object := order.ChargeRefunded, fmt.Sprintf(`"object":"charge","amount":4900,"amount_refunded":1000,"refunded":false,"payment_intent":"%s"`, s.payment())
	switch what {
	case "whole":
		object = fmt.Sprintf(`"object":"charge","amount":4900,"amount_refunded":4900,"refunded":true,"payment_intent":"%s"`, s.payment())
	case "dispute":
		eventType, object = order.DisputeCreated, fmt.Sprintf(`"object":"dispute","amount":4900,"reason":"fraudulent","payment_intent":{"id":"%s"}`, s.payment())
	}
	body := fmt.Sprintf(`{"id":"%s","object":"event","type":"%s","created":%d,"livemode":true,"data":{"object":{"currency":"usd",%s}}}`,
		id, eventType, s.w.start.Add(created).Unix(), object)
	return event{id, eventType, what, created, []byte(body)}
}

// awaitOrder lets a charge's event come after the first of its session: one that overtakes it is
// acknowledged and ignored, and comes again when the owner reconciles.
func (s *session) awaitOrder() {
	for s.w.database.get(s.id) == nil {
		time.Sleep(s.w.between(time.Second, time.Minute))
	}
}

// notices are the keys of what the admins are told of the charges.
func (s *session) notices() []string {
	var keys []string
	for _, e := range s.charges {
		kind := "refunded"
		if e.eventType == order.DisputeCreated {
			kind = "disputed"
		}
		sum := sha256.Sum256([]byte(e.id))
		keys = append(keys, "notice/"+kind+"/"+hex.EncodeToString(sum[:6]))
	}
	return keys
}

// stops are the events after which nothing more is to come later on.
func (s *session) stops() []event {
	return slices.DeleteFunc(slices.Clone(s.charges), func(e event) bool { return e.status == "part" })
}

// clocks is how far two processes' clocks may be apart.
const clocks = 10 * time.Second

// judgeLater: what was to come later is cancelled where the money went back before its time, and
// only there. It reports whether it was.
func (w *world) judgeLater(s *session, o *order.Order, key string) (cancelled bool) {
	d, name := o.Emails[key], s.id+"/"+key
	known, planned := w.reversed(s, o)
	switch cancelled = d.State == order.Cancelled; {
	case cancelled && known.IsZero():
		w.broke("%s is cancelled, and its sale is for good", name)
	case cancelled && d.NotBefore.Before(known.Add(-clocks)):
		w.broke("%s is cancelled, though it was due %v before the money went back", name, known.Sub(d.NotBefore))
	case cancelled && len(w.sendgrid.copies[name]) > 0:
		w.broke("%s is cancelled, and was sent", name)
	case cancelled && !slices.Contains([]string{"refunded", "disputed"}, d.LastError):
		w.broke("%s is cancelled: %q", name, d.LastError)
	case !cancelled && !planned.IsZero() && d.NotBefore.After(planned.Add(clocks)):
		w.broke("%s is %s, though the money went back %v before it was due", name, d.State, d.NotBefore.Sub(planned))
	}
	return cancelled
}

// reversed is when the first event came that stops a session's later e-mails, and when all plans
// were made from which on they are to be stopped; zero where there is none.
func (w *world) reversed(s *session, o *order.Order) (known, planned time.Time) {
	for _, e := range s.stops() {
		if at := o.Events[e.id].ReceivedAt; known.IsZero() || at.Before(known) {
			known = at
		}
		for reason, at := range o.Plans {
			if id, _ := reason.Event(); id == e.id && (planned.IsZero() || at.Before(planned)) {
				planned = at
			}
		}
	}
	if paid := o.Plans[order.ForPaid]; !planned.IsZero() && paid.After(planned) {
		planned = paid
	}
	return known, planned
}
