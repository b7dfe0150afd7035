package function

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"handler/function/internal/mongodb"
	"handler/function/internal/order"
	"handler/function/internal/round"
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

// visit is the work on one order.
type visit struct {
	log    *slog.Logger
	orders Store
	order  *order.Order
	pace   pace
	// until is up to which time the order's e-mails are to have been due.
	until time.Time
	// tried are the e-mails that were attempted: a failure may add to what is due, and each is
	// attempted once.
	tried map[string]bool
	// left is why a part of the order was not done, where that stops nothing else of it.
	left error
}

// send brings an order as far as it can be brought now: planned, and all that was due until then
// attempted once. What has just been planned was due as long as the order. What could not be done
// is written in the order for the sweep; an error means that not even that was possible, unless it
// says that the rest was put off.
func (f *Function) send(ctx context.Context, log *slog.Logger, id string, p pace, until time.Time) (progress, error) {
	began := time.Now()
	v := &visit{log: log.With("order", id), pace: p, until: until, tried: map[string]bool{}}
	var err error
	if v.orders, err = f.store(); err != nil {
		return progress{}, err
	}
	if v.order, err = v.orders.Load(ctx, id); err != nil {
		return progress{}, err
	}
	givenUp := !v.order.Fetch.FailedAt.IsZero()
	if _, waits := v.order.Unplanned(); waits {
		v.until = noDeadline
	}
	if v.order, err = f.noteSilent(ctx, v.log, v.orders, v.order); err != nil {
		return progress{}, err
	}
	if err = f.advance(ctx, v); err != nil && !deferred(err) {
		return progress{}, err
	}
	f.alarm.set(v.order.NextDueAt)
	done := progressOf(v.order, f.now())
	done.givenUp = givenUp
	v.log.Info("order handled", "payment_status", done.Status, "sent", done.Sent, "waiting", done.Waiting, "failed", done.Failed, "later", done.Later, "put_off", err != nil, "duration", time.Since(began))
	return done, err
}

// sendAsked is send for an order that is asked for: Stripe's event was delivered again, or the
// owner has mended what was wrong. Items that were given up are fetched anew then.
func (f *Function) sendAsked(ctx context.Context, log *slog.Logger, id string) (progress, error) {
	p, err := f.send(ctx, log, id, f.unpaced(), noDeadline)
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
	return f.send(ctx, log, id, f.unpaced(), noDeadline)
}

// advance makes the plans that the order waits for, and attempts what is due. What is not configured
// stops nothing else: that is its error in the end.
func (f *Function) advance(ctx context.Context, v *visit) error {
	for more := true; more; {
		p, err := f.nextPlan(ctx, v)
		if isMisconfigured(err) && mongodb.Fault(err) == nil {
			v.left, err = err, nil
		}
		if err == nil {
			more, err = f.step(ctx, v, p)
		}
		if err != nil {
			return err
		}
	}
	return v.left
}

// step makes a plan, if there is one, claims what is due after it in the same write, and attempts
// that: an ordinary sale takes one write before its e-mails. It reports whether there may be more.
func (f *Function) step(ctx context.Context, v *visit, p *plan) (more bool, err error) {
	c, later := f.gather(ctx, v, p)
	if p == nil && len(c.keys) == 0 {
		return false, later
	}
	claimed, err := f.claim(ctx, v, p, c)
	if err != nil {
		return false, err
	}
	return true, errors.Join(f.attemptAll(ctx, v, c, claimed), later)
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

// claims are what a visit attempts at once: e-mails that one write claims.
type claims struct {
	// owner holds the leases of all.
	owner string
	keys  []string
	// due is when each was due, so that its claim can be given back, and begin when its attempt may.
	due, begin map[string]time.Time
	// free ends that this process has it in hand.
	free map[string]func()
}

// gather chooses what is to be attempted next of an order, once the plan is made. Beside what it
// has chosen, it gives the reason why it chose no more, if it is other than that nothing is due.
func (f *Function) gather(ctx context.Context, v *visit, p *plan) (*claims, error) {
	c := &claims{owner: rand.Text(), due: map[string]time.Time{}, begin: map[string]time.Time{}, free: map[string]func(){}}
	now := f.now()
	o := v.order.Clone()
	f.make(p, o, now)
	for _, key := range o.Due(now) {
		if v.tried[key] || o.Emails[key].DueAt.After(v.until) {
			continue
		}
		end, err := f.ready(o.Emails[key])
		if err != nil { // before the claim: a missing key is no attempt
			v.tried[key], v.left, v.until = true, err, noDeadline // this order is not visited again soon
			continue
		}
		// A lease that expires while this process still tries to record the result is no lease to
		// take.
		free, ok := f.work.take(o.ID + "/" + key)
		if !ok {
			end()
			v.tried[key] = true
			continue
		}
		in, more, err := permit(ctx, v, c)
		if !more {
			free()
			end()
			return c, err
		}
		v.tried[key] = true
		c.keys = append(c.keys, key)
		c.due[key], c.begin[key], c.free[key] = o.Emails[key].DueAt, time.Now().Add(in), func() { free(); end() }
	}
	return c, nil
}

// permit waits until an attempt may be made or, beside others, gives in how long. It reports whether
// one may.
func permit(ctx context.Context, v *visit, c *claims) (in time.Duration, may bool, err error) {
	switch {
	case len(c.keys) == maxAtOnce:
		return 0, false, nil
	case len(c.keys) > 0:
		in, may = v.pace.next()
		return in, may, nil
	}
	err = v.pace.wait(ctx)
	return 0, err == nil, err
}

// fate is what a claim made of an e-mail.
type fate int

const (
	// kept: another process has it, or it is done.
	kept fate = iota
	claimed
	proven
	hopeless
	stopped
	replaced
)

// claim makes a plan, if there is one, and claims what was gathered, in one write. It gives the keys that
// are claimed; the others have their ends in the log.
func (f *Function) claim(ctx context.Context, v *visit, p *plan, c *claims) ([]string, error) {
	var made bool
	var fates map[string]fate
	after, err := v.orders.UpdateFrom(ctx, v.order, func(o *order.Order) error {
		now := f.now()
		made, fates = f.make(p, o, now), map[string]fate{}
		changed := made
		for _, key := range c.keys {
			fates[key] = f.claimOne(o, key, c.owner, now)
			changed = changed || fates[key] != kept
		}
		if !changed {
			return order.ErrUnchanged
		}
		return nil
	})
	if errors.Is(err, order.ErrNotFound) || mongodb.Fault(err) != nil { // it was not written
		c.freeAll()
		return nil, err
	}
	if err != nil {
		go f.giveBack(context.WithoutCancel(ctx), v.log, v.orders, v.order.ID, c)
		return nil, err
	}
	v.order = after
	if made {
		v.log.Info("order planned", "plan", p.reason, "emails", len(after.Emails), "ignored", after.Ignored)
		logUnnotified(v.log, f.catalogue, after, p.reason)
	}
	return c.claimed(v, fates), nil
}

// claimOne takes an e-mail, unless another process has it, or it ends here.
func (f *Function) claimOne(o *order.Order, key, owner string, now time.Time) fate {
	if o.Prove(key, now) {
		return proven
	}
	if d := o.Emails[key]; d.State == order.Sending && !d.DueAt.After(now) && !f.database.steady(now) {
		return kept // the process that has it may be about to record the result
	}
	if o.Stop(key, now) {
		return stopped
	}
	if o.Hopeless(key, now) {
		o.Abandon(key, "its processes died, again and again", f.catalogue.FailureNotices(o, o.Emails[key], now), now)
		return hopeless
	}
	if o.Redirect(key, now) {
		return replaced
	}
	if o.Claim(key, owner, lease, now) != nil {
		return kept
	}
	return claimed
}

// claimed are the keys that were claimed; the others are let go.
func (c *claims) claimed(v *visit, fates map[string]fate) []string {
	var keys []string
	for _, key := range c.keys {
		if fates[key] == claimed {
			keys = append(keys, key)
			continue
		}
		c.free[key]()
		logEnd(v.log.With("delivery", key), fates[key], v.order.Emails[key])
	}
	return keys
}

func (c *claims) freeAll() {
	for _, free := range c.free {
		free()
	}
}

// logEnd logs what became of an e-mail that was due and not claimed.
func logEnd(log *slog.Logger, end fate, d order.Delivery) {
	switch end {
	case hopeless:
		log.Error("e-mail given up, since its processes died again and again; a copy may have been sent")
	case stopped:
		log.Warn("an e-mail is cancelled since the money went back; its last attempt ended without an answer")
	case replaced:
		log.Warn("an e-mail is replaced by a copy to the corrected address; its last attempt ended without an answer")
	case proven:
		log.Info("e-mail known to be sent by SendGrid's events", "message_id", d.MessageID, "unsure", d.Unsure)
	}
}

// giveBack undoes claims of which the database did not say that they were made, and may have made
// them: nothing was attempted under them, so their leases do not expire, and the e-mails are due as
// they were.
func (f *Function) giveBack(ctx context.Context, log *slog.Logger, orders Store, id string, c *claims) {
	defer c.freeAll()
	time.Sleep(recordPause) // the database has just failed
	f.keepTrying(orders, func(orders Store) error {
		_, err := orders.Update(ctx, id, func(o *order.Order) error { return f.giveBackAll(o, c) })
		if errors.Is(err, order.ErrNotFound) {
			return nil
		}
		return err
	}, func(err error) { log.Warn("a claim could not be given back; it is tried again", "err", err) })
}

func (f *Function) giveBackAll(o *order.Order, c *claims) error {
	changed := false
	for _, key := range c.keys {
		if d := o.Emails[key]; d.State != order.Sending || d.Lease != c.owner {
			continue
		}
		err := o.MarkRetry(key, c.owner, order.Setback{Reason: "the database did not confirm the claim"}, c.due[key], f.now())
		if err != nil {
			return err
		}
		changed = true
	}
	if !changed {
		return order.ErrUnchanged
	}
	return nil
}
