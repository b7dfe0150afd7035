package function

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"handler/function/internal/order"
)

const (
	// recordPause is between two tries to record what came of an attempt. It is well below
	// steadyAfter, so that after an outage of the database this write comes before another process
	// takes the lease over.
	recordPause = 2 * time.Second
	// recordPatience is how many tries the caller waits for: a process that cannot record what came
	// of one mail may still send others.
	recordPatience = 4
	// tellEvery is after how many tries more it is said again that one is not recorded.
	tellEvery = 30
)

// errUnrecorded: what came of an attempt is not recorded yet, and this process goes on trying.
var errUnrecorded = errors.New("the result of an attempt could not be recorded yet")

// outcome is what came of an attempt, to be recorded.
type outcome struct {
	// order is as the claim has left it.
	order      *order.Order
	key, owner string
	result
	// free lets the delivery go, where the caller could not wait until it was recorded.
	free func()
	log  *slog.Logger
}

// record writes what came of an attempt. Between SendGrid's 202 and this write lies the one window
// in which a process that dies leaves a mail sent and not known to be: SendGrid has no idempotency
// key to ask by, so the process that finds the lease expired sends again, and marks the delivery
// unsure. So a write that fails is tried again for as long as the process lives. Its error is
// errUnrecorded where that goes on without the caller.
func (f *Function) record(ctx context.Context, orders Store, out *outcome) (*order.Order, error) {
	ctx = context.WithoutCancel(ctx)
	for range recordPatience {
		o, err := f.recordOnce(ctx, orders, out)
		if !errors.Is(err, errUnrecorded) {
			return o, err
		}
		out.log.Error("the result of an attempt could not be recorded", "accepted", out.accepted(), "err", err)
		time.Sleep(recordPause)
		orders = f.freshStore(orders)
	}
	go f.keepRecording(ctx, orders, out)
	return nil, errUnrecorded
}

func (f *Function) keepRecording(ctx context.Context, orders Store, out *outcome) {
	defer out.free()
	f.keepTrying(orders, func(orders Store) error {
		if _, err := f.recordOnce(ctx, orders, out); errors.Is(err, errUnrecorded) {
			return err
		}
		return nil
	}, func(err error) {
		out.log.Error("the result of an attempt is still not recorded", "accepted", out.accepted(), "err", err)
	})
}

// keepTrying tries until it is done, for as long as the process lives. Every now and then tell is
// told why it is not.
func (f *Function) keepTrying(orders Store, try func(Store) error, tell func(error)) {
	for n := 0; ; n++ {
		err := try(orders)
		if err == nil {
			return
		}
		if n%tellEvery == 0 {
			tell(err)
		}
		time.Sleep(recordPause)
		orders = f.freshStore(orders)
	}
}

// giveBack undoes a claim of which the database did not say that it was made, and may have made it:
// nothing was attempted under it, so it is no lease that ran out without a word, and it is due as
// it was.
func (f *Function) giveBack(ctx context.Context, log *slog.Logger, orders Store, id, key, owner string, due time.Time, free func()) {
	defer free()
	f.keepTrying(orders, func(orders Store) error {
		_, err := orders.Update(ctx, id, func(o *order.Order) error {
			if d := o.Emails[key]; d.State != order.Sending || d.Lease != owner {
				return order.ErrUnchanged
			}
			return o.MarkRetry(key, owner, order.Setback{Reason: "the database did not confirm the claim"}, due, f.now())
		})
		if errors.Is(err, order.ErrNotFound) {
			return nil
		}
		return err
	}, func(err error) { log.Warn("a claim could not be given back; it is tried again", "err", err) })
}

// freshStore is the store as the connection string is now: it may have been rolled meanwhile.
func (f *Function) freshStore(orders Store) Store {
	if fresh, err := f.store(); err == nil {
		return fresh
	}
	return orders
}

// recordOnce tries to record an outcome. Its error is errUnrecorded where another try may do
// better.
func (f *Function) recordOnce(ctx context.Context, orders Store, out *outcome) (*order.Order, error) {
	o, err := orders.UpdateFrom(ctx, out.order, func(o *order.Order) error { return f.apply(o, out) })
	switch {
	case err == nil:
		f.report(o, out)
		return o, nil
	case errors.Is(err, order.ErrLeaseLost):
		out.log.Warn("the lease expired before the attempt ended; another process has the delivery", "err", err)
		return o, nil
	case errors.Is(err, order.ErrNotFound), errors.Is(err, order.ErrNoDelivery):
		return nil, err // there is nothing left to record it in
	}
	return nil, errors.Join(errUnrecorded, err)
}

// apply applies an outcome to its order.
func (f *Function) apply(o *order.Order, out *outcome) error {
	now := f.now()
	if out.accepted() {
		err := o.MarkSent(out.key, out.owner, out.MessageID, out.Status, now)
		if err == nil && f.usesEvents() {
			o.AwaitEvent(out.key, now)
		}
		return err
	}
	d := o.Emails[out.key]
	if out.Permanent || !out.Uncounted && order.Exhausted(d.FirstTriedAt, now) {
		return o.MarkFailed(out.key, out.owner, out.Setback, f.catalogue.FailureNotices(o, d, now), now)
	}
	pause := order.Backoff(d.Attempts, out.RetryAfter, f.random())
	if out.Condition != "" && out.Status == http.StatusUnauthorized {
		pause = probeEvery // that long there is no attempt anyway
	}
	return o.MarkRetry(out.key, out.owner, out.Setback, now.Add(pause), now)
}

// report says in the log what became of a delivery.
func (f *Function) report(o *order.Order, out *outcome) {
	d := o.Emails[out.key]
	if d.Audience == order.Alert {
		reportAlert(d, out)
		return
	}
	switch d.State {
	case order.Sent:
		out.log.Info("e-mail sent", "message_id", d.MessageID, "unsure", d.Unsure)
	case order.Failed:
		out.log.Error("e-mail failed for good; the admins are notified unless this was their notice", "err", out.Reason)
	case order.Cancelled:
		out.log.Warn("e-mail not sent, and cancelled meanwhile", "why", d.LastError, "err", out.Reason)
	default:
		out.log.Warn("e-mail not sent; another attempt follows", "due_at", d.DueAt, "err", out.Reason)
	}
}
