package chaos

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/plural"
	"handler/function/shared/shop"
)

// sold is one purchase, as Stripe knows it.
type sold struct {
	session string
	kind    kind
	events  []string
	// acknowledged: each event was, at least once.
	acknowledged bool
	// settled is when the event was acknowledged that says what became of the payment.
	settled    time.Time
	slowestAck time.Duration
}

// evidence is what is known from outside when all has come to rest.
type evidence struct {
	sold   []sold
	orders map[string]*order.Order
	mails  []shop.Mail
	// deaths is when send-email was killed; broken, when SendGrid may have broken off after
	// accepting.
	deaths []time.Time
	broken []span
	// expired is when the leases of processes that died were ended; zero where none was.
	expired time.Time
	// alone: nobody else has bought anything, so that every mail must be of one of these purchases.
	alone bool
}

// verdict is what came of it all.
type verdict struct {
	purchases, acknowledged, orders int
	expected, once, twice           int
	// What each copy after the first came from.
	died, broke, unexplained int
	lost, unexpected         int
	acks, mails              []time.Duration
	// violations are what must not be, each with the order that it is about.
	violations []string
}

// judge compares what was bought with what came of it. It knows nothing but the evidence.
func judge(e evidence) verdict {
	v := verdict{purchases: len(e.sold)}
	copies := bySession(e.mails)
	for _, s := range e.sold {
		v.judgeOrder(s, e.orders[s.session])
		v.judgeMails(e, s, copies[s.session])
		delete(copies, s.session)
	}
	if e.alone {
		for _, session := range slices.Sorted(maps.Keys(copies)) {
			for key, at := range copies[session] {
				v.unexpected += len(at)
				v.report("mail %s/%s: the order did not buy that", session, key)
			}
		}
	}
	return v
}

// judgeOrder looks at one order without its mails.
func (v *verdict) judgeOrder(s sold, o *order.Order) {
	if s.acknowledged {
		v.acknowledged++
		v.acks = append(v.acks, s.slowestAck)
	} else {
		v.report("%s: not all of its events were acknowledged", s.session)
	}
	if o == nil {
		v.report("%s: there is no order", s.session)
		return
	}
	v.orders++
	if got, want := slices.Sorted(maps.Keys(o.Events)), slices.Sorted(slices.Values(s.events)); !slices.Equal(got, want) {
		v.report("%s: it holds the events %v, and %v were delivered", s.session, got, want)
	}
	if o.PaymentStatus != s.kind.status {
		v.report("%s: it is %s, and should be %s", s.session, o.PaymentStatus, s.kind.status)
	}
	if Busy(o) {
		v.report("%s: something is due still: %s", s.session, states(o))
	}
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		if !slices.Contains(s.kind.owes, key) {
			v.report("%s: it plans %s, which was not bought: %s", s.session, key, states(o))
		}
	}
}

// judgeMails looks at the mails of one session.
func (v *verdict) judgeMails(e evidence, s sold, copies map[string][]time.Time) {
	for _, key := range s.kind.owes {
		v.expected++
		v.judgeDelivery(e, s, key, copies[key])
	}
	for _, key := range slices.Sorted(maps.Keys(copies)) {
		if !slices.Contains(s.kind.owes, key) {
			v.unexpected += len(copies[key])
			v.report("%s: %s %s, not expected; the order has %s", s.session, plural.Of(len(copies[key]), "mail"), key, states(e.orders[s.session]))
		}
	}
}

// judgeDelivery looks at one mail that is owed, and its copies.
func (v *verdict) judgeDelivery(e evidence, s sold, key string, copies []time.Time) {
	o := e.orders[s.session]
	var d order.Delivery
	if o != nil {
		d = o.Emails[key]
	}
	if len(copies) == 0 {
		v.lost++
		v.report("%s: %s is lost; the order has %s", s.session, key, states(o))
		return
	}
	if !s.settled.IsZero() {
		v.mails = append(v.mails, max(0, copies[0].Sub(s.settled)))
	}
	if d.State != order.Sent {
		v.report("%s: %s was sent, and the order does not know: %s", s.session, key, states(o))
	}
	if len(copies) == 1 {
		v.once++
		return
	}
	v.twice++
	v.judgeCopies(e, s.session, key, d, copies)
}

func (v *verdict) report(format string, args ...any) {
	v.violations = append(v.violations, fmt.Sprintf(format, args...))
}
