package function

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"handler/function/internal/catalogue"
	"handler/function/internal/condition"
	"handler/function/internal/order"
	"handler/function/internal/view"
	"handler/function/internal/watch"
)

// spacePause is how long after a look at the database's size the next one is.
const spacePause = 24 * time.Hour

// space is the look at the database's size. It is the sweep's, and no other goroutine's.
type space struct {
	// quotaMB is how much the database's tier holds; 0 turns the look off.
	quotaMB float64
	// next is when the next look may be.
	next time.Time
}

// lookAtSpace warns once a day of a database that fills up, and notifies the admins of each level
// once, until the database is below it again. What keeps it from that is no reason to stop anything
// else.
func (f *Function) lookAtSpace(ctx context.Context) {
	now := f.now()
	if f.space.quotaMB == 0 || now.Before(f.space.next) {
		return
	}
	f.space.next = now.Add(spacePause)
	if err := f.watchSpace(ctx, now); err != nil {
		f.log.Warn("the database's size could not be read; the next check is in a day", "err", err)
	}
}

func (f *Function) watchSpace(ctx context.Context, now time.Time) error {
	orders, err := f.store()
	if err != nil {
		return err
	}
	bytes, err := orders.Size(ctx)
	if err != nil {
		return err
	}
	s := view.SpaceOf(bytes, f.space.quotaMB)
	if s.Level == 0 {
		f.clear(condition.DatabaseFilling)
	} else {
		f.log.Warn("the database fills up", "used_mb", s.UsedMB, "quota_mb", s.QuotaMB, "percent", s.Percent)
		f.observe(condition.DatabaseFilling, fmt.Sprintf("%d MB of %d, %d %%", s.UsedMB, s.QuotaMB, s.Percent))
	}
	if !f.catalogue.Notifies(catalogue.DatabaseFull) {
		return nil // an alert and the warning are all there is
	}
	notified, err := f.keepSpace(ctx, orders, s, now)
	if notified {
		f.alarm.set(&now)
	}
	return err
}

// keepSpace keeps which level was reached, and owes the admins an e-mail where it is a higher one
// than before. It reports whether this process did so: of several, one does.
func (f *Function) keepSpace(ctx context.Context, orders Store, s view.Space, now time.Time) (notified bool, err error) {
	if s.Level > 0 {
		if _, err := orders.Create(ctx, order.NewConditions(now)); err != nil {
			return false, err
		}
	}
	_, err = orders.Update(ctx, order.ConditionsID, func(o *order.Order) error {
		kept := watch.KeptIn(o)
		if notified = s.Level > kept.Level; s.Level == kept.Level {
			return order.ErrUnchanged
		}
		kept.Space = s
		o.SetReport(kept.JSON(), now)
		if notified {
			f.catalogue.OweNotice(o, catalogue.DatabaseFull, fmt.Sprintf("%d-%s", s.Level, now.Format(time.DateOnly)), now)
		}
		return nil
	})
	if errors.Is(err, order.ErrNotFound) { // no level was notified yet
		err = nil
	}
	return notified && err == nil, err
}

const (
	// steadyAfter is how long the database must have answered before this process takes over a
	// lease that ran out. While the database is away no process can record what came of an attempt:
	// when it is back, the leases of processes that are well have run out too, and they need a
	// moment to say what they did.
	steadyAfter = 15 * time.Second
	// longestGap is how far two answers may lie apart for the time between them to count. An outage
	// that fits between is over before a lease of its time runs out: the lease is longer by twice
	// an attempt, which leaves a moment to record.
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

// observe notes how a look at what is due ended, the one read that fails only where the database
// does.
func (h *health) observe(err error, now time.Time) {
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
