package order

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// What keeps an e-mail from being sent again.
var (
	// ErrInFlight: it, or a copy of it, is on its way already. The error says which, and how far it is.
	ErrInFlight = errors.New("it is on its way already")
	// ErrNothingOwed: the order has no e-mail to the customer, such as one that is unpaid or not this shop's.
	ErrNothingOwed = errors.New("it owes no e-mail")
	// ErrNobody: the e-mail has nobody to go to, and no other address was given.
	ErrNobody = errors.New("there is nobody to send it to")
	// ErrForgotten: what the e-mail would say, and to whom, is no longer known.
	ErrForgotten = errors.New("the order was forgotten")
)

// Again is a person's wish to have e-mails sent another time.
type Again struct {
	// Call is 8 lower-case hexadecimal digits by which the wish is known: the same one does nothing a second time.
	Call string
	// To is another address to send to; empty for those that the e-mail had.
	To string
	// Reason is the person's own words.
	Reason string
	// Template is the ID and the name of the template that an e-mail is to have now.
	Template func(Email) (id, name string)
}

// Resend owes e-mails of the order another time, each as a delivery of its own: the one of that key, or where it is
// empty all that went to the customer. It gives the keys of the copies. Only what is final may be sent again, and
// either all of them are or none; nothing but a person's wish comes here.
func (o *Order) Resend(key string, a Again, now time.Time) ([]string, error) {
	if done := o.copiesBy(a.Call); len(done) > 0 {
		return done, nil
	}
	keys, err := o.resendable(key)
	if err != nil {
		return nil, err
	}
	var copies []Email
	for _, k := range keys {
		c, err := o.again(k, a, now)
		if err != nil {
			return nil, err
		}
		copies = append(copies, c)
	}
	for _, k := range keys {
		o.Note(Entry{At: now, Verb: "resend", Key: k, Reason: a.Reason})
	}
	o.Owe(copies, now)
	return o.copiesBy(a.Call), nil
}

// copyKey is the key of the copy of an e-mail that a wish makes.
func copyKey(original, call string) string { return original + "/again-" + call }

// copiesBy are the keys of what a wish has made already.
func (o *Order) copiesBy(call string) []string {
	var keys []string
	for key, d := range o.Emails {
		if d.CopyOf != "" && key == copyKey(d.CopyOf, call) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// resendable are the keys that are meant: one, or the originals of all that the customer got, or should have got: what was
// cancelled is sent only by its key.
func (o *Order) resendable(key string) ([]string, error) {
	switch {
	case !o.ForgottenAt.IsZero():
		return nil, ErrForgotten
	case len(o.Emails) == 0:
		return nil, ErrNothingOwed
	case key != "":
		if _, ok := o.Emails[key]; !ok {
			return nil, ErrNoDelivery
		}
		return []string{key}, nil
	}
	var keys []string
	for _, k := range slices.Sorted(maps.Keys(o.Emails)) {
		if d := o.Emails[k]; d.Audience == Customer && d.CopyOf == "" && d.State != Cancelled {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil, ErrNothingOwed
	}
	return keys, nil
}

// again is the copy of one e-mail. The copy of a copy is one of the original, to whom the copy went.
func (o *Order) again(key string, a Again, now time.Time) (Email, error) {
	e := o.Emails[key].Email
	original := cmp.Or(e.CopyOf, key)
	for _, k := range slices.Sorted(maps.Keys(o.Emails)) {
		if d := o.Emails[k]; (k == original || d.CopyOf == original) && !d.Final() {
			return Email{}, fmt.Errorf("%w: %s is %s", ErrInFlight, k, d.State)
		}
	}
	e.Key, e.CopyOf, e.NotBefore = copyKey(original, a.Call), original, now
	if a.To != "" {
		e.Audience, e.To = Other, []Address{{Email: a.To}}
	}
	if len(e.To) == 0 {
		return Email{}, fmt.Errorf("%w: %s", ErrNobody, key)
	}
	e.Template, e.TemplateName = a.Template(e)
	return e, nil
}

// Resent reports whether a delivery that failed is settled all the same: it was sent again since then.
func (o *Order) Resent(key string) bool {
	failed, ok := o.Emails[key]
	if !ok || failed.State != Failed {
		return false
	}
	original := cmp.Or(failed.CopyOf, key)
	for _, d := range o.Emails {
		if d.CopyOf == original && d.State == Sent && !d.SentAt.Before(failed.FailedAt) {
			return true
		}
	}
	return false
}
