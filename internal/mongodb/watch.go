package mongodb

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// watchCollection holds a document for each of Stripe's modes.
const watchCollection = "catch_up"

// watch is such a document. Its _id is the mode.
type watch struct {
	Since time.Time `bson:"since"`
	Until time.Time `bson:"until"`
}

// Watched gives since when the orders of one of Stripe's modes, "live" or "test", are this
// database's to keep, and until when all of Stripe's events were looked at since then. Where
// neither is known it is now, and is kept: what was sold before belongs to another system.
func (s *Store) Watched(ctx context.Context, mode string, now time.Time) (since, until time.Time, err error) {
	err = do(ctx, func(ctx context.Context) (err error) {
		since, until, err = s.documents.Watched(ctx, mode, now)
		return err
	})
	if err != nil {
		return since, until, fmt.Errorf("read what was looked at: %w", err)
	}
	return since, until, nil
}

// WatchedUntil keeps that all of Stripe's events of a mode were looked at until then.
func (s *Store) WatchedUntil(ctx context.Context, mode string, until time.Time) error {
	err := do(ctx, func(ctx context.Context) error { return s.documents.WatchedUntil(ctx, mode, until) })
	if err != nil {
		return fmt.Errorf("keep what was looked at: %w", err)
	}
	return nil
}

func (c collection) Watched(ctx context.Context, mode string, now time.Time) (since, until time.Time, err error) {
	var w watch
	for range 2 { // two that make the document at once: one of them finds it the second time
		err = c.watches().FindOneAndUpdate(ctx,
			bson.D{{Key: "_id", Value: mode}},
			bson.D{{Key: "$setOnInsert", Value: watch{Since: now, Until: now}}},
			options.FindOneAndUpdate().SetUpsert(true).SetReturnDocument(options.After)).Decode(&w)
		if !mongo.IsDuplicateKeyError(err) {
			break
		}
	}
	return w.Since, w.Until, err
}

func (c collection) WatchedUntil(ctx context.Context, mode string, until time.Time) error {
	_, err := c.watches().UpdateOne(ctx,
		bson.D{{Key: "_id", Value: mode}},
		bson.D{{Key: "$max", Value: bson.D{{Key: "until", Value: until}}}})
	return err
}

func (c collection) watches() *mongo.Collection {
	return c.orders.Database().Collection(watchCollection)
}
