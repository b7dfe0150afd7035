// Package hearing finds out whether SendGrid reports on e-mails at all, which distinguishes one that
// it dropped from an account that it suspended, or an Event Webhook that is off.
package hearing

import (
	"context"
	"sync"
	"time"

	"handler/function/internal/order"
)

// before is how much older than an e-mail the orders are that are searched for a later one: theirs
// may have waited.
const before = time.Hour

// lookPause is how long after a look at the store the next one is: many e-mails may be silent at
// once.
const lookPause = time.Minute

// Store is where the orders are.
type Store interface {
	// Walk visits the orders made at or after since and before until, the newest first, until visit
	// returns false.
	Walk(ctx context.Context, since, until time.Time, visit func(*order.Order) bool) error
}

// Ears remember the newest e-mail of which SendGrid reported something. The zero value is ready.
type Ears struct {
	mu sync.Mutex
	// newest is when SendGrid accepted that e-mail.
	newest time.Time
	// lookedAt is when the store was last searched, and from looked on.
	lookedAt, looked time.Time
}

// Note takes in what an order holds of SendGrid's events.
func (e *Ears) Note(o *order.Order) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, d := range o.Emails {
		if len(d.Arrivals) > 0 && d.SentAt.After(e.newest) {
			e.newest = d.SentAt
		}
	}
}

// After reports whether SendGrid reported anything of an e-mail that it accepted after at. What this
// process has not heard of itself, it looks for in the orders made since about then.
func (e *Ears) After(ctx context.Context, orders Store, at, now time.Time) (bool, error) {
	if known, found := e.known(at, now); known {
		return found, nil
	}
	err := orders.Walk(ctx, at.Add(-before), now, func(o *order.Order) bool {
		e.Note(o)
		_, found := e.known(at, now)
		return !found
	})
	if err != nil {
		return false, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lookedAt, e.looked = now, at
	return e.newest.After(at), nil
}

// known reports whether an answer is known without a look at the store, and the answer.
func (e *Ears) known(at, now time.Time) (known, found bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	found = e.newest.After(at)
	return found || !at.Before(e.looked) && now.Before(e.lookedAt.Add(lookPause)), found
}
