package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"handler/function/internal/mongodb"
	"handler/function/internal/order"
)

// Orders is where the orders are read. Reports, which are no orders, are left out.
type Orders interface {
	// Load reads an order; order.ErrNotFound where there is none.
	Load(ctx context.Context, session string) (*order.Order, error)
	// Revisions are those of all orders.
	Revisions(ctx context.Context) ([]Revision, error)
	// Read reads the orders of these IDs, in any order and without their events. An order that is
	// gone is left out.
	Read(ctx context.Context, ids []string) ([]*order.Order, error)
}

// Revision identifies a version of an order.
type Revision struct {
	ID        string    `bson:"_id"`
	Number    int64     `bson:"revision"`
	CreatedAt time.Time `bson:"created_at"`
}

// Database reads the orders in MongoDB.
type Database struct {
	client *mongo.Client
	name   func() string
}

// NewDatabase reads in a database of a client that mongodb.Connect made. The name may change: it is
// a setting.
func NewDatabase(client *mongo.Client, name func() string) *Database { return &Database{client, name} }

// Load reads an order; order.ErrNotFound where there is none.
func (d *Database) Load(ctx context.Context, session string) (*order.Order, error) {
	return mongodb.NewStore(d.client, d.name()).Load(ctx, session)
}

// Revisions reads some 60 bytes of each order.
func (d *Database) Revisions(ctx context.Context) ([]Revision, error) {
	noReports := bson.D{{Key: "report", Value: bson.D{{Key: "$exists", Value: false}}}}
	var all []Revision
	err := d.find(ctx, noReports, bson.D{{Key: "revision", Value: 1}, {Key: "created_at", Value: 1}}, &all)
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	return all, nil
}

// Read reads the orders of these IDs, in any order and without their events. An order that is gone
// is left out.
func (d *Database) Read(ctx context.Context, ids []string) ([]*order.Order, error) {
	var orders []*order.Order
	err := d.find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}, bson.D{{Key: "events", Value: 0}}, &orders)
	if err != nil {
		return nil, fmt.Errorf("read orders: %w", err)
	}
	for _, o := range orders {
		o.Name()
	}
	return orders, nil
}

func (d *Database) find(ctx context.Context, filter, fields bson.D, all any) error {
	cursor, err := d.client.Database(d.name()).Collection(mongodb.Collection).Find(ctx, filter, options.Find().SetProjection(fields))
	if err != nil {
		return err
	}
	return cursor.All(ctx, all)
}

var errNoOrders = errors.New("there is no database to read orders from")

// noOrders is a shop without a database.
type noOrders struct{}

func (noOrders) Load(context.Context, string) (*order.Order, error) { return nil, errNoOrders }

func (noOrders) Revisions(context.Context) ([]Revision, error) { return nil, errNoOrders }

func (noOrders) Read(context.Context, []string) ([]*order.Order, error) { return nil, errNoOrders }
