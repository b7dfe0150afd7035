package simulation

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"handler/function/internal/order"
)

// database is the model of MongoDB: a map whose operations are atomic and durable, seen through a
// network that is not.
type database struct {
	w      *world
	orders stored
	// claimed are the times at which deliveries were due when they were last claimed.
	claimed map[string]time.Time
	// watched are since when and until when Stripe was looked at, by its modes.
	watched map[string][2]time.Time
	// corrected are the first corrections of orders, by their IDs.
	corrected map[string]turn
	// reversed are the times from and until which orders were known to be refunded wholly, or
	// disputed.
	reversed map[string][]span
}

// stored are the documents. Each is never changed, only replaced.
type stored map[string]*order.Order

// documents is the database as one process reaches it.
type documents struct {
	d *database
	p *process
}

// The errors that the driver gives, as far as the store tells them apart.
var (
	errBroken      = mongo.CommandError{Message: "connection broken", Labels: []string{"NetworkError"}}
	errUnconfirmed = mongo.WriteException{WriteConcernError: &mongo.WriteConcernError{Code: 64, Message: "waiting for replication timed out"}}
	errDuplicate   = mongo.WriteException{WriteErrors: mongo.WriteErrors{{Code: 11000, Message: "duplicate key"}}}
)

// operate takes an operation to the database and its answer back. It may be refused, break before
// or after it took effect, or get no answer; and the process may die at each end.
func (c documents) operate(ctx context.Context, what string, effect func(stored) error) error {
	w := c.d.w
	w.apart(c.p, what)
	c.p.step()
	time.Sleep(w.between(200*time.Microsecond, 20*time.Millisecond))
	if o, away := w.away("database"); away {
		w.fault("database away")
		if o.hangs {
			return c.hang(ctx)
		}
		return errBroken
	}
	if err := c.fail(ctx, "before"); err != nil {
		return err
	}
	c.p.step()
	w.mu.Lock()
	err := effect(c.d.orders)
	w.mu.Unlock()
	if err := c.fail(ctx, "after"); err != nil {
		return err
	}
	if _, away := w.away("majority"); away && err == nil && writes(what) {
		w.fault("majority away")
		err = errUnconfirmed
	}
	time.Sleep(w.between(200*time.Microsecond, 20*time.Millisecond))
	c.p.step()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// writes reports whether an operation is one that waits for a majority.
func writes(what string) bool {
	verb, _, _ := strings.Cut(what, " ")
	return verb == "insert" || verb == "replace" || verb == "count" || strings.HasPrefix(what, "watched")
}

// fail lets the connection break, or the answer not come, at times; when says on which side of the
// effect.
func (c documents) fail(ctx context.Context, when string) error {
	w := c.d.w
	switch {
	case w.chance(w.faulty / 4):
		w.fault("database breaks " + when)
		return errBroken
	case w.chance(w.faulty / 8):
		w.fault("database hangs " + when)
		return c.hang(ctx)
	}
	return nil
}

// hang waits until the caller has had enough.
func (c documents) hang(ctx context.Context) error {
	after := c.d.w.between(1, time.Millisecond) // drawn now: others may have had enough at the same instant
	<-ctx.Done()
	time.Sleep(after)
	c.p.step()
	return ctx.Err()
}

func (c documents) Insert(ctx context.Context, o *order.Order) error {
	return c.operate(ctx, "insert "+o.ID, func(s stored) error {
		if s[o.ID] != nil {
			return errDuplicate
		}
		s[o.ID] = copied(o)
		return nil
	})
}

func (c documents) Load(ctx context.Context, id string) (o *order.Order, err error) {
	err = c.operate(ctx, "load "+id, func(s stored) error {
		if s[id] == nil {
			return order.ErrNotFound
		}
		o = copied(s[id])
		return nil
	})
	return o, err
}

func (c documents) Replace(ctx context.Context, o *order.Order, events []string) (written bool, err error) {
	err = c.operate(ctx, "replace "+o.ID, func(s stored) error {
		old := s[o.ID]
		if old == nil || old.Revision != o.Revision {
			return nil
		}
		next := copied(o)
		next.Revision++
		next.Events = maps.Clone(old.Events)
		for _, id := range events {
			next.Events[id] = o.Events[id]
		}
		s[o.ID] = next
		written = true
		c.d.noteClaims(old, next)
		c.d.noteCorrection(old, next)
		c.d.noteReversal(old, next)
		c.d.w.sendgrid.copies.recorded(c.p, next)
		c.d.w.alerts.copies.recorded(c.p, next)
		return nil
	})
	return written && err == nil, err
}

func (d *database) noteClaims(old, next *order.Order) {
	for key, e := range next.Emails {
		before, planned := old.Emails[key]
		if e.State == order.Sending && before.Lease != e.Lease {
			d.claimed[next.ID+"/"+key] = before.DueAt
			if !planned { // it was planned by the same write
				d.claimed[next.ID+"/"+key] = e.NotBefore
			}
			d.w.claimedOf(next.ID)
		}
	}
}

func (c documents) CountDelivery(ctx context.Context, id, event string) (known bool, err error) {
	err = c.operate(ctx, "count "+id, func(s stored) error {
		if s[id] == nil {
			return nil
		}
		e, ok := s[id].Events[event]
		if !ok {
			return nil
		}
		known = true
		next := copied(s[id])
		e.Deliveries++
		next.Events[event] = e
		s[id] = next
		return nil
	})
	return known && err == nil, err
}

func (c documents) Known(ctx context.Context, orders, events []string) (known []*order.Order, err error) {
	err = c.operate(ctx, "known", func(s stored) error {
		for _, id := range orders {
			if s[id] == nil {
				continue
			}
			o := &order.Order{ID: id, Events: map[string]order.Event{}}
			o.PaymentStatus = s[id].PaymentStatus
			for _, event := range events {
				if e, ok := s[id].Events[event]; ok {
					o.Events[event] = order.Event{Type: e.Type}
				}
			}
			known = append(known, o)
		}
		return nil
	})
	return known, err
}

func (c documents) Due(ctx context.Context, now time.Time, limit int) (due []order.DueOrder, err error) {
	err = c.operate(ctx, "due", func(s stored) error {
		due = nil
		for id, o := range s {
			if o.NextDueAt != nil && !o.NextDueAt.After(now) {
				due = append(due, order.DueOrder{ID: id, At: *o.NextDueAt})
			}
		}
		slices.SortFunc(due, func(a, b order.DueOrder) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
		due = due[:min(limit, len(due))]
		return nil
	})
	return due, err
}

func (c documents) Recent(ctx context.Context, since, until, paid time.Time, limit int) (recent []*order.Order, err error) {
	err = c.operate(ctx, "recent", func(s stored) error {
		recent = nil
		for _, o := range s {
			if !o.CreatedAt.Before(since) && !o.CreatedAt.After(until) && !o.PaidAt.Before(paid) {
				slim := copied(o)
				slim.Events = nil
				recent = append(recent, slim)
			}
		}
		slices.SortFunc(recent, func(a, b *order.Order) int { return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID)) })
		recent = recent[:min(limit, len(recent))]
		return nil
	})
	return recent, err
}

func (c documents) OfPayments(ctx context.Context, paymentIntents []string) (ids map[string]string, err error) {
	err = c.operate(ctx, "of payments "+strings.Join(paymentIntents, " "), func(s stored) error {
		ids = map[string]string{}
		for _, o := range s {
			if slices.Contains(paymentIntents, o.PaymentIntent) {
				ids[o.PaymentIntent] = o.ID
			}
		}
		return nil
	})
	return ids, err
}

func (c documents) OfMessages(ctx context.Context, messages []string) (ids []string, err error) {
	err = c.operate(ctx, "of messages "+strings.Join(messages, " "), func(s stored) error {
		ids = nil
		for id, o := range s {
			if slices.ContainsFunc(o.MessageIDs, func(m string) bool { return slices.Contains(messages, m) }) {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		return nil
	})
	return ids, err
}

func (c documents) Watched(ctx context.Context, mode string, now time.Time) (since, until time.Time, err error) {
	err = c.operate(ctx, "watched "+mode, func(stored) error {
		if _, ok := c.d.watched[mode]; !ok {
			c.d.watched[mode] = [2]time.Time{now, now}
		}
		since, until = c.d.watched[mode][0], c.d.watched[mode][1]
		return nil
	})
	return since, until, err
}

func (c documents) WatchedUntil(ctx context.Context, mode string, until time.Time) error {
	return c.operate(ctx, "watched until "+mode, func(stored) error {
		w := c.d.watched[mode]
		if until.After(w[1]) {
			c.d.watched[mode] = [2]time.Time{w[0], until}
		}
		return nil
	})
}

func (c documents) Size(ctx context.Context) (size int64, err error) {
	err = c.operate(ctx, "size", func(stored) error { return nil })
	return size, err
}

func (c documents) EnsureIndexes(ctx context.Context) error {
	return c.operate(ctx, "index", func(stored) error { return nil })
}

// get is a document as it is, without the network.
func (d *database) get(id string) *order.Order {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	if o := d.orders[id]; o != nil {
		return copied(o)
	}
	return nil
}

// far is for how long nothing is to do in an order that only waits for its payment.
const far = 10 * 24 * time.Hour

// waiting are the orders with something still to do.
func (d *database) waiting() []string {
	d.w.mu.Lock()
	defer d.w.mu.Unlock()
	var ids []string
	for id, o := range d.orders {
		if o.NextDueAt != nil && time.Until(*o.NextDueAt) < far {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func copied(o *order.Order) *order.Order {
	c := *o
	c.Events = maps.Clone(o.Events)
	c.Emails = maps.Clone(o.Emails)
	c.Plans = maps.Clone(o.Plans)
	return &c
}
