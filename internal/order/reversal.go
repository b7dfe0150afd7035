package order

import (
	"cmp"
	"slices"
)

// Reversal is what charges say of an order's money, independent of their number and sequence. All
// of it is written when it is empty too: it may become nothing again, and a field that is left out
// of a write stays as it was.
type Reversal struct {
	// Refunded is how much of the payment went back by refunds that stand, in minor units.
	Refunded int64 `bson:"refunded"`
	// RefundedWholly: all of it did.
	RefundedWholly bool `bson:"refunded_wholly"`
	// Disputed: the buyer's bank has asked for the money, however that ended. An inquiry asks for
	// none.
	Disputed bool `bson:"disputed"`
	// DisputedAmount is how much the newest dispute asks for, in minor units; 0 in orders that were
	// disputed before this was kept.
	DisputedAmount int64 `bson:"disputed_amount"`
	// DisputeReason is Stripe's word for why; that of the newest dispute, if there are several.
	DisputeReason string `bson:"dispute_reason"`
	// Dispute is how far the disputes have come, inquiries too; empty in older orders: see
	// DisputeState.
	Dispute DisputeState `bson:"dispute"`
	// Withdrawn is how much open and lost disputes took, in minor units.
	Withdrawn int64 `bson:"withdrawn"`
}

// Reversed reports whether the sale is off, or may soon be: nothing more is to be sent to its
// customer later on. A refund that failed does not count any more. A dispute does, even if the shop
// wins: its customer wants no further e-mails.
func (r Reversal) Reversed() bool { return r.RefundedWholly || r.Disputed }

// said is an event of a charge with what it says.
type said struct {
	Event
	Charge
}

// subject is what an event is about: its refund or its dispute, or the event itself. It becomes a
// part of field paths.
func (s said) subject() string {
	if isID(s.Charge.ID, "") {
		return s.Charge.ID
	}
	return s.Event.ID
}

// reversal is what the events of charges say together, given the oldest first.
func reversal(all []said) Reversal {
	var r Reversal
	r.Refunded, r.RefundedWholly = refunded(all)
	for _, d := range disputesIn(all) {
		last := d.decisive()
		r.Dispute = last.state().orWorse(r.Dispute)
		if !last.state().real() {
			continue
		}
		r.Disputed = true
		r.DisputedAmount = cmp.Or(last.Amount, r.DisputedAmount)
		r.DisputeReason = cmp.Or(last.Reason, r.DisputeReason)
		if last.state() != DisputeWon {
			r.Withdrawn += last.Amount
		}
	}
	return r
}

// refunded is how much went back by refunds that stand, and whether that is all. charge.refunded
// says how much went back until then. Stripe lowers that when a refund fails, and need not say so
// again: so each of these events, less what failed since, is a part of what stands at the least,
// and the newest is all of it.
func refunded(all []said) (amount int64, whole bool) {
	failures := failedRefunds(all)
	for _, c := range all {
		if c.Type != ChargeRefunded {
			continue
		}
		stands, allOfIt := c.Amount, c.Whole
		for _, f := range failures {
			if !f.Created.Before(c.Created) {
				stands, allOfIt = stands-f.Amount, false
			}
		}
		amount, whole = max(amount, stands), whole || allOfIt
	}
	return amount, whole
}

// failedRefunds are the first words that a refund failed, one for each refund.
func failedRefunds(all []said) []said {
	var first []said
	for _, s := range all {
		same := func(f said) bool { return f.subject() == s.subject() }
		if ofRefund(s.Type) && s.Failed() && !slices.ContainsFunc(first, same) {
			first = append(first, s)
		}
	}
	return first
}

// dispute is what the events of one dispute say, the oldest first.
type dispute []said

// disputesIn are the disputes among events, in the sequence of their first ones.
func disputesIn(all []said) []dispute {
	var list []dispute
	for _, s := range all {
		if !ofDispute(s.Type) {
			continue
		}
		i := slices.IndexFunc(list, func(d dispute) bool { return d[0].subject() == s.subject() })
		if i < 0 {
			list = append(list, dispute{s})
			continue
		}
		list[i] = append(list[i], s)
	}
	return list
}

// decisive is the newest event of a dispute that asks for money; of an inquiry, the newest of all.
// A dispute does not become an inquiry.
func (d dispute) decisive() said {
	last := d[len(d)-1]
	for _, s := range d {
		if s.state().real() {
			last = s
		}
	}
	return last
}

// Dispute is the state of the dispute that an event speaks of; empty for another event.
func (e Event) Dispute() DisputeState {
	c, err := e.Charge()
	if err != nil || !ofDispute(e.Type) {
		return ""
	}
	return said{e, c}.state()
}

// state is that of the dispute when the event was made. Stripe's closing words for a dispute that
// costs the money are several: lost, prevented, charge_refunded.
func (s said) state() DisputeState {
	switch s.Status {
	case "needs_response", "under_review", "": // events of forgotten orders may have none
		return DisputeOpen
	case "won":
		return DisputeWon
	case "warning_needs_response", "warning_under_review", "warning_closed":
		switch {
		case s.Type == DisputeWithdrawn:
			return DisputeOpen
		case s.Status == "warning_closed":
			return InquiryClosed
		}
		return Inquiry
	}
	return DisputeLost
}
