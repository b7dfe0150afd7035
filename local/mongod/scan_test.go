package mongod

import (
	"fmt"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// TestScans counts what the shop's questions look at: it must not grow with what they do not ask
// for.
func TestScans(t *testing.T) {
	t.Parallel()

	c := newCollection()
	for _, field := range []string{"next_due_at", "at"} {
		if err := c.addIndex(field+"_1", field); err != nil {
			t.Fatal(err)
		}
	}
	date := func(n int) primitive.DateTime { return primitive.DateTime(n) }
	dueNow := bson.D{{Key: "next_due_at", Value: bson.D{{Key: "$lte", Value: date(500)}}}}
	id := bson.E{Key: "_id", Value: "cs_0_0005"}
	by := func(field string, direction int32) bson.D { return bson.D{{Key: field, Value: direction}} }
	const due = 10
	for size := range []int{0, 1, 2} {
		for i := range 3000 {
			doc := bson.D{{Key: "_id", Value: fmt.Sprintf("cs_%d_%04d", size, i)}, {Key: "state", Value: "done"}, {Key: "at", Value: date(i)}}
			switch {
			case size == 0 && i < due:
				doc = append(doc, bson.E{Key: "next_due_at", Value: date(i)})
			case i%3 != 0 || i <= 100:
				doc = append(doc, bson.E{Key: "next_due_at", Value: date(1000 + i)})
			}
			if err := c.put("x", record{}, &doc, 1); err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range []struct {
			name   string
			query  query
			index  string
			atMost int
			hits   int
		}{
			{"by _id", query{filter: bson.D{id}}, "_id_", 1, 1},
			{"by _id and another field", query{filter: bson.D{{Key: "state", Value: "done"}, id}}, "_id_", 1, 1},
			{"by an _id that there is not", query{filter: bson.D{{Key: "_id", Value: "cs"}}}, "_id_", 0, 0},
			{"by some _ids", query{filter: bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{"cs_0_0001", "cs_0_0002"}}}}}}, "_id_", 2, 2},
			{"what is due", query{filter: dueNow, sort: by("next_due_at", 1), limit: 100}, "next_due_at_1", due, due},
			{"the first three due", query{filter: dueNow, sort: by("next_due_at", 1), limit: 3}, "next_due_at_1", 3, 3},
			{"the latest", query{filter: bson.D{{Key: "at", Value: bson.D{{Key: "$gte", Value: date(0)}, {Key: "$lte", Value: date(9000)}}}}, sort: by("at", -1), limit: 5}, "at_1", 5, 5},
			{"the first of all by index", query{sort: by("_id", -1), limit: 2}, "_id_", 2, 2},
		} {
			found, st, err := c.find(q.query)
			if err != nil || st.index != q.index || st.keys > q.atMost || st.docs > q.atMost || len(found) != q.hits {
				t.Errorf("%d documents, %s: index %q, %d keys, %d documents, %d found, %v; want %q, at most %d, %d",
					3000*(size+1), q.name, st.index, st.keys, st.docs, len(found), err, q.index, q.atMost, q.hits)
			}
		}
	}
	if _, st, err := c.find(query{filter: bson.D{{Key: "state", Value: "x"}}}); st.index != "" || st.docs != 9000 || err != nil {
		t.Errorf("without an index: %q, %d documents, %v", st.index, st.docs, err)
	}
}
