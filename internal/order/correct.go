package order

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ErrNotToCustomer: the e-mail does not go to the customer, so a correction does not send it again.
var ErrNotToCustomer = errors.New("the e-mail does not go to the customer")

// corrected is the LastError of a delivery that a copy to the corrected address replaces.
const corrected = "the address was corrected; a copy goes to the new one"

// Correction is another address for the order's customer, given by a person. It is a fact beside
// Stripe's events, which never change it; the last correction counts.
type Correction struct {
	At time.Time `bson:"at"`
	// Call is Again's: a second call with the same digits changes nothing.
	Call string `bson:"call"`
	// To is the address. Without a name it has the customer's.
	To Address `bson:"to"`
}

// Customer is the customer's mailbox as it was corrected last, else as Stripe said it. Without
// either it is empty.
func (o *Order) Customer() Address {
	a := Address{Email: o.CustomerEmail, Name: o.CustomerName}
	for _, c := range o.Corrections {
		a = Address{Email: c.To.Email, Name: cmp.Or(c.To.Name, a.Name)}
	}
	return a
}

// Correct gives the customer the address of a, and reports whether the call is new. The customer's
// e-mails that wait go there, and so do those that are planned later. A copy is owed of each that
// failed or bounced, unless the money went back, and of each in keys. An e-mail that is being sent
// keeps its address; in keys it is ErrInFlight.
func (o *Order) Correct(a Again, keys []string, now time.Time) (isNew bool, err error) {
	if !o.ForgottenAt.IsZero() {
		return false, ErrForgotten
	}
	if slices.ContainsFunc(o.Corrections, func(c Correction) bool { return c.Call == a.Call }) {
		return false, nil
	}
	originals, err := o.named(keys)
	if err != nil {
		return false, err
	}
	originals = slices.Compact(slices.Sorted(slices.Values(append(originals, o.undelivered()...))))
	o.Corrections = append(slices.Clip(o.Corrections), Correction{At: now, Call: a.Call, To: a.To}) // a clone may share the array
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		o.redirect(key, now)
	}
	a.To = Address{} // the copies are the customer's, whose address it is now
	for _, original := range originals {
		e, err := o.again(original, a, now)
		if err != nil {
			return false, err
		}
		o.Owe([]Email{e}, now)
	}
	o.Note(Entry{At: now, Command: "correct", Reason: a.Reason})
	return true, nil
}

// named are the originals of the e-mails to send again by their keys, without those that wait:
// these go to the corrected address by themselves.
func (o *Order) named(keys []string) ([]string, error) {
	var originals []string
	for _, key := range keys {
		if err := o.mustHave(key); err != nil {
			return nil, err
		}
		original := cmp.Or(o.Emails[key].CopyOf, key)
		if o.Emails[original].Audience != Customer {
			return nil, fmt.Errorf("%w: %s", ErrNotToCustomer, key)
		}
		k, waits := o.inFlight(original)
		switch {
		case !waits:
			originals = append(originals, original)
		case o.Emails[k].State == Sending:
			return nil, fmt.Errorf("%w: %s is %s", ErrInFlight, k, Sending)
		}
	}
	return originals, nil
}

// undelivered are the originals of the customer's e-mails that did not reach them. Where the money
// went back there are none: the goods of such a sale are sent by their keys alone.
func (o *Order) undelivered() []string {
	var originals []string
	for key, d := range o.Emails {
		if d.Audience == Customer && d.CopyOf == "" && !o.Reversed() && o.lost(key) {
			originals = append(originals, key)
		}
	}
	return originals
}

// lost reports whether the last of an e-mail and its copies failed or bounced. One that is not
// final is not lost.
func (o *Order) lost(original string) bool {
	if _, waits := o.inFlight(original); waits {
		return false
	}
	last := o.Emails[o.lastOf(original)]
	return last.State == Failed || last.State == Sent && last.Bounced()
}

// Undelivered reports whether the last of an e-mail and its copies bounced, and a person has to reach
// its recipient another way. After the money went back, nothing is owed. The admins' own e-mails do
// not count.
func (o *Order) Undelivered() bool {
	if o.Reversed() {
		return false
	}
	for key, d := range o.Emails {
		if d.CopyOf != "" || d.Audience == Admins {
			continue
		}
		if last := o.Emails[o.lastOf(key)]; last.State == Sent && last.Bounced() {
			return true
		}
	}
	return false
}

// lastOf is the key of the last of an e-mail and its copies, of which cancelled copies do not
// count.
func (o *Order) lastOf(original string) string {
	last := original
	for _, k := range o.group(original) {
		if d, l := o.Emails[k], o.Emails[last]; d.State != Cancelled && !d.PlannedAt.Before(l.PlannedAt) {
			last = k
		}
	}
	return last
}

// astray reports whether a delivery is for the customer and has another address than the corrected
// one.
func (o *Order) astray(d Delivery) bool {
	return d.Audience == Customer && len(o.Corrections) > 0 && !d.goesTo(o.Customer().Email)
}

// redirect gives a delivery that waits the corrected address, or replaces it by a copy where it was
// attempted: SendGrid's later events of an attempt must find a delivery with the address of that
// attempt.
func (o *Order) redirect(key string, now time.Time) {
	d := o.Emails[key]
	switch {
	case d.Audience != Customer, d.Final(), d.State == Sending, len(o.Corrections) == 0:
	case d.Attempts > 0 && o.astray(d):
		o.replace(key, now)
	default:
		d.To = []Address{o.Customer()}
		o.put(key, d, now)
	}
}

// Redirect replaces a delivery whose lease expired, and whose address was corrected since, by a
// copy; it reports whether it did. Claim refuses such a delivery.
func (o *Order) Redirect(key string, now time.Time) bool {
	d := o.Emails[key]
	if d.State != Sending || d.DueAt.After(now) || !o.astray(d) {
		return false
	}
	d.Unsure = true
	d.Lost++
	o.put(key, d, now)
	o.replace(key, now)
	return true
}

// replace cancels a delivery and owes a copy to the corrected address at once.
func (o *Order) replace(key string, now time.Time) {
	d := o.Emails[key]
	e := d.Email
	e.CopyOf = cmp.Or(d.CopyOf, key)
	e.Key = copyKey(e.CopyOf, o.Corrections[len(o.Corrections)-1].Call)
	e.To, e.NotBefore = []Address{o.Customer()}, now
	d.State, d.CancelledAt = Cancelled, now
	d.LastStatus, d.LastError = 0, corrected
	o.put(key, d, now)
	o.Owe([]Email{e}, now)
}

// Moved says where the customer's e-mails are after a correction, by their keys.
type Moved struct {
	// Again are the copies that the call made.
	Again []string
	// Waiting are the others that are still to come, with the corrected address.
	Waiting []string
	// Earlier were sent, or are being sent, to an earlier address, and not to the corrected one.
	Earlier []string
}

// Moved is what the correction of that call did, as the order is now.
func (o *Order) Moved(call string) Moved {
	m := Moved{Again: o.copiesBy(call)}
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		switch d := o.Emails[key]; {
		case d.Audience != Customer, slices.Contains(m.Again, key):
		case !d.Final() && !o.astray(d):
			m.Waiting = append(m.Waiting, key)
		case (d.State == Sent || d.State == Sending) && o.astray(d) && o.lastOf(cmp.Or(d.CopyOf, key)) == key:
			m.Earlier = append(m.Earlier, key)
		}
	}
	return m
}

// wasCorrectedTo reports whether the customer was given that address, in capitals or not.
func (o *Order) wasCorrectedTo(email string) bool {
	return slices.ContainsFunc(o.Corrections, func(c Correction) bool { return strings.EqualFold(c.To.Email, email) })
}
