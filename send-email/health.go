package function

import (
	"sync"
	"time"
)

// steadyAfter is how long the database must have answered before this process takes over a lease that
// ran out. While the database is away nobody can record what came of an attempt: when it is back, the
// leases of processes that are well have run out too, and they need a moment to say what they did.
const steadyAfter = 15 * time.Second

// health is what this process has seen of the database.
type health struct {
	mu sync.Mutex
	// since is the first answer after the last failure; zero while it fails, or was never asked.
	since time.Time
}

// saw notes how a look at what is due ended, the one read that fails only where the database does.
func (h *health) saw(err error, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err != nil:
		h.since = time.Time{}
	case h.since.IsZero():
		h.since = now
	}
}

// steady reports whether the database has answered for long enough.
func (h *health) steady(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.since.IsZero() && now.Sub(h.since) >= steadyAfter
}
