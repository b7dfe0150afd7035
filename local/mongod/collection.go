package mongod

import (
	"fmt"

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
	if old.doc == nil {
		if _, taken := c.byID(get(doc, "_id")); taken {
			return duplicateKey(ns, get(doc, "_id"))
		}
	}
	added, err := c.keys(doc)
	if err != nil {
		return err
	}
	id := old.id
	if old.doc == nil {
		id = c.nextID
		c.nextID++
	}
	removed, err := c.keys(old.doc)
	if err != nil {
		return err
	}
	for i, x := range c.indexes {
		x.move(id, removed, added, i)
	}
	c.records.Set(record{id: id, doc: doc, size: size})
	c.bytes += int64(size - old.size)
	return nil
}

func (c *collection) remove(r record) error {
	keys, err := c.keys(r.doc)
	if err != nil {
		return err
	}
	for i, x := range c.indexes {
		x.move(r.id, keys, nil, i)
	}
	c.records.Delete(r)
	c.bytes -= int64(r.size)
	return nil
}

// keys are a document's in each index; no document has none.
func (c *collection) keys(doc *bson.D) ([]any, error) {
	if doc == nil {
		return nil, nil
	}
	keys := make([]any, len(c.indexes))
	for i, x := range c.indexes {
		var err error
		if keys[i], err = x.key(doc); err != nil {
			return nil, err
		}
	}
	return keys, nil
}

func (c *collection) byID(id any) (record, bool) {
	holder, ok := c.indexes[0].holder(id)
	if !ok {
		return record{}, false
	}
	return c.get(holder)
}

// addIndex builds an index of what is stored.
func (c *collection) addIndex(name, field string) error {
	x := newIndex(name, field)
	var err error
	c.records.Scan(func(r record) bool {
		var key any
		if key, err = x.key(r.doc); err == nil {
			x.each(key, r.id, func(e entry) { x.tree.Set(e) })
		}
		return err == nil
	})
	if err == nil {
		c.indexes = append(c.indexes, x)
	}
	return err
}

func duplicateKey(ns string, id any) error {
	return &dbError{
		Code:       codeDuplicateKey,
		Message:    fmt.Sprintf("E11000 duplicate key error collection: %s index: _id_ dup key: { _id: %#v }", ns, id),
		KeyPattern: bson.D{{Key: "_id", Value: int32(1)}},
		KeyValue:   bson.D{{Key: "_id", Value: id}},
	}
}
