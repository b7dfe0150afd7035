package order

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// HearPatience is how long after SendGrid accepted an e-mail its first event is awaited. Events
// usually arrive within seconds.
const HearPatience = 6 * time.Hour

// accepted is SendGrid's answer to an e-mail that it takes on; in its sandbox it answers 200, and
// no event follows.
const accepted = 202

// AwaitEvent notes until when an event of a delivery is awaited that SendGrid has just accepted,
// unless there was one. It is called where SendGrid's events are used.
func (o *Order) AwaitEvent(key string, now time.Time) {
	d := o.Emails[key]
	if d.State != Sent || d.LastStatus != accepted || len(d.Arrivals) > 0 || !d.HearBy.IsZero() || !d.UnheardAt.IsZero() {
		return
	}
	d.HearBy = d.SentAt.Add(HearPatience)
	o.put(key, d, now)
}

// Silent are the keys of the deliveries of which an event has been awaited for HearPatience.
func (o *Order) Silent(now time.Time) []string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		if by := o.Emails[key].HearBy; !by.IsZero() && !by.After(now) {
			keys = append(keys, key)
		}
	}
	return keys
}

// AwaitLonger gives the first event of a silent delivery more time.
func (o *Order) AwaitLonger(key string, until, now time.Time) {
	d := o.Emails[key]
	d.HearBy = until
	o.put(key, d, now)
}

// MarkUnheard notes that no event of a silent delivery came, until one comes.
func (o *Order) MarkUnheard(key string, now time.Time) {
	d := o.Emails[key]
	d.HearBy, d.UnheardAt = time.Time{}, now
	o.put(key, d, now)
}

// heardOf ends the wait for an event.
func (d *Delivery) heardOf() { d.HearBy, d.UnheardAt = time.Time{}, time.Time{} }

// Unheard reports whether SendGrid accepted a delivery and reported nothing of it, and the e-mail was
// not sent again since.
func (o *Order) Unheard(key string) bool {
	d := o.Emails[key]
	return !d.UnheardAt.IsZero() && !o.sentSince(cmp.Or(d.CopyOf, key), d.UnheardAt)
}

// AnyUnheard reports whether one of the deliveries is unheard.
func (o *Order) AnyUnheard() bool {
	for key := range o.Emails {
		if o.Unheard(key) {
			return true
		}
	}
	return false
}

// sentSince reports whether a copy of an e-mail was sent at that time or later, and is not unheard.
func (o *Order) sentSince(original string, at time.Time) bool {
	for _, d := range o.Emails {
		if d.CopyOf == original && d.State == Sent && d.UnheardAt.IsZero() && !d.SentAt.Before(at) {
			return true
		}
	}
	return false
}
