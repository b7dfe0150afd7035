package order

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Charge is what an event says of a payment that names no session: its order is the one that the
// payment intent paid for.
type Charge struct {
	// PaymentIntent is empty for a payment that was made without one; no Checkout Session makes
	// such a payment.
	PaymentIntent string
	// ID is the refund's (re_…) or the dispute's (dp_…), and Status its state in Stripe's word;
	// empty where the event is about the charge itself.
	ID     string
	Status string
	// Amount is what went back so far, the amount of the refund, or what is disputed, in the minor
	// unit of Currency.
	Amount   int64
	Currency string
	// Whole: all of the payment went back.
	Whole bool
	// Reason is Stripe's word for why a payment is disputed, such as fraudulent, or a refund failed.
	Reason string
	// Captured: the shop captured the payment by hand, after the session was completed.
	Captured bool
}

// ByIntent reports whether events of this type name no session: they are found an order by their
// payment intent.
func ByIntent(eventType string) bool { return eventType == PaymentSucceeded || OfCharge(eventType) }

// OfCharge reports whether events of this type speak of money that went back to the buyer, or is
// asked back.
func OfCharge(eventType string) bool {
	return eventType == ChargeRefunded || ofRefund(eventType) || ofDispute(eventType)
}

// ofRefund reports whether events of this type speak of one refund.
func ofRefund(eventType string) bool {
	return slices.Contains([]string{RefundFailed, RefundUpdated, ChargeRefundUpdated}, eventType)
}

// ofDispute reports whether events of this type speak of a dispute.
func ofDispute(eventType string) bool {
	return slices.Contains([]string{
		DisputeCreated, DisputeUpdated, DisputeWithdrawn, DisputeReinstated, DisputeClosed,
	}, eventType)
}

// Charge is what an event without a session says. Its error is ErrMalformed, for an event of a
// session too.
func (e Event) Charge() (Charge, error) {
	p, err := e.facts()
	switch {
	case err != nil:
		return Charge{}, err
	case !ByIntent(e.Type):
		return Charge{}, fmt.Errorf("%w: it speaks of a session", ErrMalformed)
	}
	return p.charge, nil
}

// NoNews is why an event of a handled type changes no order; empty where it may. Each ordinary sale
// and each refund has such an event: it needs no look at the database.
func (e Event) NoNews() string {
	p, err := e.facts()
	switch {
	case err != nil:
	case e.Type == PaymentSucceeded && !p.charge.Captured:
		return "the events of its session say that it is paid"
	case ofRefund(e.Type) && !p.charge.Failed():
		return "charge.refunded says what went back"
	}
	return ""
}

// Failed reports whether it is a refund that did not reach the buyer.
func (c Charge) Failed() bool { return c.Status == "failed" || c.Status == "canceled" }

// chargeObject is what we read of Stripe's Charge, Refund, Dispute and PaymentIntent objects:
// https://docs.stripe.com/api
type chargeObject struct {
	ID                   string    `json:"id"`
	Object               string    `json:"object"`
	PaymentIntent        reference `json:"payment_intent"`
	Amount               int64     `json:"amount"`
	AmountRefunded       int64     `json:"amount_refunded"`
	AmountReceived       int64     `json:"amount_received"`
	Currency             string    `json:"currency"`
	Refunded             bool      `json:"refunded"`
	Reason               string    `json:"reason"`
	FailureReason        string    `json:"failure_reason"`
	Status               string    `json:"status"`
	CaptureMethod        string    `json:"capture_method"`
	PaymentMethodOptions map[string]struct {
		CaptureMethod string `json:"capture_method"`
	} `json:"payment_method_options"`
}

// charge reads what an event of that type says. A session's fields are of no use for it, so it is
// gone through by itself: these events are few, and no field that Stripe may give a session some
// day can be in the way of a sale.
func (env Envelope) charge(eventType string) (Charge, error) {
	var in struct {
		Data struct {
			Object chargeObject `json:"object"`
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
	case ofRefund(eventType) && c.Object == "refund":
		out.ID, out.Status, out.Amount, out.Reason = c.ID, c.Status, c.Amount, c.FailureReason
	case ofDispute(eventType) && c.Object == "dispute":
		out.ID, out.Status, out.Amount, out.Reason = c.ID, c.Status, c.Amount, c.Reason
	case eventType == PaymentSucceeded && c.Object == "payment_intent":
		out.PaymentIntent, out.Amount, out.Captured = c.ID, c.AmountReceived, c.byHand()
	default:
		return Charge{}, fmt.Errorf("%w: not the object that events of its type have", ErrMalformed)
	}
	return out, nil
}

// byHand reports whether a payment intent waits for the shop to capture it. A method of payment may
// say so for itself alone.
func (c chargeObject) byHand() bool {
	const manual = "manual"
	for _, method := range c.PaymentMethodOptions {
		if method.CaptureMethod == manual {
			return true
		}
	}
	return c.CaptureMethod == manual
}
