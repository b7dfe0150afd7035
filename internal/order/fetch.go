package order

import "time"

// Fetch is the state of fetching the line items from Stripe.
type Fetch struct {
	Attempts int `bson:"attempts"`
	// Since is the first failure in a row; zero while there is none.
	Since time.Time `bson:"since,omitempty"`
	// CountedSince is from when on failures use up the Horizon; zero where the last one did not.
	CountedSince time.Time `bson:"counted_since,omitempty"`
	// NotBefore is when the next attempt may be made.
	NotBefore time.Time `bson:"not_before,omitempty"`
	// DoneAt is when the items were stored; zero until then.
	DoneAt time.Time `bson:"done_at,omitempty"`
	// FailedAt is when fetching them was given up; zero until then.
	FailedAt time.Time `bson:"failed_at,omitempty"`
	// GivenUp is how many times it was given up.
	GivenUp   int    `bson:"given_up,omitempty"`
	LastError string `bson:"last_error,omitempty"`
}

// FetchAnew lets items that were given up be fetched again, and reports whether they were given up.
func (o *Order) FetchAnew(now time.Time) bool {
	if o.Fetch.FailedAt.IsZero() {
		return false
	}
	o.Fetch = Fetch{Attempts: o.Fetch.Attempts, GivenUp: o.Fetch.GivenUp}
	o.touch(now)
	return true
}

// SetItems keeps what Stripe says was bought. Items that are there already stay: what was bought
// does not change, and a plan may have been made by them.
func (o *Order) SetItems(items []Item, now time.Time) {
	if !o.Fetch.DoneAt.IsZero() {
		return
	}
	o.Items = items
	o.Fetch.DoneAt = now
	o.Fetch.LastError = ""
	o.touch(now)
}

// FetchFailed notes that fetching the items failed and that the next attempt is at the given time.
// At the Horizon there is none: which e-mails are owed is unknown, and a person must look.
func (o *Order) FetchFailed(reason string, at, now time.Time) {
	if !o.fetchTried(reason, at, now) {
		return
	}
	if o.Fetch.CountedSince.IsZero() {
		o.Fetch.CountedSince = now
	}
	if Exhausted(o.Fetch.CountedSince, now) {
		o.Fetch.FailedAt = now
		o.Fetch.GivenUp++
	}
	o.touch(now)
}

// FetchRefused is FetchFailed where Stripe refused the key. The owner must correct that, however
// long it takes: the Horizon begins anew with the next failure of another kind.
func (o *Order) FetchRefused(reason string, at, now time.Time) {
	if !o.fetchTried(reason, at, now) {
		return
	}
	o.Fetch.CountedSince = time.Time{}
	o.touch(now)
}

func (o *Order) fetchTried(reason string, at, now time.Time) bool {
	if !o.Fetch.DoneAt.IsZero() {
		return false
	}
	o.Fetch.Attempts++
	if o.Fetch.Since.IsZero() {
		o.Fetch.Since = now
	}
	o.Fetch.LastError = reason
	o.Fetch.NotBefore = at
	return true
}
