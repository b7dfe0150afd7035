package order

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// forgotten is what a cancelled delivery of a forgotten order says.
const forgotten = "forgotten"

// Concerns reports whether the person with that e-mail address is the order's customer, or was sent
// something of it. Letters count as the same in both cases. The shop's admins are not meant.
func (o *Order) Concerns(email string) bool {
	if o.IsOf(email) {
		return true
	}
	for _, d := range o.Emails {
		if d.Audience != Admins && d.goesTo(email) {
			return true
		}
	}
	return false
}

// IsOf reports whether an e-mail address is the customer's: as Stripe said it, as it was corrected,
// or as an e-mail to the customer had it.
func (o *Order) IsOf(email string) bool {
	if strings.EqualFold(o.CustomerEmail, email) || o.wasCorrectedTo(email) {
		return true
	}
	for _, d := range o.Emails { // Stripe may have said another address since then
		if d.Audience == Customer && d.goesTo(email) {
			return true
		}
	}
	return false
}

func (e Email) goesTo(email string) bool {
	return slices.ContainsFunc(e.To, func(a Address) bool { return strings.EqualFold(a.Email, email) })
}

// Forget takes out of the order what it holds of people: names and addresses, what Stripe said
// beyond the plain facts of a sale, and what the owner wrote. Amounts, what was bought, states and
// times stay, and what is still to be sent is cancelled. What is forgotten does not come back with
// a later event. An order that is being sent something is left whole, and the error is ErrInFlight;
// one that was forgotten before stays as it is, and the error is ErrForgotten. One that is paid
// only later is planned all the same: the admins are then notified that the customer's e-mails have
// no recipient.
func (o *Order) Forget(why string, now time.Time) error {
	if !o.ForgottenAt.IsZero() {
		return ErrForgotten
	}
	for key, d := range o.Emails {
		if d.State == Sending {
			return fmt.Errorf("%w: %s is %s", ErrInFlight, key, d.State)
		}
	}
	events := map[string]Event{}
	for id, e := range o.Events {
		slim, err := e.redacted()
		if err != nil {
			return fmt.Errorf("event %s: %w", id, err)
		}
		events[id] = slim
	}
	facts, err := fold(events)
	if err != nil {
		return err
	}
	o.Events, o.Facts, o.Corrections = events, facts, nil
	o.forgetEmails(now)
	o.Fetch.LastError = ""
	o.Audit = slices.Clone(o.Audit)
	for i := range o.Audit {
		o.Audit[i].Reason = ""
	}
	o.ForgottenAt = now
	o.Note(Entry{At: now, Command: "forget", Reason: why})
	return nil
}

func (o *Order) forgetEmails(now time.Time) {
	for key := range o.Emails {
		o.Cancel(key, forgotten, now)
		d := o.Emails[key]
		if d.Audience != Admins {
			d.To = nil
		}
		d.forgetArrivals()
		if d.LastError != forgotten {
			d.LastError = ""
		}
		o.put(key, d, now)
	}
}

// forgetArrivals leaves what came of the e-mail and when, and not at whom, nor what a mail server
// said of them.
func (d *Delivery) forgetArrivals() {
	d.Arrivals = slices.Clone(d.Arrivals)
	for i, a := range d.Arrivals {
		d.Arrivals[i] = a.ofNobody()
	}
}

func (a Arrival) ofNobody() Arrival { return Arrival{Kind: a.Kind, At: a.At, Message: a.Message} }

// OnlyTo is the delivery as the person with that e-mail address may see it: without the addresses
// of others, nor what a mail server said of them, which may quote one.
func (d Delivery) OnlyTo(email string) Delivery {
	isOther := func(address string) bool { return email == "" || !strings.EqualFold(address, email) }
	d.To = slices.DeleteFunc(slices.Clone(d.To), func(a Address) bool { return isOther(a.Email) })
	d.Arrivals = slices.Clone(d.Arrivals)
	for i, a := range d.Arrivals {
		if isOther(a.To) {
			d.Arrivals[i] = a.ofNobody()
		}
	}
	return d
}

// redacted is the event with no more in its payload than what makes an order's facts, of which none
// is about a person. The fields are those that are kept: what Stripe adds to its objects one day is
// left out.
func (e Event) redacted() (Event, error) {
	if ByIntent(e.Type) {
		return e.redactedCharge()
	}
	in, s, wrong, err := decode([]byte(e.Payload))
	switch {
	case err != nil:
		return Event{}, malformed(err)
	case wrong != nil:
		return Event{}, wrong
	case s == nil:
		return Event{}, fmt.Errorf("%w: nothing in it", ErrMalformed)
	}
	slim := map[string]any{
		"id": in.ID, "object": in.Object, "type": in.Type, "created": in.Created, "livemode": in.Livemode, "account": in.Account,
		"data": map[string]any{"object": map[string]any{
			"id": s.ID, "object": s.Object, "livemode": s.Livemode, "created": s.Created,
			"payment_status": s.PaymentStatus, "mode": s.Mode, "locale": s.Locale,
			"amount_total": s.AmountTotal, "amount_subtotal": s.AmountSubtotal, "total_details": s.TotalDetails, "currency": s.Currency,
			"payment_link": s.PaymentLink, "payment_intent": s.PaymentIntent,
		}},
	}
	return e.saying(slim)
}

// redactedCharge is redacted for an event without a session.
func (e Event) redactedCharge() (Event, error) {
	env, err := ParseEnvelope([]byte(e.Payload))
	if err != nil {
		return Event{}, err
	}
	c, err := env.charge(e.Type)
	if err != nil {
		return Event{}, err
	}
	return e.saying(map[string]any{
		"id": env.ID, "object": "event", "type": env.Type, "created": env.Created.Unix(), "livemode": env.Livemode, "account": env.account,
		"data": map[string]any{"object": c.redacted(e.Type)},
	})
}

// redacted is the object of an event of that type, with what is read of it.
func (c Charge) redacted(eventType string) map[string]any {
	object := map[string]any{"id": c.ID, "payment_intent": c.PaymentIntent, "currency": c.Currency, "status": c.Status}
	add := func(more map[string]any) map[string]any {
		maps.Copy(object, more)
		return object
	}
	switch {
	case ofRefund(eventType):
		return add(map[string]any{"object": "refund", "amount": c.Amount, "failure_reason": c.Reason})
	case ofDispute(eventType):
		return add(map[string]any{"object": "dispute", "amount": c.Amount, "reason": c.Reason})
	case eventType == PaymentSucceeded:
		return add(map[string]any{"object": "payment_intent", "id": c.PaymentIntent, "amount_received": c.Amount, "capture_method": "manual"})
	}
	return add(map[string]any{"object": "charge", "amount_refunded": c.Amount, "refunded": c.Whole})
}

// saying is the event with that for its payload.
func (e Event) saying(slim map[string]any) (Event, error) {
	payload, err := json.Marshal(slim)
	if err != nil {
		return Event{}, err // cannot be: they are texts and numbers that JSON had
	}
	e.Payload, e.parsed = string(payload), nil
	return e, nil
}
