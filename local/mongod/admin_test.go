package mongod

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func indexNames(t *testing.T, c *mongo.Collection) []string {
	t.Helper()
	specs, err := c.Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range specs {
		names = append(names, s.Name)
	}
	return names
}

func TestIndexes(t *testing.T) {
	t.Parallel()

	t.Run("are listed, not made twice, and kept over a restart", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		err := b.orders.Database().RunCommand(t.Context(), bson.D{{Key: "listIndexes", Value: "orders"}}).Err()
		wantCode(t, err, codeNamespaceNotFound)
		mustInsert(t, b.orders, bson.M{"_id": "a", "due": 1})
		for range 2 {
			models := []mongo.IndexModel{{Keys: bson.M{"due": 1}}, {Keys: bson.M{"at": 1}}}
			if _, err := b.orders.Indexes().CreateMany(t.Context(), models); err != nil {
				t.Fatal(err)
			}
		}
		want := []string{"_id_", "due_1", "at_1"}
		if diff := cmp.Diff(want, indexNames(t, b.orders)); diff != "" {
			t.Error(diff)
		}
		b.stop()
		b = setupDir(t, b.dir, Options{})
		if diff := cmp.Diff(want, indexNames(t, b.orders)); diff != "" {
			t.Errorf("after a restart: %s", diff)
		}
		if got := ids(all(t, b.orders, bson.M{"due": 1})); got != "a" {
			t.Errorf("found %q", got)
		}
	})

	t.Run("are refused where they contradict another, or are of a kind that is not supported", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "a", "list": bson.A{1}})
		due := bson.D{{Key: "due", Value: 1}}
		if _, err := b.orders.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: due}); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			keys any
			o    *options.IndexOptionsBuilder
			code int
		}{
			{due, options.Index().SetName("other"), codeIndexOptionsClash},
			{bson.M{"x": 1}, options.Index().SetName("due_1"), codeIndexKeyClash},
			{due, options.Index().SetUnique(true), codeInvalidIndexOption},
			{bson.M{"x": "text"}, nil, codeCannotCreateIndex},
			{bson.M{"x": -1}, nil, codeCannotCreateIndex},
			{bson.D{{Key: "x", Value: 1}, {Key: "y", Value: 1}}, nil, codeCannotCreateIndex},
		} {
			_, err := b.orders.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: tt.keys, Options: tt.o})
			wantCode(t, err, tt.code)
		}
		if diff := cmp.Diff([]string{"_id_", "due_1"}, indexNames(t, b.orders)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDatabase(t *testing.T) {
	t.Parallel()

	b := setup(t)
	mustInsert(t, b.orders, bson.M{"_id": "a"})
	other := b.client.Database("shop2").Collection("x")
	mustInsert(t, other, bson.M{"_id": "a"})
	var stats bson.M
	if err := b.orders.Database().RunCommand(t.Context(), bson.D{{Key: "dbStats", Value: 1}}).Decode(&stats); err != nil || stats["objects"] != int64(1) || stats["indexSize"] != int64(9) {
		t.Errorf("dbStats %v, %v", stats, err)
	}
	if err := b.orders.Database().Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if mine, others := all(t, b.orders, bson.M{}), all(t, other, bson.M{}); len(mine) != 0 || len(others) != 1 {
		t.Errorf("dropped, but found %v, and of the other database %v", mine, others)
	}
}
