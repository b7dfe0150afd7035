// Package view is what a person sees of an order: one word for its state, a row in a list, the
// whole of it with how it went, and what many orders come to. The inbox of the laptop shows it, and
// send-email answers the owner with it; its JSON is what scripts read.
//
// Everything here is pure, like the orders themselves, and leaves out what Stripe sent: that is the
// customer's.
package view

import (
	"time"

	"handler/function/internal/order"
)

// State is the one word for an order: what needs a person comes first.
type State string

// The states of an order, the first that applies.
const (
	// Failed: an e-mail failed for good, or Stripe never said what was bought. The e-mails of a
	// forgotten order do not count, since they cannot be sent again.
	Failed State = "failed"
	// Bounced: an e-mail to the customer did not arrive, and no copy of it was sent since. As with
	// Failed, a forgotten order does not count.
	Bounced State = "bounced"
	// Unheard: SendGrid accepted an e-mail and reported nothing of it for hours.
	Unheard State = "unheard"
	// Stuck: something has been due for longer than Patience, so send-email does not seem to run.
	Stuck State = "stuck"
	// Waiting: the order is not planned yet, or an e-mail is due or is being tried again.
	Waiting State = "waiting"
	// Ignored: it is not this shop's.
	Ignored State = "ignored"
	// Unpaid: there is no money yet, or it was declined.
	Unpaid State = "unpaid"
	// Disputed: the buyer's bank holds the money, or gave it back to them for good.
	Disputed State = "disputed"
	// Refunded: all of the money went back. After a refund of a part, the sale goes on.
	Refunded State = "refunded"
	// Done: all that was due is done. E-mails that are scheduled for later may follow: Row.Later
	// counts them.
	Done State = "done"
)

// States are all of them.
func States() []State {
	return []State{Failed, Bounced, Unheard, Stuck, Waiting, Ignored, Unpaid, Disputed, Refunded, Done}
}

// StateNames are States as texts.
func StateNames() []string {
	var names []string
	for _, s := range States() {
		names = append(names, string(s))
	}
	return names
}

// Patience is how long something may be due until it is stuck: several sweeps have passed it by
// then.
const Patience = 5 * time.Minute

// StateOf is the state of an order now.
func StateOf(o *order.Order, now time.Time) State {
	_, waits := o.Unplanned()
	if known := o.NextDue(); o.Events == nil && o.NextDueAt != nil {
		// Without the events, only the due time shows that the plan of a refund is missing: it
		// comes before all else.
		waits = waits || known == nil || o.NextDueAt.Before(*known)
	}
	for key, d := range o.Mails() {
		if d.State == order.Failed && !o.Resent(key) && o.ForgottenAt.IsZero() {
			return Failed
		}
		waits = waits || !d.Final() && !d.Later(now)
	}
	switch {
	case !o.Fetch.FailedAt.IsZero():
		return Failed
	case o.ForgottenAt.IsZero() && o.Undelivered():
		return Bounced
	case o.ForgottenAt.IsZero() && o.AnyUnheard():
		return Unheard
	case waits && o.NextDueAt != nil && now.Sub(*o.NextDueAt) > Patience:
		return Stuck
	case waits:
		return Waiting
	case o.Ignored != "":
		return Ignored
	case !o.Settled():
		return Unpaid
	case o.DisputedNow():
		return Disputed
	case o.RefundedWholly:
		return Refunded
	}
	return Done
}

// StateUntil is the state of an order now, and when it may change although the order does not; zero
// for never.
func StateUntil(o *order.Order, now time.Time) (State, time.Time) {
	var until time.Time
	sooner := func(t time.Time) {
		if t.After(now) && (until.IsZero() || t.Before(until)) {
			until = t
		}
	}
	if o.NextDueAt != nil {
		sooner(*o.NextDueAt)
		sooner(o.NextDueAt.Add(Patience + time.Millisecond))
	}
	for _, d := range o.Emails {
		if !d.Final() {
			sooner(d.DueAt)
		}
	}
	return StateOf(o, now), until
}

// later is how many e-mails are scheduled for later, and when the first of them is due; nil without
// one.
func later(o *order.Order, now time.Time) (n int, first *time.Time) {
	for _, d := range o.Emails {
		if !d.Later(now) {
			continue
		}
		n++
		if first == nil || d.DueAt.Before(*first) {
			first = &d.DueAt
		}
	}
	return n, first
}
