package function

import (
	"context"
	"time"

	"handler/function/internal/order"
)

const (
	// retentionPart is how many orders are looked at after one sweep: so what is due waits for seconds at the most.
	retentionPart = 100
	// retentionPause is how long after a walk over all old orders the next one begins.
	retentionPause = 24 * time.Hour
)

// retention forgets orders by their age. It is the sweep's, and no other goroutine's.
type retention struct {
	// age is how old an order may get; 0 keeps all.
	age time.Duration
	// before is where the walk goes on, which goes from newer orders to older ones; zero while there is none.
	before time.Time
	// next is when the next walk may begin.
	next time.Time
	// done is how many orders this walk has forgotten.
	done int
}

// forgetOld forgets a part of the orders that are older than they may get.
func (f *Function) forgetOld(ctx context.Context, wait pace) {
	r := &f.retention
	if r.age == 0 {
		return
	}
	if now := f.now(); r.before.IsZero() && !now.Before(r.next) {
		r.before, r.next, r.done = now.Add(-r.age), now.Add(retentionPause), 0
	}
	if r.before.IsZero() {
		return
	}
	if err := f.forgetPart(ctx, wait); err != nil && !putOff(err) {
		f.log.Error("orders could not be forgotten by their age; the next sweep tries again", "err", err)
	}
	if r.before.IsZero() && r.done > 0 {
		f.log.Info("orders forgotten by their age", "orders", r.done)
	}
}

// forgetPart looks at the next orders of the walk. One that cannot be forgotten now is left to the next walk; where
// the part is put off, it begins anew.
func (f *Function) forgetPart(ctx context.Context, wait pace) error {
	orders, err := f.store()
	if err != nil {
		return err
	}
	if err := wait(ctx); err != nil {
		return err
	}
	var ids []string
	looked, last := 0, time.Time{}
	err = orders.Walk(ctx, time.Time{}, f.retention.before, func(o *order.Order) bool {
		if looked, last = looked+1, o.CreatedAt; o.ForgottenAt.IsZero() {
			ids = append(ids, o.ID)
		}
		return looked < retentionPart
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := wait(ctx); err != nil {
			return err
		}
		switch err := f.forget(ctx, orders, id, order.ByAge, false); {
		case err == nil:
			f.retention.done++
		case !conflicts(err):
			f.log.Error("an order could not be forgotten", "order", id, "err", err)
		}
	}
	f.retention.goOn(looked, last)
	return nil
}

// goOn moves the walk on by what was looked at, or ends it. Orders of the last millisecond may be left to look at,
// unless the part was of nothing else.
func (r *retention) goOn(looked int, last time.Time) {
	from := last.Add(time.Millisecond)
	switch {
	case looked < retentionPart:
		r.before = time.Time{}
	case from.Before(r.before):
		r.before = from
	default:
		r.before = last
	}
}
