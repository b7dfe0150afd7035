package order

import (
	"maps"
	"slices"
	"time"
)

// GivenUp reports whether a person has to take the order up again: Stripe did not say what was
// bought, or the last of an e-mail and its copies failed. What failed after the money went back is
// not meant, nor a notice, nor anything of a forgotten order.
func (o *Order) GivenUp() bool {
	return o.ForgottenAt.IsZero() && (!o.Fetch.FailedAt.IsZero() || len(o.failed()) > 0)
}

// Retry takes up again what was given up: the items are fetched anew, and a copy is owed of each
// e-mail whose last one failed. It reports whether the call is new and there was something to take
// up. Only a person's request calls it.
func (o *Order) Retry(a Again, now time.Time) (bool, error) {
	if !o.GivenUp() || len(o.copiesBy(a.Call)) > 0 {
		return false, nil
	}
	var copies []Email
	for _, key := range o.failed() {
		e, err := o.again(key, a, now)
		if err != nil {
			return false, err
		}
		copies = append(copies, e)
	}
	o.FetchAnew(now)
	o.Owe(copies, now)
	o.Note(Entry{At: now, Command: "retry"})
	return true, nil
}

// failed are the last ones of the e-mails whose last one failed, and that have a recipient. The last
// one counts, and not the original: it may have been to another address. One that had no recipient
// gets one by Correct.
func (o *Order) failed() []string {
	var lasts []string
	for _, key := range slices.Sorted(maps.Keys(maps.Collect(o.Mails()))) {
		if o.Emails[key].CopyOf != "" || IsNotice(key) {
			continue
		}
		last := o.lastOf(key)
		d := o.Emails[last]
		if _, waits := o.inFlight(key); !waits && d.State == Failed && !o.stops(d) && len(d.To) > 0 {
			lasts = append(lasts, last)
		}
	}
	return lasts
}
