package mongod

import (
	"testing"
	"time"

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

	t.Run("keep values unique, on insert, update and build", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		unique := mongo.IndexModel{Keys: bson.D{{Key: "a", Value: 1}, {Key: "b", Value: -1}}, Options: options.Index().SetUnique(true)}
		if _, err := b.orders.Indexes().CreateOne(t.Context(), unique); err != nil {
			t.Fatal(err)
		}
		mustInsert(t, b.orders, bson.M{"_id": "1", "a": 1, "b": 1}, bson.M{"_id": "2", "a": 1, "b": 2})
		_, err := b.orders.InsertOne(t.Context(), bson.M{"_id": "3", "a": 1, "b": 2.0})
		wantCode(t, err, 11000)
		_, err = b.orders.UpdateOne(t.Context(), bson.M{"_id": "1"}, bson.M{"$set": bson.M{"b": 2}})
		wantCode(t, err, 11000)
		if got := all(t, b.orders, bson.M{"_id": "1"}); got[0]["b"] != int32(1) {
			t.Errorf("a refused update changed %v", got)
		}
		if _, err = b.orders.UpdateOne(t.Context(), bson.M{"_id": "2"}, bson.M{"$set": bson.M{"b": 3}}); err != nil {
			t.Fatal(err)
		}
		mustInsert(t, b.orders, bson.M{"_id": "3", "a": 1, "b": 2})
		_, err = b.orders.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.M{"a": 1}, Options: options.Index().SetUnique(true)})
		wantCode(t, err, 11000)
	})

	t.Run("are listed, not made twice, dropped, and kept over a restart", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		due := mongo.IndexModel{Keys: bson.M{"due": 1}}
		for range 2 {
			if _, err := b.orders.Indexes().CreateMany(t.Context(), []mongo.IndexModel{due, {Keys: bson.M{"gone": 1}}}); err != nil {
				t.Fatal(err)
			}
		}
		_, err := b.orders.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.M{"due": 1}, Options: options.Index().SetUnique(true)})
		wantCode(t, err, 85)
		_, err = b.orders.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.M{"x": 1}, Options: options.Index().SetName("due_1")})
		wantCode(t, err, 86)
		_, err = b.orders.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.M{"x": "text"}})
		wantCode(t, err, 67)
		_, err = b.orders.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.M{"x": 1}, Options: options.Index().SetHidden(true)})
		wantCode(t, err, 197)
		if err := b.orders.Indexes().DropOne(t.Context(), "gone_1"); err != nil {
			t.Fatal(err)
		}
		wantCode(t, b.orders.Indexes().DropOne(t.Context(), "gone_1"), 27)
		wantCode(t, b.orders.Indexes().DropOne(t.Context(), "_id_"), 72)
		want := []string{"_id_", "due_1"}
		if diff := cmp.Diff(want, indexNames(t, b.orders)); diff != "" {
			t.Error(diff)
		}
		b.stop()
		b = setupDir(t, b.dir, Options{})
		if diff := cmp.Diff(want, indexNames(t, b.orders)); diff != "" {
			t.Errorf("after a restart: %s", diff)
		}
		if err := b.orders.Indexes().DropAll(t.Context()); err != nil || len(indexNames(t, b.orders)) != 1 {
			t.Errorf("drop all: %v", err)
		}
	})

	t.Run("with a time to live remove dates that are past it, and nothing else", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		ttl := mongo.IndexModel{Keys: bson.M{"at": 1}, Options: options.Index().SetExpireAfterSeconds(60)}
		if _, err := b.orders.Indexes().CreateOne(t.Context(), ttl); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		mustInsert(t, b.orders, bson.M{"_id": "old", "at": now.Add(-61 * time.Second)}, bson.M{"_id": "young", "at": now.Add(-30 * time.Second)},
			bson.M{"_id": "text", "at": "1970"}, bson.M{"_id": "none"})
		if err := b.server.engine.expire(now); err != nil {
			t.Fatal(err)
		}
		if got := ids(all(t, b.orders, bson.M{})); got != "young text none" {
			t.Errorf("left: %s", got)
		}
	})

	t.Run("that are partial or sparse leave documents out, and queries do not miss them", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for _, index := range []mongo.IndexModel{
			{Keys: bson.M{"a": 1}, Options: options.Index().SetUnique(true).SetPartialFilterExpression(bson.M{"live": true})},
			{Keys: bson.M{"b": 1}, Options: options.Index().SetUnique(true).SetSparse(true)},
		} {
			if _, err := b.orders.Indexes().CreateOne(t.Context(), index); err != nil {
				t.Fatal(err)
			}
		}
		mustInsert(t, b.orders, bson.M{"_id": "1", "a": 1}, bson.M{"_id": "2", "a": 1}, bson.M{"_id": "3", "a": 1, "live": true, "b": 1})
		_, err := b.orders.InsertOne(t.Context(), bson.M{"_id": "4", "a": 1, "live": true})
		wantCode(t, err, 11000)
		_, err = b.orders.InsertOne(t.Context(), bson.M{"_id": "4", "b": 1})
		wantCode(t, err, 11000)
		if got := ids(all(t, b.orders, bson.M{"a": 1})); got != "1 2 3" {
			t.Errorf("found %q", got)
		}
	})
}

func TestCollections(t *testing.T) {
	t.Parallel()

	b := setup(t)
	db := b.client.Database("shop")
	if err := db.CreateCollection(t.Context(), "empty"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, db.CreateCollection(t.Context(), "empty"), 48)
	wantCode(t, db.CreateCollection(t.Context(), "capped", options.CreateCollection().SetCapped(true).SetSizeInBytes(4096)), 40415)
	mustInsert(t, b.orders, bson.M{"_id": "a"})
	mustInsert(t, b.client.Database("shop2").Collection("x"), bson.M{"_id": "a"})

	names, err := db.ListCollectionNames(t.Context(), bson.M{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"empty", "orders"}, names); diff != "" {
		t.Error(diff)
	}
	names, err = db.ListCollectionNames(t.Context(), bson.M{"name": "orders"})
	if err != nil || len(names) != 1 {
		t.Errorf("by name: %v, %v", names, err)
	}
	var stats bson.M
	if err := db.RunCommand(t.Context(), bson.D{{Key: "dbStats", Value: 1}}).Decode(&stats); err != nil || stats["objects"] != int64(1) || stats["indexSize"] != int64(9) {
		t.Errorf("dbStats %v, %v", stats, err)
	}
	if err := db.RunCommand(t.Context(), bson.D{{Key: "collStats", Value: "orders"}}).Decode(&stats); err != nil || stats["count"] != int64(1) {
		t.Errorf("collStats %v, %v", stats, err)
	}
	if err := b.orders.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := all(t, b.orders, bson.M{}); len(got) != 0 {
		t.Errorf("dropped, but found %v", got)
	}
	if err := db.Drop(t.Context()); err != nil {
		t.Fatal(err)
	}
	dbs, err := b.client.ListDatabaseNames(t.Context(), bson.M{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"shop2"}, dbs); diff != "" {
		t.Error(diff)
	}
}
