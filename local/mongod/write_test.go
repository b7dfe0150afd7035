package mongod

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1bson "go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// rawD is the document type that lungo, and so the server, works on.
type rawD = v1bson.D

func TestInsert(t *testing.T) {
	t.Parallel()

	t.Run("refuses a second document of one _id, and says which", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "cs_1"})
		_, err := b.orders.InsertOne(t.Context(), bson.M{"_id": "cs_1"})
		if !mongo.IsDuplicateKeyError(err) {
			t.Fatalf("got %v", err)
		}
		var we mongo.WriteException
		if !errors.As(err, &we) {
			t.Fatalf("got %T", err)
		}
		raw := we.WriteErrors[0].Raw
		if raw.Lookup("keyPattern", "_id").AsInt64() != 1 || raw.Lookup("keyValue", "_id").StringValue() != "cs_1" {
			t.Errorf("write error is %s", raw)
		}
	})

	t.Run("stops at the first failure if ordered, and goes on if not", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		docs := []any{bson.M{"_id": "a"}, bson.M{"_id": "a"}, bson.M{"_id": "b"}}
		_, err := b.orders.InsertMany(t.Context(), docs)
		wantCode(t, err, 11000)
		if got := ids(all(t, b.orders, bson.D{})); got != "a" {
			t.Errorf("ordered: stored %q", got)
		}
		_, err = b.orders.InsertMany(t.Context(), docs, options.InsertMany().SetOrdered(false))
		wantCode(t, err, 11000)
		if got := ids(all(t, b.orders, bson.D{})); got != "a b" {
			t.Errorf("unordered: stored %q", got)
		}
	})

	t.Run("keeps every type, and dots and dollars in keys and values", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		want := bson.D{
			{Key: "_id", Value: "cs_1"}, {Key: "n32", Value: int32(1)}, {Key: "n64", Value: int64(2)}, {Key: "f", Value: 1.5},
			{Key: "null", Value: nil}, {Key: "bin", Value: bson.Binary{Data: []byte{1, 2}}}, {Key: "at", Value: bson.DateTime(5)},
			{Key: "oid", Value: bson.NewObjectID()}, {Key: "list", Value: bson.A{int32(1), "x"}},
			{Key: "metadata", Value: bson.D{
				{Key: "a.b", Value: "$c.d"}, {Key: "$where", Value: "1"}, {Key: "$", Value: "."}, {Key: "", Value: "empty"},
			}},
		}
		mustInsert(t, b.orders, want)
		set := bson.D{{Key: "$set", Value: bson.D{{Key: "copy", Value: want[9].Value}, {Key: "payload", Value: "{$x: 'a.b'}"}}}}
		if _, err := b.orders.UpdateByID(t.Context(), "cs_1", set); err != nil {
			t.Fatal(err)
		}
		want = append(want, bson.E{Key: "copy", Value: want[9].Value}, bson.E{Key: "payload", Value: "{$x: 'a.b'}"})
		check := func(c *mongo.Collection) {
			var got bson.D
			if err := c.FindOne(t.Context(), bson.M{"_id": "cs_1"}).Decode(&got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
		check(b.orders)
		b.stop()
		check(setupDir(t, b.dir, Options{}).orders)
	})

	t.Run("refuses what it cannot keep in order", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		decimal, err := bson.ParseDecimal128("1.5")
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range []bson.M{{"_id": bson.A{1}}, {"v": bson.MinKey{}}, {"v": decimal}, {"_id": bson.M{"$x": 1}}} {
			if _, err := b.orders.InsertOne(t.Context(), doc); err == nil {
				t.Errorf("stored %v", doc)
			}
		}
		// Straight to the engine: the driver would not even send it.
		err = b.server.engine.write(func(t *tx) error {
			return t.put("shop.orders", record{}, rawD{{Key: "_id", Value: "a"}, {Key: "v", Value: strings.Repeat("x", 16<<20)}})
		})
		if err == nil || asError(err).Code != codeDocumentTooLarge {
			t.Errorf("a document of more than 16 MiB: %v", err)
		}
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()

	t.Run("applies the operators that the shop uses", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "a", "n": 1, "high": 5, "low": 5})
		res, err := b.orders.UpdateOne(t.Context(), bson.M{"_id": "a"}, bson.M{
			"$set": bson.M{"emails.welcome-1.state": "sent"}, "$inc": bson.M{"n": 2}, "$max": bson.M{"high": 4, "low": 6},
			"$setOnInsert": bson.M{"new": 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		if res.MatchedCount != 1 || res.ModifiedCount != 1 {
			t.Errorf("result %+v", res)
		}
		want := bson.M{"_id": "a", "n": int32(3), "low": int32(6), "high": int32(5),
			"emails": bson.D{{Key: "welcome-1", Value: bson.D{{Key: "state", Value: "sent"}}}}}
		if diff := cmp.Diff(want, all(t, b.orders, bson.D{})[0]); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("counts a change that changes nothing as matched only", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "a", "n": 1})
		res, err := b.orders.UpdateOne(t.Context(), bson.M{"_id": "a"}, bson.M{"$set": bson.M{"n": 1}})
		if err != nil || res.MatchedCount != 1 || res.ModifiedCount != 0 {
			t.Errorf("result %+v, %v", res, err)
		}
	})

	t.Run("upserts from the query and the update, once", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		up := bson.M{"$set": bson.M{"events.evt_1": 1}, "$setOnInsert": bson.M{"first": true}}
		for i := range 2 {
			res, err := b.orders.UpdateOne(t.Context(), bson.M{"_id": "a"}, up, options.UpdateOne().SetUpsert(true))
			if err != nil {
				t.Fatal(err)
			}
			if (i == 0) != (res.UpsertedID == "a") || (i == 1) != (res.MatchedCount == 1) {
				t.Errorf("result %d: %+v", i, res)
			}
		}
		want := bson.M{"_id": "a", "first": true, "events": bson.D{{Key: "evt_1", Value: int32(1)}}}
		if diff := cmp.Diff([]bson.M{want}, all(t, b.orders, bson.D{})); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("never changes the _id", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "a", "n": 1})
		_, err := b.orders.UpdateOne(t.Context(), bson.M{"_id": "a"}, bson.M{"$set": bson.M{"_id": "b"}})
		wantCode(t, err, 66)
		_, err = b.orders.UpdateOne(t.Context(), bson.M{"_id": "c"}, bson.M{"$set": bson.M{"_id": "b"}}, options.UpdateOne().SetUpsert(true))
		wantCode(t, err, 66)
	})

	t.Run("refuses what it does not know, also when no document matches", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for update, code := range map[string]int{
			`{"$sett": {"a": 1}}`: 9, `{"$set": 1}`: 9, `{"$set": {"a": 1, "a.b": 2}}`: 40, `{"$set": {"a..b": 1}}`: 56,
			`{"$inc": {"a": "x"}}`: 2, `{"$unset": {"a": 1}}`: 9,
		} {
			var doc bson.D
			if err := bson.UnmarshalExtJSON([]byte(update), false, &doc); err != nil {
				t.Fatal(err)
			}
			_, err := b.orders.UpdateOne(t.Context(), bson.M{"_id": "a"}, doc)
			wantCode(t, err, code)
		}
		_, err := b.orders.UpdateOne(t.Context(), bson.M{}, mongo.Pipeline{{{Key: "$set", Value: bson.M{"a": 1}}}})
		wantCode(t, err, 9)
		_, err = b.orders.ReplaceOne(t.Context(), bson.M{}, bson.M{"a": 1})
		wantCode(t, err, 9)
		_, err = b.orders.UpdateMany(t.Context(), bson.M{}, bson.M{"$set": bson.M{"a": 1}})
		wantCode(t, err, codeInvalidOptions)
	})

	t.Run("deletes one or many", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "a", "n": 1}, bson.M{"_id": "b", "n": 1}, bson.M{"_id": "c", "n": 2})
		one, err := b.orders.DeleteOne(t.Context(), bson.M{"n": 1})
		if err != nil || one.DeletedCount != 1 || ids(all(t, b.orders, bson.D{})) != "b c" {
			t.Fatalf("deleted %+v, %v", one, err)
		}
		many, err := b.orders.DeleteMany(t.Context(), bson.D{})
		if err != nil || many.DeletedCount != 2 {
			t.Fatalf("deleted %+v, %v", many, err)
		}
	})
}

func TestFindAndModify(t *testing.T) {
	t.Parallel()

	b := setup(t)
	mustInsert(t, b.orders, bson.M{"_id": "a", "n": 2}, bson.M{"_id": "b", "n": 1})

	one := func(res *mongo.SingleResult) bson.M {
		t.Helper()
		var m bson.M
		if err := res.Decode(&m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	inc := bson.M{"$inc": bson.M{"n": 10}}
	got := one(b.orders.FindOneAndUpdate(t.Context(), bson.M{"n": 1}, inc))
	if diff := cmp.Diff(bson.M{"_id": "b", "n": int32(1)}, got); diff != "" {
		t.Errorf("before: %s", diff)
	}
	got = one(b.orders.FindOneAndUpdate(t.Context(), bson.M{"_id": "b"}, inc,
		options.FindOneAndUpdate().SetReturnDocument(options.After)))
	if diff := cmp.Diff(bson.M{"_id": "b", "n": int32(21)}, got); diff != "" {
		t.Errorf("after: %s", diff)
	}
	got = one(b.orders.FindOneAndUpdate(t.Context(), bson.M{"_id": "c"}, inc,
		options.FindOneAndUpdate().SetReturnDocument(options.After).SetUpsert(true)))
	if diff := cmp.Diff(bson.M{"_id": "c", "n": int32(10)}, got); diff != "" {
		t.Errorf("upsert: %s", diff)
	}
	if err := b.orders.FindOneAndUpdate(t.Context(), bson.M{"_id": "d"}, inc).Err(); !errors.Is(err, mongo.ErrNoDocuments) {
		t.Errorf("nothing there: %v", err)
	}
	wantCode(t, b.orders.FindOneAndDelete(t.Context(), bson.M{"_id": "a"}).Err(), codeUnknownField)
	if got := ids(all(t, b.orders, bson.D{})); got != "a b c" {
		t.Errorf("left: %s", got)
	}
}
