package order

import (
	"encoding/json"
	"fmt"
)

// Who found an event that the webhook did not bring.
const (
	// FoundByOwner: a person had Stripe asked. The order's audit says so too, in the same word.
	FoundByOwner = "reconcile"
	// FoundByItself: stripe-webhook asked Stripe, as it does when it starts and once a day.
	FoundByItself = "catch-up"
)

// EventOfSession is the event that Stripe sent when a session was completed, made of the session
// itself: Stripe keeps events for 30 days, and sessions for good. Its error is ErrMalformed.
//
// Its ID is evt_STATUS_SESSION, with the session's payment status and ID. None of Stripe's own can
// be the same, since those hold no other object's ID; and a session that was unpaid and is paid now
// gives another event, as at Stripe.
func EventOfSession(raw json.RawMessage) ([]byte, error) {
	var s session
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, malformed(err)
	}
	switch {
	case s.Object != "checkout.session" || !ValidID(s.ID):
		return nil, fmt.Errorf("%w: no Checkout Session", ErrMalformed)
	case s.PaymentStatus != Unpaid && s.PaymentStatus != Paid && s.PaymentStatus != NoPaymentRequired:
		return nil, fmt.Errorf("%w: a session of an unknown payment status", ErrMalformed)
	}
	return fmt.Appendf(nil, `{"id":"evt_%s_%s","object":"event","created":%d,"data":{"object":%s},"livemode":%t,"type":"%s"}`,
		s.PaymentStatus, s.ID, s.Created, raw, s.Livemode, Completed), nil
}

// FoundBy is the event, marked as found, and not delivered.
func (e Event) FoundBy(who string) Event {
	e.Found, e.Deliveries = who, 0
	return e
}
