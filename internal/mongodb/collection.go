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

// The fields that orders are found by. Each has an index.
const (
	// DueField is the sweep's.
	DueField     = "next_due_at"
	createdField = "created_at"
	paymentField = "payment_intent"
	messageField = "message_ids"
)

// Indexed are the fields that have an index.
func Indexed() []string { return []string{DueField, createdField, paymentField, messageField} }

// collection is Documents in MongoDB.
type collection struct{ orders *mongo.Collection }

func (c collection) EnsureIndexes(ctx context.Context) error {
	var models []mongo.IndexModel
	for _, field := range Indexed() {
		models = append(models, mongo.IndexModel{Keys: bson.D{{Key: field, Value: 1}}})
	}
	_, err := c.orders.Indexes().CreateMany(ctx, models)
	return err
}

func (c collection) Size(ctx context.Context) (int64, error) {
	var stats struct {
		Data    float64 `bson:"dataSize"`
		Indexes float64 `bson:"indexSize"`
	}
	err := c.orders.Database().RunCommand(ctx, bson.D{{Key: "dbStats", Value: 1}}).Decode(&stats)
	return int64(stats.Data + stats.Indexes), err
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

// Replace writes no event that is stored as it is: their payloads are the bulk of the document, and
// their counts are changed by others. Of one that is written again a count may be lost, by which
// nothing is decided.
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

func (c collection) Known(ctx context.Context, orders, events []string) ([]*order.Order, error) {
	show := bson.D{{Key: "payment_status", Value: 1}}
	for _, id := range events {
		show = append(show, bson.E{Key: "events." + id + ".type", Value: 1})
	}
	cursor, err := c.orders.Find(ctx,
		bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: orders}}}}, options.Find().SetProjection(show))
	if err != nil {
		return nil, err
	}
	var known []*order.Order
	return known, cursor.All(ctx, &known)
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

func (c collection) Recent(ctx context.Context, since, until, paid time.Time, limit int) ([]*order.Order, error) {
	filter := bson.D{{Key: createdField, Value: bson.D{{Key: "$gte", Value: since}, {Key: "$lte", Value: until}}}}
	if !paid.IsZero() {
		filter = append(filter, bson.E{Key: "paid_at", Value: bson.D{{Key: "$gte", Value: paid}}})
	}
	cursor, err := c.orders.Find(ctx, filter,
		options.Find().SetSort(bson.D{{Key: createdField, Value: -1}}).SetLimit(int64(limit)).
			SetProjection(bson.D{{Key: "events", Value: 0}}))
	if err != nil {
		return nil, err
	}
	var recent []*order.Order
	return recent, cursor.All(ctx, &recent)
}

func (c collection) OfMessages(ctx context.Context, messages []string) ([]string, error) {
	cursor, err := c.orders.Find(ctx,
		bson.D{{Key: messageField, Value: bson.D{{Key: "$in", Value: messages}}}},
		options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return nil, err
	}
	var found []struct {
		ID string `bson:"_id"`
	}
	if err := cursor.All(ctx, &found); err != nil {
		return nil, err
	}
	var ids []string
	for _, o := range found {
		ids = append(ids, o.ID)
	}
	return ids, nil
}

func (c collection) OfPayments(ctx context.Context, paymentIntents []string) (map[string]string, error) {
	cursor, err := c.orders.Find(ctx,
		bson.D{{Key: paymentField, Value: bson.D{{Key: "$in", Value: paymentIntents}}}},
		options.Find().SetProjection(bson.D{{Key: paymentField, Value: 1}}))
	if err != nil {
		return nil, err
	}
	var found []struct {
		ID            string `bson:"_id"`
		PaymentIntent string `bson:"payment_intent"`
	}
	if err := cursor.All(ctx, &found); err != nil {
		return nil, err
	}
	ids := map[string]string{}
	for _, o := range found {
		ids[o.PaymentIntent] = o.ID
	}
	return ids, nil
}
