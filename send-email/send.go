package function

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	mathrand "math/rand/v2"
	"time"

	"handler/function/internal/mongodb"
	"handler/function/internal/order"
)

const (
	// lease is how long a claim holds. It is longer than an attempt and all that is done to record
	// what came of it, so that a lease runs out only where a process died.
	lease = 2 * time.Minute
	// attemptTimeout ends one attempt.
	attemptTimeout = 15 * time.Second
	// recordPause is between two tries to record what came of an attempt.
	recordPause = time.Second
)

// progress is how far an order's e-mails are.
type progress struct {
	ID      string              `json:"id"`
	Status  order.PaymentStatus `json:"payment_status"`
	Sent    int                 `json:"sent"`
	Waiting int                 `json:"waiting"`
	Failed  int                 `json:"failed"`
	Ignored string              `json:"ignored,omitempty"`
}

// send brings an order as far as it can be brought now: planned, and all that is due attempted once.
// What could not be done is written in the order for the sweep; an error means that not even that was
// possible.
func (f *function) send(ctx context.Context, log *slog.Logger, id string) (progress, error) {
	began := time.Now()
	log = log.With("order", id)
	orders, err := f.store()
	if err != nil {
		return progress{}, err
	}
	o, err := orders.Load(ctx, id)
	if err != nil {
		return progress{}, err
	}
	if o, err = f.plan(ctx, log, orders, o); err != nil {
		return progress{}, err
	}
	tried := map[string]bool{}
	for key := f.nextDue(o, tried); key != ""; key = f.nextDue(o, tried) {
		if !timeLeft(ctx) {
			log.Warn("no time left in this call; the sweep goes on")
			break
		}
		tried[key] = true
		if o, err = f.deliver(ctx, log, orders, o, key); err != nil {
			return progress{}, err
		}
	}
	f.alarm.set(o.NextDueAt)
	p := progressOf(o)
	log.Info("order handled", "payment_status", p.Status, "sent", p.Sent, "waiting", p.Waiting, "failed", p.Failed, "duration", time.Since(began))
	return p, nil
}

// nextDue is a delivery that is due and was not tried in this call; failures add to what is due.
func (f *function) nextDue(o *order.Order, tried map[string]bool) string {
	for _, key := range o.Due(f.now()) {
		if !tried[key] {
			return key
		}
	}
	return ""
}

// timeLeft reports whether the call's budget allows another attempt.
func timeLeft(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) >= attemptTimeout
}

// plan freezes what the order owes, if it waits for that.
func (f *function) plan(ctx context.Context, log *slog.Logger, orders store, o *order.Order) (*order.Order, error) {
	reason, waits := o.Unplanned()
	if !waits || o.Fetch.NotBefore.After(f.now()) {
		return o, nil
	}
	items := o.Items
	fetch := f.catalogue.needsItems(reason)
	if fetch && o.Fetch.DoneAt.IsZero() {
		var err error
		if items, err = f.items.fetch(ctx, o.ID, o.Account); err != nil {
			return f.fetchFailed(ctx, log, orders, o, err)
		}
	}
	planned, err := orders.Update(ctx, o.ID, func(o *order.Order) error {
		if r, waits := o.Unplanned(); !waits || r != reason {
			return mongodb.ErrUnchanged
		}
		if fetch {
			o.SetItems(items, f.now())
		}
		f.catalogue.plan(o, reason, f.now())
		return nil
	})
	if err == nil {
		log.Info("order planned", "plan", reason, "emails", len(planned.Emails), "ignored", planned.Ignored)
	}
	return planned, err
}

// fetchFailed puts the plan off: without the items nobody knows which e-mails are owed.
func (f *function) fetchFailed(ctx context.Context, log *slog.Logger, orders store, o *order.Order, cause error) (*order.Order, error) {
	if isMisconfigured(cause) {
		return o, cause
	}
	log.Warn("the line items could not be fetched; another attempt follows", "attempt", o.Fetch.Attempts+1, "err", cause)
	return orders.Update(context.WithoutCancel(ctx), o.ID, func(o *order.Order) error {
		if _, waits := o.Unplanned(); !waits || !o.Fetch.DoneAt.IsZero() {
			return mongodb.ErrUnchanged // somebody else has them by now
		}
		now := f.now()
		pause := order.Backoff(o.Fetch.Attempts+1, 0, mathrand.Float64())
		o.FetchFailed(cause.Error(), now.Add(pause), now)
		if now.Sub(o.Fetch.Since) >= itemsOverdue || permanent(cause) {
			f.catalogue.oweNotice(o, noticeItemsMissing, "", now)
		}
		return nil
	})
}

// deliver attempts one delivery, if nobody else does.
func (f *function) deliver(ctx context.Context, log *slog.Logger, orders store, o *order.Order, key string) (*order.Order, error) {
	id := o.ID
	// A lease that runs out while this process still tries to record what came of it is no lease to take.
	if _, busy := f.inHand.LoadOrStore(id+"/"+key, true); busy {
		return o, nil
	}
	defer f.inHand.Delete(id + "/" + key)
	if err := f.mail.ready(); err != nil {
		return nil, err // before the claim: a missing key is no attempt
	}
	owner := rand.Text()
	o, err := orders.Update(ctx, id, func(o *order.Order) error {
		return o.Claim(key, owner, lease, f.now())
	})
	if errors.Is(err, order.ErrNotDue) {
		return o, nil // somebody else is at it, or has done it
	}
	if err != nil {
		return nil, err
	}
	d := o.Emails[key]
	log = log.With("delivery", key, "attempt", d.Attempts)
	if d.Unsure {
		log.Warn("an earlier attempt ended without an answer; this may be a second copy")
	}
	// An attempt that is cut short leaves nobody sure: it has its own time, and not what is left of the call's.
	attempt, cancel := context.WithTimeout(context.WithoutCancel(ctx), attemptTimeout)
	defer cancel()
	began := time.Now()
	res := f.mail.send(attempt, f.catalogue.message(o, d))
	log = log.With("status", res.Status, "duration", time.Since(began))
	return f.record(ctx, log, orders, id, key, owner, res)
}

// record writes what came of an attempt. Between SendGrid's 202 and this write lies the one window in
// which a process that dies leaves a mail sent and not known to be: SendGrid has no idempotency key to
// ask by, so whoever finds the lease run out sends again, and marks the delivery unsure. So a write
// that fails is tried again for as long as the process lives: while the database is away nobody else
// can claim the delivery, and when it is back this one comes before their next sweep.
func (f *function) record(ctx context.Context, log *slog.Logger, orders store, id, key, owner string, res result) (*order.Order, error) {
	ctx = context.WithoutCancel(ctx)
	for {
		o, err := orders.Update(ctx, id, func(o *order.Order) error {
			return f.outcome(o, key, owner, res)
		})
		switch {
		case err == nil:
			f.report(log, o, key, res)
			return o, nil
		case errors.Is(err, order.ErrLeaseLost):
			log.Warn("the lease ran out before the attempt ended; somebody else has the delivery", "err", err)
			return o, nil
		case errors.Is(err, order.ErrNotFound), errors.Is(err, order.ErrNoDelivery):
			return nil, err // there is nothing left to record it in
		}
		log.Error("what came of an attempt could not be recorded", "accepted", res.accepted(), "err", err)
		time.Sleep(recordPause)
		if fresh, err := f.store(); err == nil {
			orders = fresh // the connection string may have been rolled meanwhile
		}
	}
}

// outcome applies what came of an attempt to the order.
func (f *function) outcome(o *order.Order, key, owner string, res result) error {
	now := f.now()
	if res.accepted() {
		return o.MarkSent(key, owner, res.MessageID, res.Status, now)
	}
	d := o.Emails[key]
	if res.Permanent || order.Exhausted(d.FirstTriedAt, now) {
		return o.MarkFailed(key, owner, res.Setback, f.catalogue.failureNotices(d, now), now)
	}
	pause := order.Backoff(d.Attempts, res.RetryAfter, mathrand.Float64())
	return o.MarkRetry(key, owner, res.Setback, now.Add(pause), now)
}

// report says in the log what became of a delivery.
func (f *function) report(log *slog.Logger, o *order.Order, key string, res result) {
	switch d := o.Emails[key]; d.State {
	case order.Sent:
		log.Info("e-mail sent", "message_id", d.MessageID, "unsure", d.Unsure)
	case order.Failed:
		log.Error("e-mail failed for good; the admins are told if this was not their notice", "err", res.Reason)
	default:
		log.Warn("e-mail not sent; another attempt follows", "due_at", d.DueAt, "err", res.Reason)
	}
}

func progressOf(o *order.Order) progress {
	p := progress{ID: o.ID, Status: o.PaymentStatus, Ignored: o.Ignored}
	for _, d := range o.Emails {
		switch d.State {
		case order.Sent:
			p.Sent++
		case order.Failed:
			p.Failed++
		default:
			p.Waiting++
		}
	}
	return p
}
