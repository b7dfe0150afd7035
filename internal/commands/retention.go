package commands

import (
	"context"
	"time"

	"handler/function/internal/order"
)

const (
	// RetentionPart is how many orders are looked at after one sweep: so what is due waits for
	// seconds at the most.
	RetentionPart = 100
	// retentionPause is how long after a walk over all old orders the next one begins.
	retentionPause = 24 * time.Hour
)

// Retention forgets orders by their age. It is the sweep's, and no other goroutine's.
type Retention struct {
	// Age is how long after the last thing was done to it an order that is not open is kept; 0
	// keeps all.
	Age time.Duration
	// before is where the walk goes on, which goes from newer orders to older ones; zero while
	// there is none.
	before time.Time
	// next is when the next walk may begin.
	next time.Time
	// done is how many orders this walk has forgotten.
	done int
}

// Walking reports whether a walk has orders left to look at.
func (r *Retention) Walking() bool { return !r.before.IsZero() }

// Forget forgets a part of the orders that are older than Age. Before each order it asks wait,
// whose error it returns: then the next call begins the part again.
func (r *Retention) Forget(ctx context.Context, s Service, wait func(context.Context) error) error {
	if r.Age == 0 {
		return nil
	}
	if now := s.Now(); !r.Walking() && !now.Before(r.next) {
		r.before, r.next, r.done = now.Add(-r.Age), now.Add(retentionPause), 0
	}
	if !r.Walking() {
		return nil
	}
	err := r.forgetPart(ctx, s, wait)
	if !r.Walking() && r.done > 0 {
		s.Log.Info("orders forgotten by their age", "orders", r.done)
	}
	return err
}

// forgetPart looks at the next orders of the walk. One that cannot be forgotten now is left to the
// next walk.
func (r *Retention) forgetPart(ctx context.Context, s Service, wait func(context.Context) error) error {
	orders, err := s.Store()
	if err != nil {
		return err
	}
	if err := wait(ctx); err != nil {
		return err
	}
	var ids []string
	looked, last := 0, time.Time{}
	err = orders.Walk(ctx, time.Time{}, r.before, func(o *order.Order) bool {
		if looked, last = looked+1, o.CreatedAt; o.ForgottenAt.IsZero() && r.old(o, s.Now()) {
			ids = append(ids, o.ID)
		}
		return looked < RetentionPart
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := wait(ctx); err != nil {
			return err
		}
		switch forgotten, err := r.forget(ctx, s, orders, id); {
		case forgotten:
			r.done++
		case err != nil && !Conflicts(err):
			s.Log.Error("an order could not be forgotten", "order", id, "err", err)
		}
	}
	r.goOn(looked, last)
	return nil
}

// old reports whether the last thing that was done to an order is older than Age, and nothing is
// open.
func (r *Retention) old(o *order.Order, now time.Time) bool {
	return !o.UpdatedAt.After(now.Add(-r.Age)) && !o.Open(now)
}

// forget forgets an order if it is still old.
func (r *Retention) forget(ctx context.Context, s Service, orders Store, id string) (forgotten bool, err error) {
	_, err = orders.Update(ctx, id, func(o *order.Order) error {
		if forgotten = r.old(o, s.Now()); !forgotten {
			return order.ErrUnchanged
		}
		return o.Forget(order.ByAge, s.Now())
	})
	return forgotten && err == nil, err
}

// goOn moves the walk on by what was looked at, or ends it. Orders of the last millisecond may be
// left to look at, unless the part was of nothing else.
func (r *Retention) goOn(looked int, last time.Time) {
	from := last.Add(time.Millisecond)
	switch {
	case looked < RetentionPart:
		r.before = time.Time{}
	case from.Before(r.before):
		r.before = from
	default:
		r.before = last
	}
}
