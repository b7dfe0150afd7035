package order

import "time"

// LongestDebit is for how long a delayed payment may stay unpaid: bank debits and vouchers take up to
// 14 business days.
const LongestDebit = 21 * 24 * time.Hour

// Open reports whether the order is not done with: something is to be done by itself, a person has
// to take it up, or the money may still come. An order that is open is not forgotten by its age.
func (o *Order) Open(now time.Time) bool {
	return o.NextDueAt != nil || o.GivenUp() && !o.Reversed() || o.pending() && now.Before(o.CreatedAt.Add(LongestDebit))
}

// pending reports whether a delayed payment neither came nor was declined.
func (o *Order) pending() bool { return o.PaymentStatus == Unpaid && !o.PaymentFailed }
