package order

import (
	"cmp"
	"encoding/json"
	"fmt"
)

// Charge is what an event says of money that went back to the buyer, or is asked back. Such an
// event names no session: its order is the one that the payment intent paid for.
type Charge struct {
	// PaymentIntent is empty for a payment that was made without one; no Checkout Session makes
	// such a payment.
	PaymentIntent string
	// Amount is what went back so far, or what is disputed, in the minor unit of Currency.
	Amount   int64
	Currency string
	// Whole: all of the payment went back.
	Whole bool
	// Reason is Stripe's word for why a payment is disputed, such as fraudulent.
	Reason string
}

// Reversal is what charges say of an order's money, independent of their number and sequence.
type Reversal struct {
	// Refunded is how much of the payment went back, in minor units.
	Refunded int64 `bson:"refunded,omitempty"`
	// RefundedWholly: all of it did.
	RefundedWholly bool `bson:"refunded_wholly,omitempty"`
	// Disputed: the buyer's bank has asked for the money, however that ended.
	Disputed bool `bson:"disputed,omitempty"`
	// DisputedAmount is how much the newest dispute asks for, in minor units; 0 in orders that were
	// disputed before this was kept.
	DisputedAmount int64 `bson:"disputed_amount,omitempty"`
	// DisputeReason is Stripe's word for why; that of the newest dispute, if there are several.
	DisputeReason string `bson:"dispute_reason,omitempty"`
}

// Reversed reports whether the sale is off, or may soon be: nothing more is to be sent to its
// customer later on.
func (r Reversal) Reversed() bool { return r.RefundedWholly || r.Disputed }

// merge is r with what a newer event of this type says as well.
func (r Reversal) merge(eventType string, c Charge) Reversal {
	if eventType == DisputeCreated {
		r.Disputed = true
		r.DisputedAmount = cmp.Or(c.Amount, r.DisputedAmount)
		r.DisputeReason = cmp.Or(c.Reason, r.DisputeReason)
		return r
	}
	r.Refunded = max(r.Refunded, c.Amount)
	r.RefundedWholly = r.RefundedWholly || c.Whole
	return r
}

// OfCharge reports whether events of this type speak of a charge: they are found an order by its
// payment intent.
func OfCharge(eventType string) bool {
	return eventType == ChargeRefunded || eventType == DisputeCreated
}

// Charge is what an event of a charge says. Its error is ErrMalformed, for an event of a session
// too.
func (e Event) Charge() (Charge, error) {
	p, err := e.facts()
	switch {
	case err != nil:
		return Charge{}, err
	case !OfCharge(e.Type):
		return Charge{}, fmt.Errorf("%w: it speaks of a session", ErrMalformed)
	}
	return p.charge, nil
}

// charges are the events of charges, oldest first.
func (o *Order) charges() []Event {
	of := map[string]Event{}
	for id, e := range o.Events {
		if OfCharge(e.Type) {
			of[id] = e
		}
	}
	return byTime(of)
}

// charge reads what an event of that type says. A session's fields are of no use for it, so it is
// gone through by itself: these events are few, and no field that Stripe may give a session some
// day can be in the way of a sale.
func (env Envelope) charge(eventType string) (Charge, error) {
	var in struct {
		Data struct {
			Object struct {
				Object         string    `json:"object"`
				PaymentIntent  reference `json:"payment_intent"`
				Amount         int64     `json:"amount"`
				AmountRefunded int64     `json:"amount_refunded"`
				Currency       string    `json:"currency"`
				Refunded       bool      `json:"refunded"`
				Reason         string    `json:"reason"`
			} `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(env.payload, &in); err != nil {
		return Charge{}, malformed(err)
	}
	c := in.Data.Object
	out := Charge{PaymentIntent: string(c.PaymentIntent), Currency: c.Currency}
	switch {
	case eventType == ChargeRefunded && c.Object == "charge":
		out.Amount, out.Whole = c.AmountRefunded, c.Refunded
	case eventType == DisputeCreated && c.Object == "dispute":
		out.Amount, out.Reason = c.Amount, c.Reason
	default:
		return Charge{}, fmt.Errorf("%w: neither a charge nor a dispute where there should be one", ErrMalformed)
	}
	return out, nil
}
