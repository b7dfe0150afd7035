package mongod

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// explained runs a find and returns which index it used, and how many keys, documents and hits it
// met.
func explained(t *testing.T, c *mongo.Collection, find bson.D) (index string, keys, docs, hits int32) {
	t.Helper()
	find = append(bson.D{{Key: "find", Value: c.Name()}}, find...)
	raw, err := c.Database().RunCommand(t.Context(), bson.D{{Key: "explain", Value: find}}).Raw()
	if err != nil {
		t.Fatal(err)
	}
	number := func(name string) int32 { return raw.Lookup("executionStats", name).Int32() }
	index, _ = raw.Lookup("queryPlanner", "winningPlan", "indexName").StringValueOK()
	return index, number("totalKeysExamined"), number("totalDocsExamined"), number("nReturned")
}

// TestScans counts what the shop's questions look at: it must not grow with what they do not ask
// for.
func TestScans(t *testing.T) {
	t.Parallel()

	b := setup(t)
	indexes := []mongo.IndexModel{
		{Keys: bson.M{"next_due_at": 1}}, {Keys: bson.D{{Key: "state", Value: 1}, {Key: "at", Value: -1}}},
	}
	if _, err := b.orders.Indexes().CreateMany(t.Context(), indexes); err != nil {
		t.Fatal(err)
	}
	const due = 10
	for size := range []int{0, 1, 2} {
		var docs []any
		for i := range 3000 {
			doc := bson.M{"_id": fmt.Sprintf("cs_%d_%04d", size, i), "state": "done", "at": i, "next_due_at": bson.DateTime(1000 + i)}
			if size == 0 && i < due {
				doc["next_due_at"], doc["state"] = bson.DateTime(i), "paid"
			}
			if i%3 == 0 && i > 100 {
				delete(doc, "next_due_at")
			}
			docs = append(docs, doc)
		}
		mustInsert(t, b.orders, docs...)
		id, ascending := bson.E{Key: "_id", Value: "cs_0_0005"}, bson.D{{Key: "next_due_at", Value: 1}}
		dueNow := bson.E{Key: "next_due_at", Value: bson.M{"$lte": bson.DateTime(500)}}
		filter := func(e ...bson.E) bson.E { return bson.E{Key: "filter", Value: bson.D(e)} }
		for _, q := range []struct {
			name   string
			find   bson.D
			index  string
			atMost int32
			hits   int32
		}{
			{"by _id", bson.D{filter(id)}, "_id_", 1, 1},
			{"by _id and another field", bson.D{filter(bson.E{Key: "state", Value: "paid"}, id)}, "_id_", 1, 1},
			{"what is due", bson.D{filter(dueNow), {Key: "sort", Value: ascending}, {Key: "limit", Value: 100}}, "next_due_at_1", due, due},
			{"the first three due", bson.D{filter(dueNow), {Key: "sort", Value: ascending}, {Key: "limit", Value: 3}}, "next_due_at_1", 3, 3},
			{"the latest of a state", bson.D{filter(bson.E{Key: "state", Value: "done"}), {Key: "sort", Value: bson.M{"at": -1}}, {Key: "limit", Value: 5}}, "state_1_at_-1", 5, 5},
			{"the first of all by index", bson.D{{Key: "sort", Value: bson.M{"_id": -1}}, {Key: "limit", Value: 2}}, "_id_", 2, 2},
		} {
			index, keys, looked, hits := explained(t, b.orders, q.find)
			if index != q.index || keys > q.atMost || looked > q.atMost || hits != q.hits {
				t.Errorf("%d documents, %s: index %q, %d keys, %d documents, %d found; want %q, at most %d, %d",
					3000*(size+1), q.name, index, keys, looked, hits, q.index, q.atMost, q.hits)
			}
		}
	}
	if index, _, looked, _ := explained(t, b.orders, bson.D{{Key: "filter", Value: bson.M{"at": 1}}}); index != "" || looked != 9000 {
		t.Errorf("without an index: %q, %d documents", index, looked)
	}
}
