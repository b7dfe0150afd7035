package order

import (
	"cmp"
	"slices"
)

// DisputeState is how far the disputes of an order's payment have come.
type DisputeState string

// The states of a dispute. Of several disputes, the first in this list is the order's.
const (
	// DisputeOpen: the bank has taken the money back, and has not decided yet.
	DisputeOpen DisputeState = "open"
	// DisputeLost: the money is the buyer's.
	DisputeLost DisputeState = "lost"
	// DisputeWon: the money is the shop's again.
	DisputeWon DisputeState = "won"
	// Inquiry: the bank asks a question. No money is asked for, and the sale goes on.
	Inquiry DisputeState = "inquiry"
	// InquiryClosed: the question was answered, or dropped.
	InquiryClosed DisputeState = "inquiry_closed"
)

// real reports whether a bank asks for money, or has asked for it.
func (s DisputeState) real() bool { return s == DisputeOpen || s == DisputeLost || s == DisputeWon }

// orWorse is the one of two states that needs a person more.
func (s DisputeState) orWorse(other DisputeState) DisputeState {
	all := []DisputeState{DisputeOpen, DisputeLost, DisputeWon, Inquiry, InquiryClosed, ""}
	return all[min(slices.Index(all, s), slices.Index(all, other))]
}

// DisputeState is the state of the order's disputes; empty if there is none.
func (r Reversal) DisputeState() DisputeState {
	if r.Disputed && r.Dispute == "" { // disputed before the state was kept
		return DisputeOpen
	}
	return r.Dispute
}

// RefundedInPart reports whether some of the payment went back by refunds, but not all of it.
func (r Reversal) RefundedInPart() bool { return r.Refunded > 0 && !r.RefundedWholly }

// DisputedNow reports whether the buyer's bank holds the money, or gave it to the buyer for good. A
// dispute that the shop won does not count.
func (r Reversal) DisputedNow() bool {
	s := r.DisputeState()
	return s == DisputeOpen || s == DisputeLost
}

// InquiryOnly reports whether a bank asks a question about the payment, and no money.
func (r Reversal) InquiryOnly() bool { return r.DisputeState() == Inquiry }

// DisputedBack is how much disputes took from the shop, in minor units: those that are open or
// lost. It is the total in an older order that does not say the amount.
func (f Facts) DisputedBack() int64 {
	if !f.DisputedNow() {
		return 0
	}
	return cmp.Or(f.Withdrawn, f.DisputedAmount, f.AmountTotal)
}

// CameBack is how much of the order's money the shop does not have any more, in minor units: the
// refunds that stand, and the disputes that are open or lost. A whole refund counts as the total,
// also if the buyer paid in another currency. It exceeds the total where a payment was both refunded
// and disputed.
func (f Facts) CameBack() int64 {
	refunded := f.Refunded
	if f.RefundedWholly {
		refunded = f.AmountTotal
	}
	return refunded + f.DisputedBack()
}

// Net is what the shop keeps of a paid order: the total without what came back, and never below 0.
func (f Facts) Net() int64 { return max(0, f.AmountTotal-f.CameBack()) }
