package inbox

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"handler/function/internal/mongodb"
	"handler/function/internal/order"
)

// Orders is where the orders are read.
type Orders interface {
	// Load reads an order; order.ErrNotFound where there is none.
	Load(ctx context.Context, session string) (*order.Order, error)
	// Recent are the orders, newest first and without their events, from one on.
	Recent(ctx context.Context, from, limit int) ([]*order.Order, error)
}

// Database reads the orders in MongoDB.
type Database struct {
	store      *mongodb.Store
	collection *mongo.Collection
}

// NewDatabase reads in a database of a client that mongodb.Connect made.
func NewDatabase(client *mongo.Client, name string) *Database {
	return &Database{mongodb.NewStore(client, name), client.Database(name).Collection(mongodb.Collection)}
}

// Load reads an order; order.ErrNotFound where there is none.
func (d *Database) Load(ctx context.Context, session string) (*order.Order, error) {
	return d.store.Load(ctx, session)
}

// Recent reads without an index: it is a person who asks, of one shop's orders.
func (d *Database) Recent(ctx context.Context, from, limit int) ([]*order.Order, error) {
	orders := bson.D{{Key: "report", Value: bson.D{{Key: "$exists", Value: false}}}} // and no reports
	cursor, err := d.collection.Find(ctx, orders, options.Find().
		SetSort(bson.D{{Key: "created_at", Value: -1}, {Key: "_id", Value: 1}}).
		SetSkip(int64(from)).SetLimit(int64(limit)).
		SetProjection(bson.D{{Key: "events", Value: 0}}))
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	var recent []*order.Order
	if err := cursor.All(ctx, &recent); err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	for _, o := range recent {
		o.Name()
	}
	return recent, nil
}

var errNoOrders = errors.New("there is no database to read orders from")

// noOrders is a shop without a database.
type noOrders struct{}

func (noOrders) Load(context.Context, string) (*order.Order, error) { return nil, errNoOrders }

func (noOrders) Recent(context.Context, int, int) ([]*order.Order, error) { return nil, errNoOrders }
