package mongod

import (
	"fmt"
	"net"
	"strings"
	"testing"

	v1bson "go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// BenchmarkSizes measures the shop's questions and writes, over TCP and with fsync, among ever more
// orders of 4 KB of which ten are due. No line may grow with the number of orders.
func BenchmarkSizes(b *testing.B) {
	for _, size := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) { benchmarkSize(b, size) })
	}
}

func benchmarkSize(b *testing.B, size int) {
	server, err := Open(b.TempDir(), quiet())
	if err != nil {
		b.Fatal(err)
	}
	fill(b, server, size)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = server.Serve(b.Context(), l) }()
	b.Cleanup(func() { _ = server.Close() })
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + l.Addr().String()).SetMaxPoolSize(32))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = client.Disconnect(b.Context()) })
	c := client.Database("shop").Collection("orders")
	n := 0
	pad := strings.Repeat("x", 4000)
	for name, fn := range map[string]func() error{
		"find by _id": func() error { return c.FindOne(b.Context(), bson.M{"_id": "cs_50"}).Err() },
		"find due": func() error {
			cur, err := c.Find(b.Context(), bson.M{"next_due_at": bson.M{"$lte": bson.DateTime(500)}}, options.Find().SetSort(bson.M{"next_due_at": 1}).SetLimit(100))
			if err != nil {
				return err
			}
			var docs []bson.Raw
			if err := cur.All(b.Context(), &docs); err != nil || len(docs) != 10 {
				return fmt.Errorf("%d due, %w", len(docs), err)
			}
			return nil
		},
		"update by _id": func() error {
			_, err := c.UpdateOne(b.Context(), bson.M{"_id": "cs_50", "state": "paid"}, bson.M{"$inc": bson.M{"n": 1}})
			return err
		},
		"insert": func() error {
			n++
			_, err := c.InsertOne(b.Context(), bson.M{"_id": fmt.Sprint("new_", n), "pad": pad, "next_due_at": bson.DateTime(9000 + n)})
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := fn(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("16 writers", func(b *testing.B) {
		b.SetParallelism(8) // times 2 cores
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := c.UpdateByID(b.Context(), "cs_60", bson.M{"$inc": bson.M{"n": 1}}); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// fill stores size orders without going over the network.
func fill(b *testing.B, server *Server, size int) {
	b.Helper()
	pad := strings.Repeat("x", 4000)
	due := v1bson.D{{Key: "key", Value: v1bson.D{{Key: "next_due_at", Value: int32(1)}}}, {Key: "name", Value: "next_due_at_1"}}
	if err := server.engine.write(func(t *tx) error { return t.ensureIndex("shop.orders", due) }); err != nil {
		b.Fatal(err)
	}
	for from := 0; from < size; from += 1000 {
		err := server.engine.write(func(t *tx) error {
			for i := from; i < min(size, from+1000); i++ {
				due := primitive.DateTime(1000 + i)
				if i < 10 {
					due = primitive.DateTime(i)
				}
				doc := v1bson.D{{Key: "_id", Value: fmt.Sprint("cs_", i)}, {Key: "state", Value: "paid"}, {Key: "n", Value: int32(0)},
					{Key: "pad", Value: pad}, {Key: "next_due_at", Value: due}}
				if err := t.put("shop.orders", record{}, doc); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := server.engine.settle(); err != nil {
			b.Fatal(err)
		}
	}
}
