package mongod

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestFind(t *testing.T) {
	t.Parallel()

	t.Run("filters, sorts and limits, with and without an index", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for i, key := range []bson.D{nil, {{Key: "due", Value: 1}}, {{Key: "state", Value: 1}}} {
			c := b.client.Database("shop").Collection(fmt.Sprint("orders", i))
			if key != nil {
				if _, err := c.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: key}); err != nil {
					t.Fatal(err)
				}
			}
			mustInsert(t, c,
				bson.M{"_id": "a", "due": bson.DateTime(30), "state": "paid"}, bson.M{"_id": "b", "due": bson.DateTime(10), "state": "paid"},
				bson.M{"_id": "c", "due": bson.DateTime(20), "state": "open"}, bson.M{"_id": "d", "due": "never", "state": "paid"},
				bson.M{"_id": "e", "state": "paid"}, bson.M{"_id": "f", "due": bson.DateTime(25), "state": "paid"}, bson.M{"_id": "g", "due": nil})
			lte := func(n int64) bson.M { return bson.M{"due": bson.M{"$lte": bson.DateTime(n)}} }
			for _, q := range []struct {
				filter any
				opts   *options.FindOptionsBuilder
				want   string
			}{
				{lte(25), options.Find().SetSort(bson.M{"due": 1}), "b c f"},
				{lte(25), options.Find().SetSort(bson.M{"due": -1}), "f c b"},
				{lte(25), options.Find().SetSort(bson.M{"due": 1}).SetLimit(2), "b c"},
				{bson.M{"due": bson.M{"$gt": bson.DateTime(10), "$lt": bson.DateTime(30)}}, options.Find().SetSort(bson.M{"due": 1}), "c f"},
				{bson.M{"due": bson.M{"$gte": bson.DateTime(10), "$lte": bson.DateTime(30)}, "state": "paid"}, options.Find().SetSort(bson.M{"due": -1}), "a f b"},
				{bson.M{"due": nil}, options.Find(), "e g"},
				{bson.M{"due": bson.DateTime(20)}, options.Find(), "c"},
				{bson.M{"due": bson.M{"$in": bson.A{bson.DateTime(30), bson.DateTime(10), "never"}}}, options.Find().SetSort(bson.M{"_id": 1}), "a b d"},
				{bson.M{"_id": bson.M{"$in": bson.A{"f", "a", "zz"}}}, options.Find().SetSort(bson.M{"_id": -1}), "f a"},
				{bson.M{"_id": "a", "state": "open"}, options.Find(), ""},
				{bson.M{}, options.Find().SetSort(bson.D{{Key: "due", Value: -1}, {Key: "_id", Value: 1}}).SetLimit(3), "a f c"},
				{bson.M{"due": bson.M{"$exists": false}}, options.Find(), "e"},
			} {
				if got := ids(all(t, c, q.filter, q.opts)); got != q.want {
					t.Errorf("index %v: %v found %q, want %q", key, q.filter, got, q.want)
				}
			}
		}
	})

	t.Run("shows the fields that are asked for", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.D{{Key: "_id", Value: "a"}, {Key: "x", Value: bson.D{{Key: "y", Value: 1}, {Key: "z", Value: 2}}},
			{Key: "list", Value: bson.A{bson.D{{Key: "p", Value: 1}, {Key: "q", Value: 2}}}}})
		for projection, want := range map[string]string{
			`{"x.y": 1}`:                `{"_id":"a","x":{"y":1}}`,
			`{"list.p": 1, "_id": 0}`:   `{"list":[{"p":1}]}`,
			`{"x": 0, "list.q": false}`: `{"_id":"a","list":[{"p":1}]}`,
			`{"_id": 1}`:                `{"_id":"a"}`,
			`{"_id": 0, "list": 0}`:     `{"x":{"y":1,"z":2}}`,
		} {
			var doc bson.D
			if err := bson.UnmarshalExtJSON([]byte(projection), false, &doc); err != nil {
				t.Fatal(err)
			}
			raw, err := b.orders.FindOne(t.Context(), bson.M{}, options.FindOne().SetProjection(doc)).Raw()
			if err != nil {
				t.Fatal(err)
			}
			got, err := bson.MarshalExtJSON(raw, false, false)
			if err != nil || string(got) != want {
				t.Errorf("%s shows %s, want %s (%v)", projection, got, want, err)
			}
		}
		err := b.orders.FindOne(t.Context(), bson.M{}, options.FindOne().SetProjection(bson.D{{Key: "x", Value: 1}, {Key: "y", Value: 0}})).Err()
		wantCode(t, err, 31254)
	})

	t.Run("refuses operators that it does not know, also in an empty collection", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for _, filter := range []any{
			bson.M{"$where": "1"}, bson.M{"$or": bson.A{bson.M{"a": 1}}}, bson.M{"a": bson.M{"$regex": "x"}}, bson.M{"a": bson.Regex{Pattern: "x"}},
			bson.D{{Key: "no", Value: "match"}, {Key: "a", Value: bson.M{"$near": 1}}}, bson.M{"a": bson.M{"$in": 1}},
			bson.M{"a": bson.M{"$in": bson.A{bson.Regex{Pattern: "x"}}}}, bson.M{"a": bson.MaxKey{}},
		} {
			_, err := b.orders.Find(t.Context(), filter)
			wantCode(t, err, 2)
		}
		_, err := b.orders.Find(t.Context(), bson.M{}, options.Find().SetSort(bson.M{"a": 2}))
		wantCode(t, err, 2)
	})

	t.Run("hands out large answers in batches, over cursors that can be closed", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		var docs []any
		for i := range 450 {
			docs = append(docs, bson.M{"_id": fmt.Sprintf("%03d", i), "n": i})
		}
		mustInsert(t, b.orders, docs...)
		for _, size := range []int32{0, 7, 101, 1000} {
			cur, err := b.orders.Find(t.Context(), bson.M{}, options.Find().SetBatchSize(size))
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for cur.Next(t.Context()) { // not All: the driver's stops at the empty first batch that size 0 asks for
				if got := cur.Current.Lookup("n").AsInt64(); got != int64(n) {
					t.Fatalf("batches of %d: document %d is %d", size, n, got)
				}
				n++
			}
			if n != 450 || cur.Err() != nil {
				t.Errorf("batches of %d: got %d documents, %v", size, n, cur.Err())
			}
		}
		cur, err := b.orders.Find(t.Context(), bson.M{}, options.Find().SetBatchSize(2))
		if err != nil || cur.ID() == 0 {
			t.Fatalf("cursor %v", err)
		}
		id := cur.ID()
		if err := cur.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		err = b.client.Database("shop").RunCommand(t.Context(), bson.D{{Key: "getMore", Value: id}, {Key: "collection", Value: "orders"}}).Err()
		wantCode(t, err, 43)
	})

	t.Run("counts", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "a", "s": "x"}, bson.M{"_id": "b", "s": "y"}, bson.M{"_id": "c", "s": "x"})
		for filter, want := range map[string]int64{"x": 2, "z": 0} {
			if n, err := b.orders.CountDocuments(t.Context(), bson.M{"s": filter}); err != nil || n != want {
				t.Errorf("counted %d of %s, %v", n, filter, err)
			}
		}
		if n, err := b.orders.EstimatedDocumentCount(t.Context()); err != nil || n != 3 {
			t.Errorf("estimated %d, %v", n, err)
		}
		match := bson.D{{Key: "$match", Value: bson.M{}}}
		for _, pipeline := range []mongo.Pipeline{
			{}, {match}, {match, {{Key: "$group", Value: bson.M{"_id": "$s"}}}}, {match, {{Key: "$count", Value: "n"}}},
		} {
			_, err := b.orders.Aggregate(t.Context(), pipeline)
			wantCode(t, err, codeUnknownPipelineStep)
		}
		_, err := b.orders.CountDocuments(t.Context(), bson.M{"s": bson.M{"$nope": 1}})
		wantCode(t, err, codeBadValue)
	})
}
