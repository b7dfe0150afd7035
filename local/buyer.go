package main

import (
	"context"
	"errors"
	"time"

	"handler/function/internal/order"
	"handler/function/shared/runenv"
	"handler/function/shared/shop"
)

// buyer buys on a running laptop, and watches what becomes of it.
type buyer struct{ *shop.Shop }

func newBuyer(state string) (*buyer, error) {
	env, err := runenv.ReadRunning(state)
	if err != nil {
		return nil, err
	}
	s, err := shop.Open(env)
	if err != nil {
		return nil, err
	}
	return &buyer{s}, nil
}

// watch looks at the order until nothing is to be done about it for now, or the time is up.
func (b *buyer) watch(ctx context.Context, id string, seen func(*order.Order)) (*order.Order, error) {
	for {
		o, err := b.Store.Load(ctx, id)
		switch {
		case err == nil:
			seen(o)
			if !busy(o, time.Now()) {
				return o, nil
			}
		case !errors.Is(err, order.ErrNotFound):
			return nil, err
		}
		select {
		case <-ctx.Done():
			return o, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// busy reports whether something happens in an order soon: what is scheduled for later is not
// waited for.
func busy(o *order.Order, now time.Time) bool {
	if _, waits := o.Unplanned(); waits {
		return true
	}
	for _, d := range o.Emails {
		if !d.Final() && (d.State != order.Planned || d.NotBefore.Before(now.Add(time.Minute))) {
			return true
		}
	}
	return false
}
