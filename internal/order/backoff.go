package order

import "time"

const (
	firstPause = 5 * time.Second
	maxPause   = time.Hour
	// maxAsked is the longest pause that a service may ask for: a longer one would use up the
	// Horizon at once.
	maxAsked = 6 * time.Hour
	// Horizon is how long a delivery, or fetching the line items, is attempted before it has
	// failed. SendGrid's and Stripe's outages last hours; after three days a receipt has lost its
	// use and a person must look.
	Horizon = 72 * time.Hour
	// MaxLost is how many leases of one delivery may run out without a word. Processes that die in
	// every attempt may each have sent a copy: better a person looks than a customer gets hundreds.
	MaxLost = 5
)

// Backoff is the pause before the next attempt: doubling from 5 s up to an hour, of which jitter,
// in [0, 1), takes up to a third away so that what failed together does not return together.
// A longer pause that the service asks for counts instead, up to maxAsked.
func Backoff(attempts int, asked time.Duration, jitter float64) time.Duration {
	doubled := min(max(attempts-1, 0), 10) // 5 s doubled ten times is over an hour
	pause := min(firstPause<<doubled, maxPause)
	pause -= time.Duration(jitter * float64(pause) / 3)
	return max(pause, min(asked, maxAsked)).Truncate(time.Millisecond) // what BSON keeps of a time
}

// Exhausted reports whether what was first tried then, or first failed then, is not to be tried
// again.
func Exhausted(first, now time.Time) bool {
	return !first.IsZero() && now.Sub(first) >= Horizon
}
