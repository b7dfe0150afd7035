package mongod

import (
	"maps"
	"slices"
	"strings"
	"time"

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
	opPut       = "put"       // doc
	opRemove    = "remove"    // id
	opCreate    = "create"    //
	opDrop      = "drop"      //
	opIndex     = "index"     // spec
	opDropIndex = "dropIndex" // name
	opAnswer    = "answer"    // answer: what a statement of a retryable write answered; ns is empty
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

func (t *tx) addIndex(ns string, spec indexSpec) error {
	c, err := t.writable(ns)
	if err != nil {
		return err
	}
	if err := c.addIndex(ns, spec); err != nil {
		return err
	}
	return t.log(opIndex, ns, "spec", spec.document())
}

func (t *tx) dropIndex(ns, name string) error {
	c, err := t.writable(ns)
	if err != nil {
		return err
	}
	c.dropIndex(name)
	return t.log(opDropIndex, ns, "name", name)
}

// replay does what a journal's operation says.
func (t *tx) replay(op bson.D) error {
	kind, _ := lookup(op, "op").(string)
	ns, _ := lookup(op, "ns").(string)
	switch kind {
	case opDrop:
		return t.drop(ns)
	case opAnswer:
		return t.replayAnswer(op)
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
		doc, _ := lookup(op, "spec").(bson.D)
		spec, err := parseIndexSpec(doc)
		if err != nil {
			return err
		}
		return t.addIndex(ns, spec)
	case opDropIndex:
		name, _ := lookup(op, "name").(string)
		return t.dropIndex(ns, name)
	}
	return errorf(codeInternal, "journal holds an unknown operation %q", kind)
}

// document is the specification as listIndexes shows it and the journal keeps it.
func (s indexSpec) document() bson.D {
	doc := bson.D{{Key: "v", Value: int32(2)}, {Key: "key", Value: s.key}, {Key: "name", Value: s.name}}
	if s.unique && s.name != "_id_" {
		doc = append(doc, bson.E{Key: "unique", Value: true})
	}
	if s.sparse {
		doc = append(doc, bson.E{Key: "sparse", Value: true})
	}
	if s.partial != nil {
		doc = append(doc, bson.E{Key: "partialFilterExpression", Value: s.partial})
	}
	if s.ttl {
		doc = append(doc, bson.E{Key: "expireAfterSeconds", Value: int32(s.expire / time.Second)})
	}
	return doc
}
