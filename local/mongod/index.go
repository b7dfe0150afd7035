package mongod

import (
	"cmp"
	"math"
	"time"

	"github.com/256dpi/lungo/bsonkit"
	"github.com/256dpi/lungo/mongokit"
	"github.com/tidwall/btree"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// entry is one key of one document in an index. A document has several where a field holds an
// array. edge is 0 in a stored entry; a search key uses -1 and 1 to stand just before and just
// after all that share its keys.
type entry struct {
	keys []any
	edge int8
	id   uint64
}

// classEdge is a search key before (low) or after everything of one BSON class: ranges stay within
// the class of their bound.
type classEdge struct {
	class bsonkit.Class
	high  bool
}

// indexSpec says what an index is, in the words of createIndexes.
type indexSpec struct {
	name    string
	key     bson.D
	unique  bool
	sparse  bool
	partial bson.D        // nil: every document
	expire  time.Duration // 0: never
	ttl     bool
}

type index struct {
	indexSpec
	columns  []bsonkit.Column
	tree     *btree.BTreeG[entry]
	multikey bool // some document has several entries: its order and both ends of a range can't be trusted
}

func newIndex(spec indexSpec) (*index, error) {
	columns, err := mongokit.Columns(&spec.key)
	if err != nil || len(columns) == 0 {
		return nil, errorf(codeCannotCreateIndex, "index key %v: only 1 and -1 are supported", spec.key)
	}
	return newTree(spec, columns), nil
}

// newIDIndex is the index that every collection has.
func newIDIndex() *index {
	spec := indexSpec{name: "_id_", key: bson.D{{Key: "_id", Value: int32(1)}}, unique: true}
	return newTree(spec, []bsonkit.Column{{Path: "_id"}})
}

func newTree(spec indexSpec, columns []bsonkit.Column) *index {
	less := func(a, b entry) bool { return compareEntries(columns, a, b) < 0 }
	// Without locks: a tree has one writer, and readers hold an older version of it.
	tree := btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})
	return &index{indexSpec: spec, columns: columns, tree: tree}
}

func (x *index) copy() *index {
	c := *x
	c.tree = x.tree.Copy()
	return &c
}

// plain reports whether every document is in the index, so that a query may rely on it.
func (x *index) plain() bool { return !x.sparse && x.partial == nil }

func compareEntries(columns []bsonkit.Column, a, b entry) int {
	for i := range min(len(a.keys), len(b.keys)) {
		c := compareKeys(a.keys[i], b.keys[i])
		if columns[i].Reverse {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	if a.edge != b.edge {
		return cmp.Compare(a.edge, b.edge)
	}
	return cmp.Compare(a.id, b.id)
}

func compareKeys(a, b any) int {
	ea, aEdge := a.(classEdge)
	eb, bEdge := b.(classEdge)
	switch {
	case aEdge && bEdge:
		return cmp.Or(cmp.Compare(ea.class, eb.class), cmp.Compare(btoi(ea.high), btoi(eb.high)))
	case aEdge:
		return -compareEdge(b, ea)
	case bEdge:
		return compareEdge(a, eb)
	}
	return compareValues(a, b)
}

func compareEdge(v any, e classEdge) int {
	class, _ := bsonkit.Inspect(v)
	if class != e.class {
		return cmp.Compare(class, e.class)
	}
	return 1 - 2*btoi(e.high)
}

// compareValues is bsonkit.Compare, but for one case in which that has no consistent order: it
// takes infinite floats for zero when it meets a decimal, and a tree that is sorted so loses
// documents.
func compareValues(a, b any) int {
	if f, ok := a.(float64); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
		if _, ok := b.(primitive.Decimal128); ok {
			return cmp.Compare(f, 0)
		}
	}
	if f, ok := b.(float64); ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
		if _, ok := a.(primitive.Decimal128); ok {
			return cmp.Compare(0, f)
		}
	}
	return bsonkit.Compare(a, b)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// keys lists the key tuples under which the index holds doc: none if it leaves the document out.
func (x *index) keys(doc *bson.D) ([][]any, error) {
	if x.partial != nil {
		ok, err := mongokit.Match(doc, &x.partial)
		if err != nil || !ok {
			return nil, err
		}
	}
	tuples := [][]any{nil}
	present := false
	for _, column := range x.columns {
		value, _ := bsonkit.All(doc, column.Path, true, true)
		present = present || !isMissing(value)
		values := []any{value}
		if list, ok := value.(bson.A); ok && len(list) > 0 {
			values = list
		}
		tuples = product(tuples, values)
	}
	if x.sparse && !present {
		return nil, nil
	}
	return tuples, nil
}

func product(tuples [][]any, values []any) [][]any {
	out := make([][]any, 0, len(tuples)*len(values))
	for _, t := range tuples {
		for _, v := range values {
			next := make([]any, len(t), len(t)+1)
			copy(next, t)
			out = append(out, append(next, v))
		}
	}
	return out
}

// holder returns the document that has keys already, other than id.
func (x *index) holder(keys []any, id uint64) (uint64, bool) {
	var other uint64
	found := false
	x.tree.Ascend(entry{keys: keys, edge: -1}, func(e entry) bool {
		if compareEntries(x.columns, entry{keys: e.keys, edge: -1}, entry{keys: keys, edge: -1}) != 0 {
			return false
		}
		if e.id != id {
			other, found = e.id, true
		}
		return !found
	})
	return other, found
}

func (x *index) add(tuples [][]any, id uint64) {
	x.multikey = x.multikey || len(tuples) > 1
	for _, keys := range tuples {
		x.tree.Set(entry{keys: keys, id: id})
	}
}

func (x *index) remove(tuples [][]any, id uint64) {
	for _, keys := range tuples {
		x.tree.Delete(entry{keys: keys, id: id})
	}
}

// bytes is about how large the index is: its texts, and eight bytes for each other key and each
// document.
func (x *index) bytes() int64 {
	var n int64
	x.tree.Scan(func(e entry) bool {
		n += 8
		for _, key := range e.keys {
			if text, ok := key.(string); ok {
				n += int64(len(text))
			} else {
				n += 8
			}
		}
		return true
	})
	return n
}
