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

// noteReversal keeps when an order was first known to be refunded wholly, or disputed.
func (d *database) noteReversal(old, next *order.Order) {
	if !d.holdsReversal(old) && d.holdsReversal(next) {
		d.reversed[next.ID] = turnOf(next)
		if len(d.reversed[next.ID].inFlight) > 0 {
			d.w.faults["money went back in flight"]++ // the world is locked
		}
	}
}

// holdsReversal reports whether an order holds an event that ends its sale, whatever the order says
// of itself.
func (d *database) holdsReversal(o *order.Order) bool {
	for _, s := range d.w.sessions {
		if s.id == o.ID {
			return slices.ContainsFunc(s.charges, func(e event) bool { return e.status != "part" && o.Events[e.id].Type != "" })
		}
	}
	return false
}

// stopped reports whether a delivery was cancelled because the money went back.
func stopped(d order.Delivery) bool {
	return d.State == order.Cancelled && slices.Contains([]string{"refunded", "disputed"}, d.LastError)
}

// judgeReversal: what is cancelled is cancelled because the money went back, and no attempt at what
// is not for the admins begins after that.
func (w *world) judgeReversal(s *session, o *order.Order) {
	back, reversed := w.database.reversed[s.id]
	for key, d := range o.Emails {
		switch name := s.id + "/" + key; {
		case d.State == order.Cancelled && !s.replaced(d) && (!reversed || !stopped(d) || d.Audience == order.Admins):
			w.broke("%s is cancelled: %q", name, d.LastError)
		case stopped(d):
			w.fault("e-mail cancelled since the money went back")
		}
		for _, c := range w.sendgrid.copies[s.id+"/"+key] {
			if reversed && d.Audience != order.Admins && c.at.After(back.at) && c.attempt != back.inFlight[key] {
				w.broke("attempt %d of %s/%s began after the money went back", c.attempt, s.id, key)
			}
		}
	}
}
