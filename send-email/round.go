package function

import (
	"slices"
	"time"

	"handler/function/internal/order"
)

// round is a look at what is due, to be gone through in due order: an order that has several
// e-mails due comes up for each in its turn, and does not overtake others with all of them.
type round struct {
	waiting []order.DueOrder
	// horizon is the time up to which the round has all due orders.
	horizon time.Time
	// seen is what each order was visited for, by all rounds of a sweep: one that is due since then
	// still could not be moved on, and is not visited again.
	seen map[string]time.Time
}

// newRound takes what the store gave when asked for so many.
func newRound(due []order.DueOrder, limit int, seen map[string]time.Time) *round {
	r := &round{horizon: noDeadline, seen: seen}
	if len(due) == limit {
		r.horizon = due[len(due)-1].At
	}
	for _, o := range due {
		r.add(o)
	}
	return r
}

// add puts an order in its place, if it is to be visited in this round.
func (r *round) add(o order.DueOrder) {
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

// next takes out the order that is due longest, and says up to which time it is its turn.
func (r *round) next() (o order.DueOrder, until time.Time, ok bool) {
	if len(r.waiting) == 0 {
		return o, until, false
	}
	o, r.waiting = r.waiting[0], r.waiting[1:]
	if len(r.waiting) > 0 {
		return o, r.waiting[0].At, true
	}
	return o, r.horizon, true
}

// visit notes that an order is visited, and reports whether it is the first time in this sweep.
func (r *round) visit(o order.DueOrder) bool {
	_, again := r.seen[o.ID]
	r.seen[o.ID] = o.At
	return !again
}
