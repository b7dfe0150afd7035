// Package view is what a person sees of an order: one word for its state, a row in a list, the whole of it with how
// it went, and what many orders come to. The inbox of the laptop shows it, and send-email answers the owner with it;
// its JSON is what scripts read.
//
// Everything here is pure, like the orders themselves, and leaves out what Stripe sent: that is the customer's.
package view

import (
	"time"

	"handler/function/internal/order"
)

// State is the one word for an order: what needs a person comes before all else.
type State string

// The states of an order, the first that applies.
const (
	// Failed: an e-mail failed for good, or Stripe never said what was bought. Of the e-mails of an order that was
	// forgotten nobody can send one again, so that they do not count.
	Failed State = "failed"
	// Stuck: something has been due for longer than Patience, so nobody seems to work.
	Stuck State = "stuck"
	// Waiting: it is not planned yet, or an e-mail is still to be sent.
	Waiting State = "waiting"
	// Ignored: it is not this shop's.
	Ignored State = "ignored"
	// Unpaid: there is no money yet, or it was declined.
	Unpaid State = "unpaid"
	// Done: there is nothing left to do.
	Done State = "done"
)

// States are all of them.
func States() []State { return []State{Failed, Stuck, Waiting, Ignored, Unpaid, Done} }

// Patience is how long something may be due until it is stuck: several sweeps have passed it by then.
const Patience = 5 * time.Minute

// StateOf is the state of an order now.
func StateOf(o *order.Order, now time.Time) State {
	_, waits := o.Unplanned()
	if o.Events == nil { // then only its time says that a refund's plan is to be made
		waits = o.NextDueAt != nil
	}
	for key, d := range o.Emails {
		if d.State == order.Failed && !o.Resent(key) && o.ForgottenAt.IsZero() {
			return Failed
		}
		waits = waits || !d.Final()
	}
	switch {
	case !o.Fetch.FailedAt.IsZero():
		return Failed
	case waits && o.NextDueAt != nil && now.Sub(*o.NextDueAt) > Patience:
		return Stuck
	case waits:
		return Waiting
	case o.Ignored != "":
		return Ignored
	case !o.Settled():
		return Unpaid
	}
	return Done
}
