package mongod

import (
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// catalog is one version of everything that is stored, by full name (database.collection). Readers
// share it; it never changes.
type catalog struct {
	collections map[string]*collection
}

func (c *catalog) documents() int {
	n := 0
	for _, coll := range c.collections {
		n += coll.records.Len()
	}
	return n
}

func (c *catalog) bytes() int64 {
	var n int64
	for _, coll := range c.collections {
		n += coll.bytes
	}
	return n
}

// names lists the full names in db, sorted; of all databases if db is empty.
func (c *catalog) names(db string) []string {
	names := slices.Sorted(maps.Keys(c.collections))
	return slices.DeleteFunc(names, func(ns string) bool { return db != "" && !strings.HasPrefix(ns, db+".") })
}

// tx is one command's writes: a new version of the catalog, and the same as operations for the
// journal.
type tx struct {
	catalog  *catalog
	owned    map[string]bool // collections that are already this tx's copies
	ops      []byte
	sessions sessions
	id       *writeID         // of a retryable write
	answers  map[int32]bson.D // of its statements that are new
}

func newTx(base *catalog, s sessions) *tx {
	return &tx{catalog: &catalog{collections: maps.Clone(base.collections)}, owned: map[string]bool{}, sessions: s}
}

// The journal's operations, each a document: op, ns, and what the op needs.
const (
	opPut    = "put"    // doc
	opRemove = "remove" // id
	opCreate = "create" //
	opDrop   = "drop"   //
	opIndex  = "index"  // spec
	opAnswer = "answer" // answer: what a statement of a retryable write answered; ns is empty
)

func (t *tx) log(op, ns string, field string, value any) error {
	doc := bson.D{{Key: "op", Value: op}, {Key: "ns", Value: ns}}
	if field != "" {
		doc = append(doc, bson.E{Key: field, Value: value})
	}
	raw, err := encode(doc)
	t.ops = append(t.ops, raw...)
	return err
}

// writable returns the collection ns for changes, created if it is missing.
func (t *tx) writable(ns string) (*collection, error) {
	c := t.catalog.collections[ns]
	if c != nil && t.owned[ns] {
		return c, nil
	}
	if c == nil {
		c = newCollection()
		if err := t.log(opCreate, ns, "", nil); err != nil {
			return nil, err
		}
	} else {
		c = c.copy()
	}
	t.catalog.collections[ns] = c
	t.owned[ns] = true
	return c, nil
}

// put stores doc in ns, in the place of old or, if old is empty, as a new one.
func (t *tx) put(ns string, old record, doc bson.D) error {
	raw, err := encode(doc)
	if err != nil {
		return err
	}
	if len(raw) > maxDocumentBytes {
		return errorf(codeDocumentTooLarge, "document of %d bytes is over the limit of %d", len(raw), maxDocumentBytes)
	}
	c, err := t.writable(ns)
	if err != nil {
		return err
	}
	if err := c.put(ns, old, &doc, len(raw)); err != nil {
		return err
	}
	return t.log(opPut, ns, "doc", raw)
}

func (t *tx) remove(ns string, r record) error {
	c, err := t.writable(ns)
	if err != nil {
		return err
	}
	if err := c.remove(r); err != nil {
		return err
	}
	return t.log(opRemove, ns, "id", get(r.doc, "_id"))
}

func (t *tx) drop(ns string) error {
	delete(t.catalog.collections, ns)
	delete(t.owned, ns)
	return t.log(opDrop, ns, "", nil)
}

// ensureIndex makes the index that v specifies, if it is missing.
func (t *tx) ensureIndex(ns string, v any) error {
	name, field, err := parseIndex(v)
	if err != nil {
		return err
	}
	c, err := t.writable(ns)
	if err != nil {
		return err
	}
	if exists, err := c.hasIndex(name, field); err != nil || exists {
		return err
	}
	if err := c.addIndex(name, field); err != nil {
		return err
	}
	return t.log(opIndex, ns, "spec", c.indexes[len(c.indexes)-1].document())
}

// replay does what a journal's operation says.
func (t *tx) replay(op bson.D) error {
	kind, _ := lookup(op, "op").(string)
	ns, _ := lookup(op, "ns").(string)
	switch kind {
	case opDrop:
		return t.drop(ns)
	case opAnswer:
		t.replayAnswer(op)
		return nil
	}
	c, err := t.writable(ns)
	if err != nil {
		return err
	}
	switch kind {
	case opCreate:
		return nil
	case opPut:
		doc, _ := lookup(op, "doc").(bson.D)
		old, _ := c.byID(get(&doc, "_id"))
		return t.put(ns, old, doc)
	case opRemove:
		if old, ok := c.byID(lookup(op, "id")); ok {
			return t.remove(ns, old)
		}
		return errorf(codeInternal, "journal removes an unknown document of %s", ns)
	case opIndex:
		return t.ensureIndex(ns, lookup(op, "spec"))
	}
	return errorf(codeInternal, "journal holds an unknown operation %q", kind)
}
