package chaos

import (
	"context"
	"errors"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/plural"
)

// settleTimeout is how long the orders may take when nothing goes wrong any more. A lease of who
// died takes two minutes.
const settleTimeout = 8 * time.Minute

// rest waits until no order is due, and then plays the last purchase: the queue keeps its order, so
// when this one is done, the queue has brought all that it still held, and whatever came of that
// has come.
func (r *run) rest(ctx context.Context) error {
	if r.Expire {
		if err := r.expire(ctx); err != nil {
			return err
		}
	}
	if err := r.settle(ctx, r.sales[:len(r.sales)-1]); err != nil {
		return err
	}
	last := r.sales[len(r.sales)-1:]
	for i := range last[0].posts {
		last[0].posts[i].at = 0
	}
	playing, cancel := context.WithTimeout(ctx, acknowledgeTimeout)
	defer cancel()
	if err := r.sender.play(playing, last); err != nil && ctx.Err() != nil {
		return err
	}
	return r.settle(ctx, last)
}

// expire ends the leases of processes that died: whatever was claimed before the last kill of
// send-email. The orders say then what they say two minutes later.
func (r *run) expire(ctx context.Context) error {
	killed := r.maker.deaths(sendEmail)
	if len(killed) == 0 {
		return nil
	}
	r.expired = time.Now()
	for _, s := range r.sales {
		_, err := r.shop.Store.Update(ctx, s.session(), func(o *order.Order) error {
			return endLeases(o, killed[len(killed)-1], time.Now())
		})
		if err != nil && !errors.Is(err, order.ErrNotFound) {
			return err
		}
	}
	return nil
}

// endLeases makes due now what was claimed before a time and is still being sent.
func endLeases(o *order.Order, before, now time.Time) error {
	changed := order.ErrUnchanged
	for key, d := range o.Emails {
		if d.State == order.Sending && d.LastTriedAt.Before(before) {
			d.DueAt = now
			o.Emails[key] = d
			o.NextDueAt = &now
			changed = nil
		}
	}
	return changed
}

// Busy reports whether something is due in an order within the hour: nothing that only waits for an
// event of SendGrid's, or for a payment.
func Busy(o *order.Order) bool {
	return o.NextDueAt != nil && time.Until(*o.NextDueAt) < time.Hour
}

// settle waits until nothing is due in the orders of some sales, or the time is up; the verdict
// says then what is due still.
func (r *run) settle(ctx context.Context, sales []sale) error {
	due := map[string]bool{}
	for _, s := range sales {
		due[s.session()] = true
	}
	end, spoken := time.Now().Add(settleTimeout), time.Now()
	for {
		for id := range due {
			if o, err := r.shop.Store.Load(ctx, id); err == nil && !Busy(o) {
				delete(due, id)
			}
		}
		if len(due) == 0 || time.Now().After(end) {
			return ctx.Err()
		}
		if time.Since(spoken) >= tellEvery {
			spoken = time.Now()
			r.Say("%8s  nothing goes wrong any more; still due: %s", r.maker.clock(spoken), plural.Of(len(due), "order"))
		}
		if !sleep(ctx, time.Second) {
			return ctx.Err()
		}
	}
}

// evidence reads the orders and the inbox as they are now.
func (r *run) evidence(ctx context.Context) (evidence, error) {
	e := evidence{
		sold: r.sender.sold(r.sales), orders: map[string]*order.Order{},
		deaths: r.maker.deaths(sendEmail), broken: r.faults.broken, expired: r.expired, alone: r.Alone,
	}
	for _, s := range e.sold {
		o, err := r.shop.Store.Load(ctx, s.session)
		switch {
		case err == nil:
			e.orders[s.session] = o
		case !errors.Is(err, order.ErrNotFound):
			return e, err
		}
	}
	var err error
	e.mails, err = r.shop.Inbox(ctx)
	return e, err
}
