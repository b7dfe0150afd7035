package order

import "time"

// LongestDebit is for how long a delayed payment may stay unpaid: bank debits and vouchers take up to
// 14 business days.
const LongestDebit = 21 * 24 * time.Hour

// Open reports whether something is still to be done by itself, or the money may still come. An
// order that is open is not forgotten by its age. One that was given up is: the admins were notified
// of it, and a customer's data is not kept for ever because an address was wrong.
func (o *Order) Open(now time.Time) bool {
	return o.NextDueAt != nil || o.pending() && now.Before(o.CreatedAt.Add(LongestDebit))
}

// pending reports whether a delayed payment neither came nor was declined.
func (o *Order) pending() bool { return o.PaymentStatus == Unpaid && !o.PaymentFailed }

// stillUnpaidAt is when the admins are to be notified of a payment that is still pending, which
// happens once.
func (o *Order) stillUnpaidAt() (at time.Time, pending bool) {
	if !o.pending() || o.Planned(ForStillUnpaid) || !o.Fetch.FailedAt.IsZero() {
		return at, false
	}
	at = o.CreatedAt.Add(LongestDebit)
	if o.Fetch.NotBefore.After(at) {
		at = o.Fetch.NotBefore
	}
	return at, true
}
