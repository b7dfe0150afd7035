package mongod

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/256dpi/lungo/bsonkit"
	"github.com/256dpi/lungo/mongokit"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// TestPlans asks random questions of a collection with indexes and of one without: an index may
// only change how an answer is found. Documents and questions mix types, arrays, nulls and missing
// fields, and change and go between the questions.
func TestPlans(t *testing.T) {
	t.Parallel()

	const rounds, documents, questions = 40, 60, 150
	byIndex := 0
	for seed := range uint64(rounds) {
		r := &randomShop{Rand: rand.New(rand.NewPCG(seed, 7))}
		indexed, plain := newCollection(), newCollection()
		for _, field := range r.indexes() {
			if err := indexed.addIndex(field+"_1", field); err != nil {
				t.Fatal(err)
			}
		}
		for i := range documents * 3 / 2 {
			r.write(t, i%documents, indexed, plain)
		}
		for range questions {
			q := query{filter: r.filter(), sort: r.sort(), limit: r.IntN(12)}
			want, _, err := plain.find(q)
			if err != nil {
				t.Fatal(err)
			}
			got, st, err := indexed.find(q)
			if err != nil {
				t.Fatal(err)
			}
			if st.index != "" {
				byIndex++
			}
			if !sameAnswer(q, got, want) {
				t.Fatalf("seed %d, %+v by index %q:\n got %v\nwant %v", seed, q, st.index, idsOf(got), idsOf(want))
			}
		}
	}
	if byIndex < rounds*questions/3 {
		t.Errorf("only %d of %d questions used an index", byIndex, rounds*questions)
	}
}

// sameAnswer compares whole answers, and of cut ones what the question determines: how many, and by
// which sort keys.
func sameAnswer(q query, got, want []record) bool {
	if q.limit == 0 {
		g, w := idsOf(got), idsOf(want)
		slices.Sort(g)
		slices.Sort(w)
		if !slices.Equal(g, w) {
			return false
		}
	}
	columns, err := mongokit.Columns(&q.sort)
	if err != nil || len(got) != len(want) {
		return false
	}
	for i := range got {
		if bsonkit.Order(got[i].doc, want[i].doc, columns, false) != 0 {
			return false
		}
	}
	return true
}

func idsOf(list []record) []int32 {
	out := make([]int32, len(list))
	for i, r := range list {
		out[i] = get(r.doc, "_id").(int32)
	}
	return out
}

// randomShop makes up documents and questions about three fields, one of them inside another. The
// field b may hold arrays.
type randomShop struct{ *rand.Rand }

func (r *randomShop) field() string { return []string{"a", "b", "n.c"}[r.IntN(3)] }

func (r *randomShop) scalar() any {
	n := r.IntN(7)
	return []any{
		int32(n), int64(n), float64(n) / 2, string(rune('p' + n)), primitive.DateTime(n), n%2 == 0, nil, bson.D{{Key: "k", Value: int32(n % 2)}},
	}[r.IntN(8)]
}

func (r *randomShop) value() any {
	if r.IntN(8) > 0 {
		return r.scalar()
	}
	list := bson.A{}
	for range r.IntN(4) {
		list = append(list, r.scalar())
	}
	return list
}

func (r *randomShop) indexes() []string { return []string{"a", "n.c", "b"}[r.IntN(3):] }

// write inserts the document i, or changes or removes it if it is there.
func (r *randomShop) write(t *testing.T, i int, collections ...*collection) {
	t.Helper()
	doc := bson.D{{Key: "_id", Value: int32(i)}}
	if r.IntN(6) > 0 {
		doc = append(doc, bson.E{Key: "a", Value: r.scalar()})
	}
	if r.IntN(6) > 0 {
		doc = append(doc, bson.E{Key: "b", Value: r.value()})
	}
	if r.IntN(6) > 0 {
		doc = append(doc, bson.E{Key: "n", Value: bson.D{{Key: "c", Value: r.scalar()}}})
	}
	remove := r.IntN(5) == 0
	for _, c := range collections {
		old, ok := c.byID(int32(i))
		var err error
		if ok && remove {
			err = c.remove(old)
		} else {
			err = c.put("x", old, &doc, 1)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (r *randomShop) filter() bson.D {
	filter := bson.D{}
	for range r.IntN(4) {
		filter = append(filter, bson.E{Key: r.field(), Value: r.condition()})
	}
	return filter
}

func (r *randomShop) condition() any {
	ranges := []string{"$lt", "$lte", "$gt", "$gte"}
	switch r.IntN(6) {
	case 0:
		return r.value()
	case 1:
		return bson.D{{Key: "$in", Value: bson.A{r.scalar(), r.scalar(), r.scalar()}}}
	case 2:
		return bson.D{{Key: "$exists", Value: r.IntN(2) == 0}}
	case 3:
		return bson.D{{Key: ranges[r.IntN(2)], Value: r.scalar()}, {Key: ranges[2+r.IntN(2)], Value: r.scalar()}}
	}
	return bson.D{{Key: ranges[r.IntN(4)], Value: r.scalar()}}
}

func (r *randomShop) sort() bson.D {
	sort := bson.D{}
	for range r.IntN(3) {
		key := r.field()
		if len(sort) == 0 || sort[0].Key != key {
			sort = append(sort, bson.E{Key: key, Value: int32(1 - 2*r.IntN(2))})
		}
	}
	return sort
}
