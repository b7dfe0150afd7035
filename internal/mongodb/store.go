// Package mongodb keeps orders in MongoDB.
//
// An order is one document, and every change to it one write: an insert, or an update whose filter
// holds the revision that the change was worked out from. So two writers never overwrite each other,
// and nothing beyond single-document atomicity is asked of the database. A write is acknowledged only
// when a majority has it in its journal.
package mongodb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"handler/function/internal/order"
)

// Collection is the name of the collection of orders.
const Collection = "orders"

// ErrUnchanged is what a change returns to say that there is nothing to write.
var ErrUnchanged = errors.New("order unchanged")

// Store keeps orders. Its methods may be called by any number of goroutines and processes.
type Store struct {
	orders *mongo.Collection
	// Now is the clock; BSON keeps times in milliseconds, so it counts in those.
	Now func() time.Time
}

// NewStore keeps orders in a database of a client that Connect made.
func NewStore(client *mongo.Client, database string) *Store {
	return &Store{
		orders: client.Database(database).Collection(Collection),
		Now:    func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) },
	}
}

// EnsureIndexes creates the index that the sweep reads by, if it is not there.
func (s *Store) EnsureIndexes(ctx context.Context) error {
	err := do(ctx, func(ctx context.Context) error {
		_, err := s.orders.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: "next_due_at", Value: 1}}})
		return err
	})
	if err != nil {
		return fmt.Errorf("create index: %w", err)
	}
	return nil
}

// Record puts an event into its order, which the first one creates, and reports whether it was new.
// When it returns without error the event is stored durably, whoever stored it.
func (s *Store) Record(ctx context.Context, e order.Event) (bool, error) {
	o, err := order.New(e, s.Now())
	if err != nil {
		return false, err
	}
	err = do(ctx, func(ctx context.Context) error {
		_, err := s.orders.InsertOne(ctx, o)
		return err
	})
	if err == nil {
		return true, nil
	}
	if !mongo.IsDuplicateKeyError(err) {
		return false, fmt.Errorf("record event %s: %w", e.ID, err)
	}
	if known, err := s.countDelivery(ctx, o.ID, e.ID); err != nil || known {
		return false, err
	}
	added := false
	_, err = s.Update(ctx, o.ID, func(o *order.Order) error {
		var err error
		added, err = o.Add(e, s.Now())
		if err == nil && !added {
			return ErrUnchanged
		}
		return err
	})
	if err == nil && !added {
		_, err = s.countDelivery(ctx, o.ID, e.ID)
	}
	return added, err
}

// countDelivery counts one more delivery of an event that the order holds, and reports whether it
// does. That somebody else's write can be seen does not make it durable: this write comes after it,
// and so our acknowledgement waits for both.
func (s *Store) countDelivery(ctx context.Context, id, event string) (bool, error) {
	path := "events." + event
	var res *mongo.UpdateResult
	err := do(ctx, func(ctx context.Context) (err error) {
		res, err = s.orders.UpdateOne(ctx,
			bson.D{{Key: "_id", Value: id}, {Key: path + ".type", Value: bson.D{{Key: "$exists", Value: true}}}},
			bson.D{{Key: "$inc", Value: bson.D{{Key: path + ".deliveries", Value: 1}}}})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("record event %s: %w", event, err)
	}
	return res.MatchedCount == 1, nil
}

// Load reads an order; order.ErrNotFound where there is none.
func (s *Store) Load(ctx context.Context, id string) (*order.Order, error) {
	var o order.Order
	err := do(ctx, func(ctx context.Context) error {
		return s.orders.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&o)
	})
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return nil, fmt.Errorf("load order %s: %w", id, order.ErrNotFound)
	case err != nil:
		return nil, fmt.Errorf("load order %s: %w", id, err)
	}
	o.Name()
	return &o, nil
}

// Update reads an order, changes it and writes it, all over again as often as somebody else wrote it
// meanwhile: change must be free of effects but on its argument, and harmless when the order has
// its effect already, as it has when the answer to the write was lost. What change returns ends the
// update without a write; ErrUnchanged does so without an error. The order is as it is stored now.
func (s *Store) Update(ctx context.Context, id string, change func(*order.Order) error) (*order.Order, error) {
	for try := 0; ; try++ {
		o, err := s.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		known := len(o.Events)
		switch err := change(o); {
		case errors.Is(err, ErrUnchanged):
			return o, nil
		case err != nil:
			return o, err
		}
		written, err := s.write(ctx, o, len(o.Events) > known)
		if err != nil {
			return nil, fmt.Errorf("update order %s: %w", id, err)
		}
		if written {
			o.Revision++
			return o, nil
		}
		if err := pause(ctx, try); err != nil {
			return nil, fmt.Errorf("update order %s: %w", id, err)
		}
	}
}

// write replaces everything but the events, of which it only ever adds: their payloads are the bulk
// of the document, and their counts are changed by others.
func (s *Store) write(ctx context.Context, o *order.Order, withEvents bool) (bool, error) {
	set, err := fields(o)
	if err != nil {
		return false, err
	}
	if withEvents {
		for id, e := range o.Events {
			set = append(set, bson.E{Key: "events." + id, Value: e})
		}
	}
	var res *mongo.UpdateResult
	err = do(ctx, func(ctx context.Context) (err error) {
		res, err = s.orders.UpdateOne(ctx,
			bson.D{{Key: "_id", Value: o.ID}, {Key: "revision", Value: o.Revision}},
			bson.D{{Key: "$set", Value: set}, {Key: "$inc", Value: bson.D{{Key: "revision", Value: 1}}}})
		return err
	})
	if err != nil {
		return false, err
	}
	return res.ModifiedCount == 1, nil
}

func fields(o *order.Order) (bson.D, error) {
	slim := *o
	slim.Events = nil // the bulk of it, and not to be written
	raw, err := bson.Marshal(slim)
	if err != nil {
		return nil, err
	}
	var all, set bson.D
	if err := bson.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	for _, e := range all {
		switch e.Key {
		case "_id", "revision", "events":
		default:
			set = append(set, e)
		}
	}
	return set, nil
}

// Due are the IDs of the orders with something to do at or before now, those due longest first.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]string, error) {
	var found []struct {
		ID string `bson:"_id"`
	}
	err := do(ctx, func(ctx context.Context) error {
		cursor, err := s.orders.Find(ctx,
			bson.D{{Key: "next_due_at", Value: bson.D{{Key: "$lte", Value: now}}}},
			options.Find().SetSort(bson.D{{Key: "next_due_at", Value: 1}}).SetLimit(int64(limit)).
				SetProjection(bson.D{{Key: "_id", Value: 1}}))
		if err != nil {
			return err
		}
		return cursor.All(ctx, &found)
	})
	if err != nil {
		return nil, fmt.Errorf("find due orders: %w", err)
	}
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	return ids, nil
}

// do gives an operation its time, which a later deadline of the caller's would otherwise replace, and
// calls it once more if its connection broke: a pool learns only by a call that fails that the server
// restarted, and on a standalone server the driver does not repeat writes. All of ours may be
// repeated: an insert collides with itself, an update misses its revision, a count is only a count.
func do(ctx context.Context, operation func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	err := operation(ctx)
	if err != nil && mongo.IsNetworkError(err) && !mongo.IsTimeout(err) {
		err = operation(ctx)
	}
	return err
}

// pause spreads writers that race for one order.
func pause(ctx context.Context, try int) error {
	most := time.Millisecond << min(try, 6)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(rand.N(most) + 1):
		return nil
	}
}
