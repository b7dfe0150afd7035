// Package mongodb keeps orders in MongoDB.
//
// An order is one document, and every change to it one write: an insert, or an update whose filter
// holds the revision that the change was worked out from. So two writers never overwrite each
// other, and nothing beyond single-document atomicity is asked of the database. A write is
// acknowledged only when a majority has it in its journal.
package mongodb

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"handler/function/internal/order"
)

// Documents is what a Store asks of a collection of orders. Each operation is atomic, may be called
// again when its answer was lost, and is durable when it returns without error.
type Documents interface {
	// Insert adds a new order; a duplicate-key error where there is one of its ID.
	Insert(ctx context.Context, o *order.Order) error
	// Load reads an order; order.ErrNotFound where there is none.
	Load(ctx context.Context, id string) (*order.Order, error)
	// Replace writes an order over the one of its revision, which it raises by one, and reports
	// whether there was one. Of its events only those of the given IDs are written: the new ones,
	// and those with another payload.
	Replace(ctx context.Context, o *order.Order, events []string) (bool, error)
	// CountDelivery counts one more delivery of an event, and reports whether the order holds it.
	CountDelivery(ctx context.Context, id, event string) (bool, error)
	// Known are those of the orders that are there: their ID, their payment status, and of the
	// events those that they hold, by their types alone.
	Known(ctx context.Context, orders, events []string) ([]*order.Order, error)
	// Due are the orders whose NextDueAt is not after now, the earliest first.
	Due(ctx context.Context, now time.Time, limit int) ([]order.DueOrder, error)
	// Recent are the orders made at or after since and at or before until, the newest first,
	// without their events; where paid is not zero, only those paid at or after it.
	Recent(ctx context.Context, since, until, paid time.Time, limit int) ([]*order.Order, error)
	// OfPayments are the IDs of the orders that payment intents (pi_…) paid for, by the payment
	// intents; those without an order are left out.
	OfPayments(ctx context.Context, paymentIntents []string) (map[string]string, error)
	// OfMessages are the IDs of the orders that have one of these messages of SendGrid's.
	OfMessages(ctx context.Context, messages []string) ([]string, error)
	// Watched gives since when events of a mode are watched for, and until when they were looked at
	// whole; it makes both now where neither is known.
	Watched(ctx context.Context, mode string, now time.Time) (since, until time.Time, err error)
	// WatchedUntil raises until when they were looked at whole.
	WatchedUntil(ctx context.Context, mode string, until time.Time) error
	// Size is how many bytes the documents and indexes of the whole database have, uncompressed.
	Size(ctx context.Context) (int64, error)
	// EnsureIndexes creates what Due, Recent, OfPayments and OfMessages read by, if it is not there.
	EnsureIndexes(ctx context.Context) error
}

// Store keeps orders. Its methods may be called by any number of goroutines and processes.
type Store struct {
	documents Documents
	// Now is the clock; BSON keeps times in milliseconds, so it counts in those.
	Now func() time.Time
	// Random is in [0, 1); it spreads writers that race for one order.
	Random func() float64
}

// NewStore keeps orders in a database of a client that Connect made.
func NewStore(client *mongo.Client, database string) *Store {
	return NewStoreOf(collection{client.Database(database).Collection(Collection)})
}

// NewStoreOf keeps orders in documents of any kind.
func NewStoreOf(d Documents) *Store {
	return &Store{
		documents: d,
		Now:       func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) },
		Random:    rand.Float64,
	}
}

// Size is how many bytes the documents and indexes of the whole database have, uncompressed, as
// Atlas's free tier counts them: https://www.mongodb.com/docs/atlas/reference/faq/storage/. The
// other databases of a cluster are not in it.
func (s *Store) Size(ctx context.Context) (int64, error) {
	var size int64
	err := do(ctx, func(ctx context.Context) (err error) {
		size, err = s.documents.Size(ctx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read the database's size: %w", err)
	}
	return size, nil
}

// IndexTimeout ends the creation of indexes. The driver sends it as maxTimeMS, which Atlas's small
// tiers limit to five minutes where they say so at all:
// https://www.mongodb.com/docs/atlas/unsupported-commands/
const IndexTimeout = 5 * time.Minute

// EnsureIndexes creates the indexes that orders are found by, if they are not there. It takes as
// long as the collection is large, and the server drops an index that is not whole when ctx ends.
func (s *Store) EnsureIndexes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, IndexTimeout)
	defer cancel()
	if err := explained(s.documents.EnsureIndexes(ctx)); err != nil {
		return fmt.Errorf("create indexes: %w", err)
	}
	return nil
}

// Record puts an event into its order, which the first one creates, and reports whether it was new.
// When it returns without error the event is stored durably, by this call or another.
func (s *Store) Record(ctx context.Context, e order.Event) (bool, error) {
	o, err := order.New(e, s.Now())
	if err != nil {
		return false, err
	}
	err = do(ctx, func(ctx context.Context) error { return s.documents.Insert(ctx, o) })
	if err == nil {
		return true, nil
	}
	if !mongo.IsDuplicateKeyError(err) {
		return false, fmt.Errorf("record event %s: %w", e.ID, err)
	}
	if known, err := s.countDelivery(ctx, o.ID, e.ID); err != nil || known {
		return false, err
	}
	return s.add(ctx, o.ID, e)
}

// Create keeps a document that no event makes, and reports whether there was none of its ID.
func (s *Store) Create(ctx context.Context, o *order.Order) (bool, error) {
	err := do(ctx, func(ctx context.Context) error { return s.documents.Insert(ctx, o) })
	switch {
	case mongo.IsDuplicateKeyError(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("create %s: %w", o.ID, err)
	}
	return true, nil
}

// RecordCharge is Record for an event without a session, which is put into the order that its
// payment intent paid for, and makes none: it gives that order's ID, and order.ErrNotFound where there is
// none after one look.
func (s *Store) RecordCharge(ctx context.Context, e order.Event) (id string, added bool, err error) {
	c, err := e.Charge()
	if err != nil {
		return "", false, err
	}
	if c.PaymentIntent == "" {
		return "", false, fmt.Errorf("a charge without a payment intent: %w", order.ErrNotFound)
	}
	if id, err = s.OfPayment(ctx, c.PaymentIntent); err != nil {
		return "", false, err
	}
	added, err = s.add(ctx, id, e)
	return id, added, err
}

// add puts an event into an order that is there.
func (s *Store) add(ctx context.Context, id string, e order.Event) (bool, error) {
	isNew := false
	_, err := s.Update(ctx, id, func(o *order.Order) error {
		var err error
		switch isNew, err = o.Add(e, s.Now()); {
		case err != nil:
			// The event itself was read before; what cannot be read is one that is stored. That is
			// no fault of this call.
			return fmt.Errorf("%w: %v", order.ErrUnreadable, err)
		case !isNew:
			return order.ErrUnchanged
		}
		return nil
	})
	if err == nil && !isNew {
		_, err = s.countDelivery(ctx, id, e.ID)
	}
	return isNew, err
}

// countDelivery counts one more delivery of an event that the order holds, and reports whether it
// does. That another process's write can be seen does not make it durable: this write comes after
// it, and so our acknowledgement waits for both.
func (s *Store) countDelivery(ctx context.Context, id, event string) (known bool, err error) {
	err = do(ctx, func(ctx context.Context) (err error) {
		known, err = s.documents.CountDelivery(ctx, id, event)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("record event %s: %w", event, err)
	}
	return known, nil
}

// Known reads at once what is known of events, by the IDs of their orders. Of each order that there
// is it gives the payment status and, without their payloads, those of the events that it holds: it
// is to be looked at, and not to be changed.
func (s *Store) Known(ctx context.Context, events map[string][]string) (map[string]*order.Order, error) {
	if len(events) == 0 {
		return nil, nil
	}
	ids := map[string]bool{} // two orders may be asked for one event, which is to be named once
	for _, of := range events {
		for _, id := range of {
			ids[id] = true
		}
	}
	var found []*order.Order
	err := do(ctx, func(ctx context.Context) (err error) {
		found, err = s.documents.Known(ctx, slices.Sorted(maps.Keys(events)), slices.Sorted(maps.Keys(ids)))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find known events: %w", err)
	}
	known := make(map[string]*order.Order, len(found))
	for _, o := range found {
		o.Name()
		known[o.ID] = o
	}
	return known, nil
}

// Load reads an order; order.ErrNotFound where there is none.
func (s *Store) Load(ctx context.Context, id string) (*order.Order, error) {
	var o *order.Order
	err := do(ctx, func(ctx context.Context) (err error) {
		o, err = s.documents.Load(ctx, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load order %s: %w", id, err)
	}
	o.Name()
	return o, nil
}

// Update reads an order, changes it and writes it, and starts again each time another process wrote
// it meanwhile: change must be free of effects but on its argument, and harmless when the order has
// its effect already, as it has when the answer to the write was lost. What change returns ends the
// update without a write; order.ErrUnchanged does so without an error. The order is as it was last
// read, with the change where there is no error.
func (s *Store) Update(ctx context.Context, id string, change func(*order.Order) error) (*order.Order, error) {
	return s.update(ctx, id, nil, change)
}

// UpdateFrom is Update where the order was read before, and is likely to be as it was then: it is
// not read again if so. The order that is given stays as it is.
func (s *Store) UpdateFrom(ctx context.Context, o *order.Order, change func(*order.Order) error) (*order.Order, error) {
	return s.update(ctx, o.ID, o.Clone(), change)
}

// update begins with an order that was read before, if there is one. Only its revision shows
// whether it is still so: what change makes of it counts when it was written, and a change that it
// refuses is asked of a fresh one.
func (s *Store) update(ctx context.Context, id string, read *order.Order, change func(*order.Order) error) (*order.Order, error) {
	for try := 0; ; try++ {
		o, old, err := read, read != nil, error(nil)
		if read = nil; !old {
			o, err = s.Load(ctx, id)
		}
		if err != nil {
			return nil, err
		}
		known := maps.Clone(o.Events)
		switch err := change(o); {
		case err != nil && old:
			continue
		case errors.Is(err, order.ErrUnchanged):
			return o, nil
		case err != nil:
			return o, err
		}
		written, err := s.replace(ctx, o, changed(o.Events, known))
		if err != nil {
			return nil, fmt.Errorf("update order %s: %w", id, err)
		}
		if written {
			o.Revision++
			return o, nil
		}
		if err := s.pause(ctx, try); err != nil {
			return nil, fmt.Errorf("update order %s: %w", id, err)
		}
	}
}

// changed are the IDs of the events that were not known, or not with that payload.
func changed(events, known map[string]order.Event) []string {
	var ids []string
	for id, e := range events {
		if old, ok := known[id]; !ok || old.Payload != e.Payload {
			ids = append(ids, id)
		}
	}
	return ids
}

func (s *Store) replace(ctx context.Context, o *order.Order, events []string) (written bool, err error) {
	err = do(ctx, func(ctx context.Context) (err error) {
		written, err = s.documents.Replace(ctx, o, events)
		return err
	})
	return written, err
}

// Due are the orders with something to do at or before now, those due longest first.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]order.DueOrder, error) {
	var due []order.DueOrder
	err := do(ctx, func(ctx context.Context) (err error) {
		due, err = s.documents.Due(ctx, now, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find due orders: %w", err)
	}
	return due, nil
}

// walkBatch is how many orders Walk reads at once: some 200 kB.
const walkBatch = 100

// Walk visits the orders made at or after since and before until, the newest first, until visit
// returns false. Their events, which are the bulk of them, are left out: such an order is to be
// looked at, and not to be changed. An order that is made meanwhile may be left out, and none is
// visited twice. What is no sale, such as a report, is left out.
func (s *Store) Walk(ctx context.Context, since, until time.Time, visit func(*order.Order) bool) error {
	return s.walk(ctx, since, until, time.Time{}, visit)
}

// WalkPaid is Walk of the orders that were paid at or after a time. The database looks at all orders
// made between since and until for it, and sends those.
func (s *Store) WalkPaid(ctx context.Context, since, until, paid time.Time, visit func(*order.Order) bool) error {
	return s.walk(ctx, since, until, paid, visit)
}

func (s *Store) walk(ctx context.Context, since, until, paid time.Time, visit func(*order.Order) bool) error {
	last := until.Add(-time.Millisecond)
	seen := map[string]bool{} // those of the last millisecond
	for limit := walkBatch; ; {
		var page []*order.Order
		err := do(ctx, func(ctx context.Context) (err error) {
			page, err = s.documents.Recent(ctx, since, last, paid, limit)
			return err
		})
		if err != nil {
			return fmt.Errorf("find recent orders: %w", err)
		}
		fresh := 0
		for _, o := range page {
			if seen[o.ID] {
				continue
			}
			fresh++
			if o.Name(); order.IsSale(o.ID) && !visit(o) {
				return nil
			}
			if !o.CreatedAt.Equal(last) {
				last = o.CreatedAt
				clear(seen)
			}
			seen[o.ID] = true
		}
		switch {
		case len(page) < limit:
			return nil
		case fresh == 0:
			limit += walkBatch // so many were made in one millisecond
		default:
			limit = walkBatch + len(seen)
		}
	}
}

// OfPayments are the IDs of the orders that payment intents (pi_…) paid for, by the payment
// intents; those without an order are left out.
func (s *Store) OfPayments(ctx context.Context, paymentIntents []string) (map[string]string, error) {
	if len(paymentIntents) == 0 {
		return nil, nil
	}
	var ids map[string]string
	err := do(ctx, func(ctx context.Context) (err error) {
		ids, err = s.documents.OfPayments(ctx, paymentIntents)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find the orders of payments: %w", err)
	}
	return ids, nil
}

// OfMessages are the IDs of the orders that have one of these messages of SendGrid's.
func (s *Store) OfMessages(ctx context.Context, messages []string) ([]string, error) {
	var ids []string
	err := do(ctx, func(ctx context.Context) (err error) {
		ids, err = s.documents.OfMessages(ctx, messages)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find the orders of messages: %w", err)
	}
	return ids, nil
}

// OfPayment is OfPayments of one; order.ErrNotFound where it has no order.
func (s *Store) OfPayment(ctx context.Context, paymentIntent string) (string, error) {
	ids, err := s.OfPayments(ctx, []string{paymentIntent})
	if id, ok := ids[paymentIntent]; ok || err != nil {
		return id, err
	}
	return "", fmt.Errorf("find the order of %s: %w", paymentIntent, order.ErrNotFound)
}

// retryPauses are the pauses before an operation is repeated whose connection broke. The first
// repetition may meet another broken connection of the pool, or a server that is about to restart.
var retryPauses = []time.Duration{0, 500 * time.Millisecond}

// do limits an operation to Timeout, even if the caller's deadline is later, and repeats it when
// its connection breaks. The driver repeats an operation once on a replica set, and no write on a
// standalone server. All of ours may be repeated: an insert collides with itself, an update misses
// its revision, a count is only a count.
func do(ctx context.Context, operation func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	err := operation(ctx)
	for _, pause := range retryPauses {
		if err == nil || !mongo.IsNetworkError(err) || mongo.IsTimeout(err) || wait(ctx, pause) != nil {
			break
		}
		err = operation(ctx)
	}
	return explained(err)
}

// pause spreads writers that race for one order.
func (s *Store) pause(ctx context.Context, try int) error {
	most := time.Millisecond << min(try, 6)
	return wait(ctx, 1+time.Duration(s.Random()*float64(most)))
}

// wait ends after a time, or with the context's error.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return ctx.Err() // where both are there, chance decides nothing
	}
}
