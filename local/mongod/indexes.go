package mongod

import (
	"time"

	"github.com/256dpi/lungo/bsonkit"
	"github.com/256dpi/lungo/mongokit"
	"go.mongodb.org/mongo-driver/bson"
)

// parseIndexSpec reads an index as createIndexes gives it. An option that it does not know is an
// error.
func parseIndexSpec(doc bson.D) (indexSpec, error) {
	var spec indexSpec
	r := &request{name: "indexes", doc: doc}
	for _, e := range doc {
		if !hasField("v key name unique sparse background partialFilterExpression expireAfterSeconds ns", e.Key) {
			return spec, errorf(codeInvalidIndexOption, "index option '%s' is not supported by the embedded database", e.Key)
		}
	}
	var err error
	if spec.key, err = r.document("key"); err != nil {
		return spec, err
	}
	if spec.name, _ = r.value("name").(string); spec.name == "" {
		if spec.name, err = (mongokit.IndexConfig{Key: &spec.key}).Name(); err != nil {
			return spec, errorf(codeCannotCreateIndex, "index key: %v", err)
		}
	}
	if spec.unique, err = r.bool("unique", false); err != nil {
		return spec, err
	}
	if spec.sparse, err = r.bool("sparse", false); err != nil {
		return spec, err
	}
	if partial, ok := r.value("partialFilterExpression").(bson.D); ok {
		spec.partial = partial
		if err := checkFilter(partial); err != nil {
			return spec, err
		}
	}
	return spec, spec.readExpiry(r)
}

func (s *indexSpec) readExpiry(r *request) error {
	if r.value("expireAfterSeconds") == nil {
		return nil
	}
	seconds, err := r.number("expireAfterSeconds", 0)
	if err != nil {
		return err
	}
	if seconds < 0 || seconds > 1<<31-1 || len(s.key) != 1 {
		return errorf(codeCannotCreateIndex, "expireAfterSeconds must be 0 to 2147483647, on a single field")
	}
	s.ttl, s.expire = true, time.Duration(seconds)*time.Second
	return nil
}

// clash tells whether spec is there already, or contradicts what is there.
func (c *collection) clash(spec indexSpec) (exists bool, err error) {
	for _, x := range c.indexes {
		sameKey := bsonkit.Compare(x.key, spec.key) == 0
		switch {
		case sameKey && bsonkit.Compare(x.document(), spec.document()) == 0:
			return true, nil
		case sameKey && x.name == "_id_":
			return true, nil
		case sameKey:
			return false, errorf(codeIndexOptionsClash, "an index with the same key exists with other options or another name: %s", x.name)
		case x.name == spec.name:
			return false, errorf(codeIndexKeyClash, "an index of the name %s exists with another key", x.name)
		}
	}
	return false, nil
}

func (s *Server) createIndexes(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	list, err := r.list("indexes")
	if err != nil {
		return nil, err
	}
	before, after, created := 0, 0, false
	err = s.engine.write(func(t *tx) error {
		created = t.catalog.collections[ns] == nil
		c, err := t.writable(ns)
		if err != nil {
			return err
		}
		before = len(c.indexes)
		for _, v := range list {
			doc, ok := v.(bson.D)
			if !ok {
				return errorf(codeTypeMismatch, "an index specification must be a document")
			}
			spec, err := parseIndexSpec(doc)
			if err != nil {
				return err
			}
			exists, err := c.clash(spec)
			if err != nil {
				return err
			}
			if !exists {
				if err := t.addIndex(ns, spec); err != nil {
					return err
				}
			}
		}
		after = len(c.indexes)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return bson.D{
		{Key: "numIndexesBefore", Value: int32(before)}, {Key: "numIndexesAfter", Value: int32(after)},
		{Key: "createdCollectionAutomatically", Value: created},
	}, nil
}

func (s *Server) listIndexes(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	c := s.engine.collection(ns)
	if c == nil {
		return nil, errorf(codeNamespaceNotFound, "ns does not exist: %s", ns)
	}
	docs := make([]*bson.D, len(c.indexes))
	for i, x := range c.indexes {
		doc := x.document()
		docs[i] = &doc
	}
	return s.firstReply(ns, docs, 0, false)
}

func (s *Server) dropIndexes(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	before := 0
	err = s.engine.write(func(t *tx) error {
		c := t.catalog.collections[ns]
		if c == nil {
			return errorf(codeNamespaceNotFound, "ns not found %s", ns)
		}
		before = len(c.indexes)
		names, err := c.namedIndexes(r.value("index"))
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := t.dropIndex(ns, name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return bson.D{{Key: "nIndexesWas", Value: int32(before)}}, nil
}

// namedIndexes finds the indexes that dropIndexes means: "*", a name, or a key.
func (c *collection) namedIndexes(v any) ([]string, error) {
	var names []string
	for _, x := range c.indexes {
		key, byKey := v.(bson.D)
		if v == "*" && x.name != "_id_" || !byKey && v == x.name || byKey && bsonkit.Compare(x.key, key) == 0 {
			names = append(names, x.name)
		}
	}
	if len(names) == 1 && names[0] == "_id_" {
		return nil, errorf(codeInvalidOptions, "cannot drop _id index")
	}
	if len(names) == 0 && v != "*" {
		return nil, errorf(codeIndexNotFound, "index not found: %v", v)
	}
	return names, nil
}
