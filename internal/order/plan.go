package order

import (
	"slices"
	"time"
)

// Reason is why a plan is made.
type Reason string

// An order has one plan for each of these at the most.
const (
	// ForPaid: the money is there, or none is owed.
	ForPaid Reason = "paid"
	// ForPaymentFailed: a delayed payment was declined; the admins are notified.
	ForPaymentFailed Reason = "payment_failed"
	// ForStillUnpaid: a delayed payment neither came nor was declined for LongestDebit; the admins
	// are notified.
	ForStillUnpaid Reason = "still_unpaid"
)

// OfPayment reports whether a plan is one of the payment, and not of news about its money.
func (r Reason) OfPayment() bool { return r == ForPaid || r == ForPaymentFailed }

// Unplanned is the plan that the order waits for, if any: that of its payment first, then those of
// the news about its money, the oldest first.
func (o *Order) Unplanned() (Reason, bool) { return first(o.awaited()) }

// Plannable is the plan that can be made now, if any. While the line items are not to be asked for,
// those of the news go first: they tell the admins of what may not wait.
func (o *Order) Plannable(now time.Time) (Reason, bool) {
	all := o.awaited()
	if at, pending := o.stillUnpaidAt(); pending && !at.After(now) {
		all = append(all, ForStillUnpaid)
	}
	if o.Fetch.NotBefore.After(now) {
		all = slices.DeleteFunc(all, Reason.OfPayment)
	}
	return first(all)
}

// Awaits reports whether the order waits for a plan.
func (o *Order) Awaits(r Reason) bool {
	if r == ForStillUnpaid {
		_, pending := o.stillUnpaidAt()
		return pending
	}
	return slices.Contains(o.awaited(), r)
}

// awaited are the reasons of the plans that the order waits for. For that of its payment it does
// not where the line items could not be fetched: that needs a person, or a further event, see
// FetchAnew.
func (o *Order) awaited() []Reason {
	return slices.DeleteFunc(o.reasons(), func(r Reason) bool {
		return o.Planned(r) || r.OfPayment() && !o.Fetch.FailedAt.IsZero()
	})
}

func first(all []Reason) (Reason, bool) {
	if len(all) == 0 {
		return "", false
	}
	return all[0], true
}

// reasons are those of all plans that the events ask for, in the order in which they are made.
func (o *Order) reasons() []Reason {
	var all []Reason
	switch {
	case o.Settled():
		all = append(all, ForPaid)
	case o.PaymentFailed:
		all = append(all, ForPaymentFailed)
	}
	for _, n := range o.News() {
		all = append(all, n.Reason())
	}
	return all
}

// Planned reports whether a plan was made.
func (o *Order) Planned(r Reason) bool {
	_, done := o.Plans[r]
	return done
}

// Plan freezes what the order owes for a reason. Once made, a plan is not made again, however the
// catalogue changes; a second call changes nothing. Where the money went back before, what would go
// to the customer is owed no more, and says so.
func (o *Order) Plan(r Reason, emails []Email, now time.Time) {
	if o.Planned(r) {
		return
	}
	if o.Plans == nil {
		o.Plans = map[Reason]time.Time{}
	}
	o.Plans[r] = now
	o.Ignored = ""
	o.Owe(emails, now)
	o.stop(false, now)
}

// Ignore makes the plan of an order that is not this shop's: it owes nothing, and says why.
func (o *Order) Ignore(r Reason, why string, now time.Time) {
	if o.Planned(r) {
		return
	}
	o.Plan(r, nil, now)
	o.Ignored = why
}

// Owe adds e-mails to those the order owes. One whose key the order has already is not added again.
// One without a recipient has failed before it began, unless it is an alert.
func (o *Order) Owe(emails []Email, now time.Time) {
	for _, e := range emails {
		if _, known := o.Emails[e.Key]; known {
			continue
		}
		d := Delivery{Email: e, State: Planned, PlannedAt: now, DueAt: e.NotBefore}
		if len(e.To) == 0 && e.Audience != Alert {
			d.State = Failed
			d.FailedAt = now
			d.LastError = "no recipient"
		}
		o.put(e.Key, d, now)
	}
	o.touch(now)
}

// Due are the keys of the deliveries that may be claimed now, those due longest first.
func (o *Order) Due(now time.Time) []string {
	var keys []string
	for k, d := range o.Emails {
		if !d.Final() && !d.DueAt.After(now) {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		if c := o.Emails[a].DueAt.Compare(o.Emails[b].DueAt); c != 0 {
			return c
		}
		if a < b {
			return -1
		}
		return 1
	})
	return keys
}

// DueOrder is an order with something to do, and since when.
type DueOrder struct {
	ID string    `bson:"_id"`
	At time.Time `bson:"next_due_at"`
}

// NextDue is the earliest time at which something is to be done: to plan, to attempt one of its
// deliveries, or to note that it is unheard.
func (o *Order) NextDue() *time.Time {
	var next *time.Time
	sooner := func(t time.Time) {
		if next == nil || t.Before(*next) {
			next = &t
		}
	}
	for _, r := range o.awaited() {
		at := o.lastReceived().Add(DispatchGrace)
		if r.OfPayment() && o.Fetch.NotBefore.After(at) {
			at = o.Fetch.NotBefore
		}
		sooner(at)
	}
	if at, pending := o.stillUnpaidAt(); pending {
		sooner(at)
	}
	for _, d := range o.Emails {
		switch {
		case !d.Final():
			sooner(d.DueAt)
		case !d.HearBy.IsZero():
			sooner(d.HearBy)
		}
	}
	return next
}

func (o *Order) lastReceived() time.Time {
	var last time.Time
	for _, e := range o.Events {
		if e.ReceivedAt.After(last) {
			last = e.ReceivedAt
		}
	}
	return last
}
