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

// outcome is the result of an attempt, to be recorded.
type outcome struct {
	key, owner string
	result
	// free ends that this process has the e-mail in hand.
	free func()
	log  *slog.Logger
	// err is why the order did not take it.
	err error
}

// recording is what is to be recorded of attempts that are made at once.
type recording struct {
	orders Store
	// order is as the last write left it.
	order *order.Order
	// results gives the outcomes of the attempts that are under way.
	results  chan *outcome
	underWay int
	// pending are outcomes that are not recorded yet.
	pending []*outcome
}

// await waits for an outcome, if none is pending, and takes those that are there. It reports whether
// there is one to record.
func (r *recording) await() bool {
	if len(r.pending) == 0 && r.underWay > 0 {
		r.take(<-r.results)
	}
	for r.underWay > 0 {
		select {
		case out := <-r.results:
			r.take(out)
			continue
		default:
		}
		break
	}
	return len(r.pending) > 0
}

func (r *recording) take(out *outcome) {
	r.pending = append(r.pending, out)
	r.underWay--
}

// record writes the results of attempts, each as soon as it is there: those that end while a write
// is under way share the next one. Between SendGrid's 202 and this write lies the one window in
// which a process that dies leaves a mail sent and not known to be: SendGrid has no idempotency key
// to ask by, so the process that finds the lease expired sends again, and marks the delivery unsure.
// So a write that fails is tried again for as long as the process lives. Its error is errUnrecorded
// where that goes on without the caller.
func (f *Function) record(ctx context.Context, r *recording) (*order.Order, error) {
	ctx = context.WithoutCancel(ctx)
	var gone error
	for tries := 0; r.await(); {
		err := f.recordOnce(ctx, r)
		if !errors.Is(err, errUnrecorded) {
			tries, gone = 0, errors.Join(gone, err)
			continue
		}
		for _, out := range r.pending {
			out.log.Error("the result of an attempt could not be recorded", "accepted", out.accepted(), "err", err)
		}
		if tries++; tries == recordPatience {
			go f.keepRecording(ctx, r)
			return nil, errUnrecorded
		}
		time.Sleep(recordPause)
		r.orders = f.freshStore(r.orders)
	}
	return r.order, gone
}

func (f *Function) keepRecording(ctx context.Context, r *recording) {
	time.Sleep(recordPause)
	for r.await() {
		f.keepTrying(r.orders, func(orders Store) error {
			r.orders = orders
			r.await() // more may have ended meanwhile
			if err := f.recordOnce(ctx, r); errors.Is(err, errUnrecorded) {
				return err
			}
			return nil
		}, func(err error) {
			for _, out := range r.pending {
				out.log.Error("the result of an attempt is still not recorded", "accepted", out.accepted(), "err", err)
			}
		})
	}
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

// freshStore is the store as the connection string is now: it may have been rolled meanwhile.
func (f *Function) freshStore(orders Store) Store {
	if fresh, err := f.store(); err == nil {
		return fresh
	}
	return orders
}

// recordOnce tries to record the pending outcomes. Its error is errUnrecorded where another try may
// do better; otherwise none is pending any more.
func (f *Function) recordOnce(ctx context.Context, r *recording) error {
	o, err := r.orders.UpdateFrom(ctx, r.order, func(o *order.Order) error { return f.applyAll(o, r.pending) })
	if err != nil && !errors.Is(err, order.ErrNotFound) {
		return errors.Join(errUnrecorded, err)
	}
	for _, out := range r.pending {
		if err == nil {
			f.report(o, out)
		}
		out.free()
	}
	r.pending = nil
	if err == nil {
		r.order = o
	}
	return err // there is nothing left to record it in
}

// applyAll applies outcomes to their order.
func (f *Function) applyAll(o *order.Order, all []*outcome) error {
	unchanged := order.ErrUnchanged
	for _, out := range all {
		if out.err = f.apply(o, out); out.err == nil {
			unchanged = nil
		}
	}
	return unchanged
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
	if out.err != nil {
		out.log.Warn("the lease expired before the attempt ended; another process has the delivery", "err", out.err)
		return
	}
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
