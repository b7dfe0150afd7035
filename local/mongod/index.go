package mongod

import (
	"cmp"

	"github.com/256dpi/lungo/bsonkit"
	"github.com/tidwall/btree"
	"go.mongodb.org/mongo-driver/bson"
)

// entry is a document's key in an index. edge is 0 in a stored entry; a search key uses -1 and 1 to
// stand just before and just after all that share its key.
type entry struct {
	key  any
	edge int8
	id   uint64
}

// classEdge is a search key before (low) or after everything of one BSON class: ranges stay within
// the class of their bound.
type classEdge struct {
	class bsonkit.Class
	high  bool
}

// index orders a collection's documents by one field.
type index struct {
	name  string
	field string
	tree  *btree.BTreeG[entry]
	// multi: it holds, or held, a document under several keys, the elements of an array.
	multi bool
}

func newIndex(name, field string) *index {
	less := func(a, b entry) bool { return compareEntries(a, b) < 0 }
	// Without locks: a tree has one writer, and readers hold an older version of it.
	return &index{name: name, field: field, tree: btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})}
}

// newIDIndex is the index that every collection has.
func newIDIndex() *index { return newIndex("_id_", "_id") }

func (x *index) copy() *index {
	c := *x
	c.tree = x.tree.Copy()
	return &c
}

func compareEntries(a, b entry) int {
	return cmp.Or(compareKeys(a.key, b.key), cmp.Compare(a.edge, b.edge), cmp.Compare(a.id, b.id))
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
	return bsonkit.Compare(a, b)
}

func compareEdge(v any, e classEdge) int {
	class, _ := bsonkit.Inspect(v)
	if class != e.class {
		return cmp.Compare(class, e.class)
	}
	return 1 - 2*btoi(e.high)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// key is the one under which the index holds doc. An array stands for its elements.
func (x *index) key(doc *bson.D) (any, error) {
	value, _ := bsonkit.All(doc, x.field, true, true)
	if _, ok := value.(bson.A); ok && x.field == "_id" {
		return nil, errorf(codeBadValue, "the _id is an array")
	}
	return value, nil
}

// each calls do for each entry that a key stands for: those of the elements of an array, or of the
// array itself where it has none.
func (x *index) each(key any, id uint64, do func(entry)) {
	list, ok := key.(bson.A)
	if !ok {
		do(entry{key: key, id: id})
		return
	}
	x.multi = true
	for _, element := range list {
		do(entry{key: element, id: id})
	}
	if len(list) == 0 {
		do(entry{id: id})
	}
}

// move changes the document's key from the i-th of removed to the i-th of added, where there are
// any. Most updates keep most keys.
func (x *index) move(id uint64, removed, added []any, i int) {
	if removed != nil && added != nil && bsonkit.Compare(removed[i], added[i]) == 0 {
		return
	}
	if removed != nil {
		x.each(removed[i], id, func(e entry) { x.tree.Delete(e) })
	}
	if added != nil {
		x.each(added[i], id, func(e entry) { x.tree.Set(e) })
	}
}

// holder returns the document that has a key.
func (x *index) holder(key any) (id uint64, found bool) {
	x.tree.Ascend(entry{key: key, edge: -1}, func(e entry) bool {
		id, found = e.id, bsonkit.Compare(e.key, key) == 0
		return false
	})
	return id, found
}

// bytes is about how large the index is: its texts, and eight bytes for each other key and each
// document.
func (x *index) bytes() int64 {
	var n int64
	x.tree.Scan(func(e entry) bool {
		n += 16
		if text, ok := e.key.(string); ok {
			n += int64(len(text)) - 8
		}
		return true
	})
	return n
}
