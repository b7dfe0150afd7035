package function

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"handler/function/internal/catalogue"
	"handler/function/internal/mongodb"
	"handler/function/internal/order"
	"handler/function/internal/round"
)

const (
	// lease is how long a claim holds. It is longer than an attempt and all that is done to record
	// what came of it, so that a lease runs out only where a process died.
	lease = 2 * time.Minute
	// attemptTimeout ends one attempt.
	attemptTimeout = 15 * time.Second
)

// progress is how far an order's e-mails are.
type progress struct {
	ID      string              `json:"id"`
	Status  order.PaymentStatus `json:"payment_status"`
	Sent    int                 `json:"sent"`
	Waiting int                 `json:"waiting"`
	Failed  int                 `json:"failed"`
	// Bounced were sent, and did not arrive.
	Bounced int `json:"bounced,omitempty"`
	// Later are scheduled for a time that has not come.
	Later   int    `json:"later"`
	Ignored string `json:"ignored,omitempty"`

	nextDueAt *time.Time
	// givenUp: when the visit began, the items were unknown, and Stripe was no longer asked.
	givenUp bool
}

// noDeadline makes a visit process every due delivery.
var noDeadline = round.Forever

// send brings an order as far as it can be brought now: planned, and all that was due until then
// attempted once. What has just been planned was due as long as the order. What could not be done
// is written in the order for the sweep; an error means that not even that was possible, unless it
// says that the rest was put off.
func (f *Function) send(ctx context.Context, log *slog.Logger, id string, wait pace, until time.Time) (progress, error) {
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
	givenUp := !o.Fetch.FailedAt.IsZero()
	if _, waits := o.Unplanned(); waits {
		until = noDeadline
	}
	if o, err = f.noteSilent(ctx, log, orders, o); err != nil {
		return progress{}, err
	}
	if o, err = f.plan(ctx, log, orders, o, wait); err == nil || isMisconfigured(err) && mongodb.Fault(err) == nil {
		var left error
		o, left = f.deliverDue(ctx, log, orders, o, wait, until)
		err = cmp.Or(left, err)
	}
	if err != nil && !deferred(err) {
		return progress{}, err
	}
	f.alarm.set(o.NextDueAt)
	p := progressOf(o, f.now())
	p.givenUp = givenUp
	log.Info("order handled", "payment_status", p.Status, "sent", p.Sent, "waiting", p.Waiting, "failed", p.Failed, "later", p.Later, "put_off", err != nil, "duration", time.Since(began))
	return p, err
}

// sendAsked is send for an order that is asked for: Stripe's event was delivered again, or the
// owner has mended what was wrong. Items that were given up are fetched anew then.
func (f *Function) sendAsked(ctx context.Context, log *slog.Logger, id string) (progress, error) {
	p, err := f.send(ctx, log, id, f.unpaced, noDeadline)
	if err != nil || !p.givenUp {
		return p, err
	}
	orders, err := f.store()
	if err != nil {
		return p, err
	}
	_, err = orders.Update(ctx, id, func(o *order.Order) error {
		if !o.FetchAnew(f.now()) {
			return order.ErrUnchanged
		}
		return nil
	})
	if err != nil {
		return p, err
	}
	return f.send(ctx, log, id, f.unpaced, noDeadline)
}

// deliverDue attempts all that was due until then, each once: a failure may add to it. One whose
// channel is not configured does not stop those of the other channel, whenever they were due: that
// is its error in the end.
func (f *Function) deliverDue(ctx context.Context, log *slog.Logger, orders Store, o *order.Order, wait pace, until time.Time) (*order.Order, error) {
	var left error
	tried := map[string]bool{}
	for key := f.nextDue(o, tried, until); key != ""; key = f.nextDue(o, tried, until) {
		tried[key] = true
		after, err := f.deliver(ctx, log, orders, o, key, wait)
		switch {
		case errors.As(err, new(notReady)):
			left, until = err, noDeadline
		case err != nil:
			return o, err
		default:
			o = after
		}
	}
	return o, left
}

// nextDue is a delivery that was due until then and was not tried in this visit.
func (f *Function) nextDue(o *order.Order, tried map[string]bool, until time.Time) string {
	for _, key := range o.Due(f.now()) {
		if !tried[key] && !o.Emails[key].DueAt.After(until) {
			return key
		}
	}
	return ""
}

// plan makes all plans that the order waits for, one after the other.
func (f *Function) plan(ctx context.Context, log *slog.Logger, orders Store, o *order.Order, wait pace) (*order.Order, error) {
	for {
		reason, can := o.Plannable(f.now())
		if !can {
			return o, nil
		}
		var err error
		if o, err = f.planFor(ctx, log, orders, o, reason, wait); err != nil {
			return o, err
		}
	}
}

// planFor freezes what the order owes for a reason.
func (f *Function) planFor(ctx context.Context, log *slog.Logger, orders Store, o *order.Order, reason order.Reason, wait pace) (*order.Order, error) {
	items := o.Items
	fetch := f.catalogue.NeedsItems(reason)
	if fetch && o.Fetch.DoneAt.IsZero() {
		if err := wait(ctx); err != nil {
			return o, err
		}
		var err error
		items, err = f.items.fetch(ctx, o.ID, o.Account)
		if f.observeFetch(err); err != nil {
			return f.fetchFailed(ctx, log, orders, o, reason, err)
		}
	}
	made := false
	planned, err := orders.UpdateFrom(ctx, o, func(o *order.Order) error {
		if made = o.Awaits(reason); !made {
			return order.ErrUnchanged
		}
		if fetch {
			o.SetItems(items, f.now())
		}
		f.catalogue.Plan(o, reason, f.now())
		return nil
	})
	if err == nil {
		log.Info("order planned", "plan", reason, "emails", len(planned.Emails), "ignored", planned.Ignored)
	}
	if err == nil && made {
		logUnnotified(log, f.catalogue, planned, reason)
	}
	return planned, err
}

// logUnnotified logs a refund or a dispute for which the catalogue has no notice.
func logUnnotified(log *slog.Logger, c *catalogue.Catalogue, o *order.Order, reason order.Reason) {
	if event, unnotified := c.Unnotified(o, reason); unnotified {
		log.Warn("no notice is sent: the catalogue has no template for it", "event", event, "event_type", o.Events[event].Type)
	}
}

// fetchFailed puts a plan off: without the items it is unknown which e-mails are owed.
func (f *Function) fetchFailed(ctx context.Context, log *slog.Logger, orders Store, o *order.Order, reason order.Reason, cause error) (*order.Order, error) {
	if isMisconfigured(cause) {
		return o, cause
	}
	after, err := orders.Update(context.WithoutCancel(ctx), o.ID, func(o *order.Order) error {
		if !o.Awaits(reason) || !o.Fetch.DoneAt.IsZero() {
			return order.ErrUnchanged // another process has them by now
		}
		now := f.now()
		pause := order.Backoff(o.Fetch.Attempts+1, 0, f.random())
		if refusesKey(cause) {
			o.FetchRefused(cause.Error(), now.Add(pause), now)
		} else {
			o.FetchFailed(cause.Error(), now.Add(pause), now)
		}
		if now.Sub(o.Fetch.Since) >= itemsOverdue || permanent(cause) {
			f.catalogue.OweNotice(o, catalogue.ItemsMissing, "", now)
		}
		if !o.Fetch.FailedAt.IsZero() {
			f.catalogue.OweNotice(o, catalogue.ItemsGivenUp, strconv.Itoa(o.Fetch.GivenUp), now)
		}
		return nil
	})
	if err != nil {
		return o, err
	}
	log = log.With("attempt", after.Fetch.Attempts, "err", cause)
	if after.Fetch.FailedAt.IsZero() {
		log.Warn("the line items could not be fetched; another attempt follows", "due_at", after.Fetch.NotBefore)
	} else {
		log.Error("the line items could not be fetched, and are not tried again; the admins are notified")
	}
	return after, nil
}

// deliver attempts one delivery, unless another process does.
func (f *Function) deliver(ctx context.Context, log *slog.Logger, orders Store, o *order.Order, key string, wait pace) (_ *order.Order, err error) {
	if err := f.ready(o.Emails[key]); err != nil {
		return o, notReady{err} // before the claim: a missing key is no attempt
	}
	// A lease that runs out while this process still tries to record what came of it is no lease to
	// take.
	id, name := o.ID, o.ID+"/"+key
	free, ok := f.work.take(name)
	if !ok {
		return o, nil
	}
	defer func() {
		if !errors.Is(err, errUnrecorded) {
			free()
		}
	}()
	if err := wait(ctx); err != nil {
		return o, err
	}
	log = log.With("delivery", key)
	owner, due := rand.Text(), o.Emails[key].DueAt
	o, claimed, err := f.claim(ctx, log, orders, o, key, owner)
	if err != nil && !errors.Is(err, order.ErrNotFound) && !errors.Is(err, order.ErrNoDelivery) {
		go f.giveBack(context.WithoutCancel(ctx), log, orders, id, key, owner, due, free)
		return o, errors.Join(errUnrecorded, err)
	}
	if err != nil || !claimed {
		return o, err
	}
	d := o.Emails[key]
	log = log.With("attempt", d.Attempts)
	if d.Unsure {
		log.Warn("an earlier attempt ended without an answer; this may be a second copy")
	}
	res, took := f.attempt(ctx, o, d)
	return f.record(ctx, orders, &outcome{
		order: o, key: key, owner: owner, result: res, free: free,
		log: log.With("status", res.Status, "duration", took),
	})
}

// claim takes a delivery, unless another process has it, or it is hopeless and ends here.
func (f *Function) claim(ctx context.Context, log *slog.Logger, orders Store, o *order.Order, key, owner string) (_ *order.Order, claimed bool, err error) {
	proven, hopeless, stopped, replaced := false, false, false, false
	o, err = orders.UpdateFrom(ctx, o, func(o *order.Order) error {
		now := f.now()
		if proven = o.Prove(key, now); proven {
			return nil
		}
		if d := o.Emails[key]; d.State == order.Sending && !d.DueAt.After(now) && !f.database.steady(now) {
			return order.ErrNotDue // the process that has it may be about to record what came of it
		}
		if stopped = o.Stop(key, now); stopped {
			return nil
		}
		if hopeless = o.Hopeless(key, now); hopeless {
			o.Abandon(key, "its processes died, again and again", f.catalogue.FailureNotices(o, o.Emails[key], now), now)
			return nil
		}
		if replaced = o.Redirect(key, now); replaced {
			return nil
		}
		return o.Claim(key, owner, lease, now)
	})
	if hopeless {
		log.Error("e-mail given up, since its processes died again and again; a copy may have been sent")
	}
	switch {
	case errors.Is(err, order.ErrNotDue):
		return o, false, nil // another process has it, or it is done
	case err != nil:
		return o, false, err
	case stopped:
		log.Warn("an e-mail is cancelled since the money went back; its last attempt ended without an answer")
		return o, false, nil
	case replaced:
		log.Warn("an e-mail is replaced by a copy to the corrected address; its last attempt ended without an answer")
		return o, false, nil
	case proven:
		log.Info("e-mail known to be sent by SendGrid's events", "message_id", o.Emails[key].MessageID, "unsure", o.Emails[key].Unsure)
		return o, false, nil
	}
	return o, !hopeless, nil
}

// attempt hands a delivery to its channel. One that is cut short has an unknown outcome, so it has
// its own time and not what is left of the call's.
func (f *Function) attempt(ctx context.Context, o *order.Order, d order.Delivery) (result, time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), attemptTimeout)
	defer cancel()
	began := time.Now()
	if d.Audience == order.Alert {
		return f.sendAlert(ctx, o, d), time.Since(began)
	}
	res := f.mail.send(ctx, f.catalogue.Message(o, d))
	f.observeAttempt(res)
	return res, time.Since(began)
}

func progressOf(o *order.Order, now time.Time) progress {
	p := progress{ID: o.ID, Status: o.PaymentStatus, Ignored: o.Ignored, nextDueAt: o.NextDueAt}
	for _, d := range o.Mails() {
		switch {
		case d.State == order.Sent && d.Bounced():
			p.Bounced++
		case d.State == order.Sent:
			p.Sent++
		case d.State == order.Failed:
			p.Failed++
		case d.Later(now):
			p.Later++
		case !d.Final():
			p.Waiting++
		}
	}
	return p
}
