package function

import (
	"sync"
	"time"
)

const (
	// steadyAfter is how long the database must have answered before this process takes over a lease
	// that ran out. While the database is away nobody can record what came of an attempt: when it is
	// back, the leases of processes that are well have run out too, and they need a moment to say what
	// they did.
	steadyAfter = 15 * time.Second
	// longestGap is how far two answers may lie apart for the time between them to count. An outage
	// that fits between is over before a lease of its time runs out: the lease is longer by twice an
	// attempt, which leaves a moment to record.
	longestGap = lease - 2*attemptTimeout
)

// health is what this process has seen of the database.
type health struct {
	mu sync.Mutex
	// since is the first answer, and last the latest, in a row without a failure or a gap. Both are
	// zero while it fails, or was never asked.
	since, last time.Time
	// refused: a lease was not taken over, since it was not steady.
	refused bool
}

// saw notes how a look at what is due ended, the one read that fails only where the database does.
func (h *health) saw(err error, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		h.since, h.last = time.Time{}, time.Time{}
		return
	}
	if now.Sub(h.last) > longestGap {
		h.since = now
	}
	h.last = now
}

// steady reports whether the database has answered for long enough.
func (h *health) steady(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	steady := !h.since.IsZero() && now.Sub(h.last) <= longestGap && h.last.Sub(h.since) >= steadyAfter
	h.refused = h.refused || !steady
	return steady
}

// hasRefused reports whether steady was asked in vain since the last time.
func (h *health) hasRefused() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	refused := h.refused
	h.refused = false
	return refused
}
