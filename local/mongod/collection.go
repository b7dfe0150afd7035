package mongod

import (
	"fmt"
	"slices"

	"github.com/256dpi/lungo/bsonkit"
	"github.com/tidwall/btree"
	"go.mongodb.org/mongo-driver/bson"
)

// record is a stored document. It is never changed: an update stores another under the same id. The
// id is only a place in the order of insertion, which is the order of a query that asks for none.
type record struct {
	id   uint64
	doc  *bson.D
	size int
}

// collection is one version of a collection's documents and indexes. A version that readers can see
// is never changed: a writer works on a copy, which shares all that it does not touch.
type collection struct {
	records *btree.BTreeG[record]
	indexes []*index // the first is _id's
	nextID  uint64
	bytes   int64
}

func newCollection() *collection {
	less := func(a, b record) bool { return a.id < b.id }
	return &collection{
		records: btree.NewBTreeGOptions(less, btree.Options{NoLocks: true}),
		indexes: []*index{newIDIndex()},
	}
}

func (c *collection) copy() *collection {
	d := *c
	d.records = c.records.Copy()
	d.indexes = make([]*index, len(c.indexes))
	for i, x := range c.indexes {
		d.indexes[i] = x.copy()
	}
	return &d
}

func (c *collection) get(id uint64) (record, bool) { return c.records.Get(record{id: id}) }

// put stores doc in the place of old, or as a new document if old.doc is nil. It checks every index
// before it changes anything, so an error leaves the collection as it was.
func (c *collection) put(ns string, old record, doc *bson.D, size int) error {
	id := old.id
	if old.doc == nil {
		id = c.nextID
	}
	changes := make([]keyChange, 0, len(c.indexes))
	for _, x := range c.indexes {
		change, err := x.change(old.doc, doc)
		if err != nil {
			return err
		}
		if x.unique {
			for _, keys := range change.add {
				if _, taken := x.holder(keys, id); taken {
					return duplicateKey(ns, x, keys)
				}
			}
		}
		changes = append(changes, change)
	}
	for i, x := range c.indexes {
		x.remove(changes[i].remove, id)
		x.add(changes[i].add, id)
	}
	c.records.Set(record{id: id, doc: doc, size: size})
	c.bytes += int64(size - old.size)
	if old.doc == nil {
		c.nextID++
	}
	return nil
}

func (c *collection) remove(r record) error {
	for _, x := range c.indexes {
		tuples, err := x.keys(r.doc)
		if err != nil {
			return err
		}
		x.remove(tuples, r.id)
	}
	c.records.Delete(r)
	c.bytes -= int64(r.size)
	return nil
}

type keyChange struct{ remove, add [][]any }

// change tells what becomes of a document's keys; nothing if they stay, which is what most updates
// do to most indexes.
func (x *index) change(old, doc *bson.D) (keyChange, error) {
	add, err := x.keys(doc)
	if err != nil || old == nil {
		return keyChange{add: add}, err
	}
	remove, err := x.keys(old)
	same := func(a, b []any) bool { return slices.EqualFunc(a, b, identical) }
	if err == nil && slices.EqualFunc(remove, add, same) {
		return keyChange{}, nil
	}
	return keyChange{remove: remove, add: add}, err
}

// identical is stricter than equal in one thing: 1 and 1.0 are equal keys, and the index must
// follow the document's own.
func identical(a, b any) bool {
	_, ta := bsonkit.Inspect(a)
	_, tb := bsonkit.Inspect(b)
	return ta == tb && compareValues(a, b) == 0
}

func (c *collection) byID(id any) (record, bool) {
	holder, ok := c.indexes[0].holder([]any{id}, ^uint64(0))
	if !ok {
		return record{}, false
	}
	return c.get(holder)
}

// addIndex builds an index of what is stored.
func (c *collection) addIndex(ns string, spec indexSpec) error {
	x, err := newIndex(spec)
	if err != nil {
		return err
	}
	c.records.Scan(func(r record) bool {
		var tuples [][]any
		if tuples, err = x.keys(r.doc); err != nil {
			return false
		}
		for _, keys := range tuples {
			if _, taken := x.holder(keys, r.id); taken && x.unique {
				err = duplicateKey(ns, x, keys)
				return false
			}
		}
		x.add(tuples, r.id)
		return true
	})
	if err == nil {
		c.indexes = append(c.indexes, x)
	}
	return err
}

func (c *collection) dropIndex(name string) {
	c.indexes = slices.DeleteFunc(c.indexes, func(x *index) bool { return x.name == name })
}

func duplicateKey(ns string, x *index, keys []any) error {
	value := make(bson.D, 0, len(keys))
	text := ""
	for i, e := range x.key {
		v := keys[i]
		if isMissing(v) {
			v = nil
		}
		value = append(value, bson.E{Key: e.Key, Value: v})
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s: %#v", e.Key, v)
	}
	return &dbError{
		Code:       codeDuplicateKey,
		Message:    fmt.Sprintf("E11000 duplicate key error collection: %s index: %s dup key: { %s }", ns, x.name, text),
		KeyPattern: x.key, KeyValue: value,
	}
}
