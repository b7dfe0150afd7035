package mongodb

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"handler/function/internal/order"
)

// Collection is the name of the collection of orders.
const Collection = "orders"

// DueField is what the sweep finds due orders by, and has an index.
const DueField = "next_due_at"

// collection is Documents in MongoDB.
type collection struct{ orders *mongo.Collection }

func (c collection) EnsureIndexes(ctx context.Context) error {
	_, err := c.orders.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: bson.D{{Key: DueField, Value: 1}}})
	return err
}

func (c collection) Insert(ctx context.Context, o *order.Order) error {
	_, err := c.orders.InsertOne(ctx, o)
	return err
}

func (c collection) Load(ctx context.Context, id string) (*order.Order, error) {
	var o order.Order
	err := c.orders.FindOne(ctx, bson.D{{Key: "_id", Value: id}}).Decode(&o)
	if errors.Is(err, mongo.ErrNoDocuments) {
		err = order.ErrNotFound
	}
	return &o, err
}

func (c collection) CountDelivery(ctx context.Context, id, event string) (bool, error) {
	path := "events." + event
	res, err := c.orders.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: id}, {Key: path + ".type", Value: bson.D{{Key: "$exists", Value: true}}}},
		bson.D{{Key: "$inc", Value: bson.D{{Key: path + ".deliveries", Value: 1}}}})
	return err == nil && res.MatchedCount == 1, err
}

// Replace writes no event that is stored: their payloads are the bulk of the document, and their counts
// are changed by others.
func (c collection) Replace(ctx context.Context, o *order.Order, events []string) (bool, error) {
	set, err := fields(o)
	if err != nil {
		return false, err
	}
	for _, id := range events {
		set = append(set, bson.E{Key: "events." + id, Value: o.Events[id]})
	}
	res, err := c.orders.UpdateOne(ctx,
		bson.D{{Key: "_id", Value: o.ID}, {Key: "revision", Value: o.Revision}},
		bson.D{{Key: "$set", Value: set}, {Key: "$inc", Value: bson.D{{Key: "revision", Value: 1}}}})
	return err == nil && res.ModifiedCount == 1, err
}

func fields(o *order.Order) (bson.D, error) {
	slim := *o
	slim.Events = nil // the bulk of it, and not to be written
	raw, err := bson.Marshal(slim)
	if err != nil {
		return nil, err
	}
	all, err := bson.Raw(raw).Elements()
	if err != nil {
		return nil, err
	}
	var set bson.D
	for _, e := range all {
		switch key := e.Key(); key {
		case "_id", "revision", "events":
		default:
			set = append(set, bson.E{Key: key, Value: e.Value()}) // as it is, without being decoded
		}
	}
	return set, nil
}

func (c collection) Due(ctx context.Context, now time.Time, limit int) ([]order.DueOrder, error) {
	cursor, err := c.orders.Find(ctx,
		bson.D{{Key: DueField, Value: bson.D{{Key: "$lte", Value: now}}}},
		options.Find().SetSort(bson.D{{Key: DueField, Value: 1}}).SetLimit(int64(limit)).
			SetProjection(bson.D{{Key: DueField, Value: 1}}))
	if err != nil {
		return nil, err
	}
	var due []order.DueOrder
	return due, cursor.All(ctx, &due)
}
