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

// What prevents sending an e-mail again.
var (
	// ErrInFlight: the e-mail, or a copy of it, is not final yet. The error names it and its state.
	ErrInFlight = errors.New("a delivery is already in progress")
	// ErrNothingOwed: the order has no e-mail to the customer, such as one that is unpaid or not
	// this shop's.
	ErrNothingOwed = errors.New("the order owes no e-mail")
	// ErrNoRecipient: the e-mail has no recipient, and no other address was given.
	ErrNoRecipient = errors.New("the e-mail has no recipient")
	// ErrAlert: an alert is no e-mail.
	ErrAlert = errors.New("an alert is not an e-mail, and is not sent again by hand")
	// ErrForgotten: the order no longer has what the e-mail would say, nor its recipient.
	ErrForgotten = errors.New("the order was forgotten")
)

// Again is a person's request to send e-mails again.
type Again struct {
	// Call is 8 lower-case hexadecimal digits that identify the call: a second call with the same
	// digits changes nothing.
	Call string
	// To is another mailbox to send to; empty for the e-mail's own. Without a name it gets the
	// recipient's.
	To Address
	// Reason is the person's own words.
	Reason string
	// Template is the ID and the name of the template that an e-mail is to have now.
	Template func(Email) (id, name string)
}

// Resend owes e-mails of the order again, each as a delivery of its own: the one of that key, or
// where it is empty all that went to the customer. It gives the keys of the copies. Only what is
// final may be sent again, and either all of them are or none. Only a person's request calls it.
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
		switch {
		case errors.Is(err, ErrInFlight) && key == "":
			return nil, o.suggest(keys, err)
		case err != nil:
			return nil, err
		}
		copies = append(copies, c)
	}
	for _, k := range keys {
		o.Note(Entry{At: now, Command: "resend", Key: k, Reason: a.Reason})
	}
	o.Owe(copies, now)
	return o.copiesBy(a.Call), nil
}

// copyKey is the key of the copy of an e-mail that a call makes.
func copyKey(original, call string) string { return original + "/again-" + call }

// copiesBy are the keys of the copies that a call made.
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

// suggest adds to the error about an e-mail in flight the key of another that can be sent again by
// its key.
func (o *Order) suggest(keys []string, err error) error {
	for _, k := range keys {
		if _, busy := o.inFlight(k); !busy {
			return fmt.Errorf("%w; name the e-mail to send again, for example %s", err, k)
		}
	}
	return err
}

// resendable are the keys that are meant: one, or the originals of all that the customer got, or
// should have got: what was cancelled is sent only by its key.
func (o *Order) resendable(key string) ([]string, error) {
	switch {
	case !o.ForgottenAt.IsZero():
		return nil, ErrForgotten
	case len(o.Emails) == 0:
		return nil, ErrNothingOwed
	case key != "":
		return []string{key}, o.mustHave(key)
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

// again is the copy of one e-mail. The copy of a copy is one of the original, to whom the copy
// went.
func (o *Order) again(key string, a Again, now time.Time) (Email, error) {
	e := o.Emails[key].Email
	original := cmp.Or(e.CopyOf, key)
	if k, busy := o.inFlight(original); busy {
		return Email{}, fmt.Errorf("%w: %s is %s", ErrInFlight, k, o.Emails[k].State)
	}
	e.Key, e.CopyOf, e.NotBefore = copyKey(original, a.Call), original, now
	if a.To.Email != "" {
		e.Audience, e.To = Other, []Address{{Email: a.To.Email, Name: cmp.Or(a.To.Name, o.recipientName(e))}}
	} else if e.Audience == Customer && len(o.Corrections) > 0 {
		e.To = []Address{o.Customer()}
	}
	if len(e.To) == 0 {
		return Email{}, fmt.Errorf("%w: %s", ErrNoRecipient, key)
	}
	e.Template, e.TemplateName = a.Template(e)
	return e, nil
}

// recipientName is the name of an e-mail's recipient.
func (o *Order) recipientName(e Email) string {
	if len(e.To) > 0 {
		return e.To[0].Name
	}
	return o.Customer().Name // only an e-mail to the customer lacks a recipient
}

// mustHave is ErrNoDelivery, with the keys that there are, where the order has no e-mail of that key,
// and ErrAlert where it is an alert's.
func (o *Order) mustHave(key string) error {
	switch d, ok := o.Emails[key]; {
	case ok && d.Audience == Alert:
		return ErrAlert
	case ok:
		return nil
	}
	return fmt.Errorf("%w; the order has %s", ErrNoDelivery,
		cmp.Or(strings.Join(slices.Sorted(maps.Keys(maps.Collect(o.Mails()))), ", "), "none"))
}

// group are the keys of an e-mail and of its copies.
func (o *Order) group(original string) []string {
	var keys []string
	for _, k := range slices.Sorted(maps.Keys(o.Emails)) {
		if k == original || o.Emails[k].CopyOf == original {
			keys = append(keys, k)
		}
	}
	return keys
}

// inFlight is the delivery of an e-mail, or of a copy of it, that is not final.
func (o *Order) inFlight(original string) (key string, ok bool) {
	for _, k := range o.group(original) {
		if !o.Emails[k].Final() {
			return k, true
		}
	}
	return "", false
}

// Resent reports whether a delivery that failed is settled all the same: it was sent again since
// then.
func (o *Order) Resent(key string) bool {
	failed, ok := o.Emails[key]
	if !ok || failed.State != Failed {
		return false
	}
	return o.sentSince(cmp.Or(failed.CopyOf, key), failed.FailedAt)
}
