// Package round puts the orders that are due into the sequence in which a sweep visits them.
package round

import (
	"slices"
	"time"

	"handler/function/internal/order"
)

// Round is a look at what is due, to be gone through in due order: an order that has several
// e-mails due comes up for each in its turn, and does not overtake others with all of them.
type Round struct {
	waiting []order.DueOrder
	// horizon is the time up to which the round has all due orders.
	horizon time.Time
	// seen is what each order was visited for, by all rounds of a sweep: one that is due since then
	// still could not be moved on, and is not visited again.
	seen map[string]time.Time
}

// Forever is later than anything is due.
var Forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// New takes what the store gave when asked for so many. Seen is shared by all rounds of a sweep.
func New(due []order.DueOrder, limit int, seen map[string]time.Time) *Round {
	r := &Round{horizon: Forever, seen: seen}
	if len(due) == limit {
		r.horizon = due[len(due)-1].At
	}
	for _, o := range due {
		r.Add(o)
	}
	return r
}

// Add puts an order in its place, if it is to be visited in this round.
func (r *Round) Add(o order.DueOrder) {
	if last, ok := r.seen[o.ID]; (ok && !o.At.After(last)) || o.At.After(r.horizon) {
		return
	}
	i, _ := slices.BinarySearchFunc(r.waiting, o, func(a, b order.DueOrder) int {
		if a.At.After(b.At) {
			return 1
		}
		return -1 // behind those of the same time
	})
	r.waiting = slices.Insert(r.waiting, i, o)
}

// Empty reports whether no order waits to be visited.
func (r *Round) Empty() bool { return len(r.waiting) == 0 }

// Next takes out the order that is due longest, and says up to which time it is its turn.
func (r *Round) Next() (o order.DueOrder, until time.Time, ok bool) {
	if len(r.waiting) == 0 {
		return o, until, false
	}
	o, r.waiting = r.waiting[0], r.waiting[1:]
	if len(r.waiting) > 0 {
		return o, r.waiting[0].At, true
	}
	return o, r.horizon, true
}

// Visit notes that an order is visited, and reports whether it is the first time in this sweep.
func (r *Round) Visit(o order.DueOrder) bool {
	_, again := r.seen[o.ID]
	r.seen[o.ID] = o.At
	return !again
}
