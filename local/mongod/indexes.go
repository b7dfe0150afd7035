package mongod

import "go.mongodb.org/mongo-driver/bson"

// document is the index as listIndexes shows it and the journal keeps it.
func (x *index) document() bson.D {
	return bson.D{
		{Key: "v", Value: int32(2)}, {Key: "key", Value: bson.D{{Key: x.field, Value: int32(1)}}}, {Key: "name", Value: x.name},
	}
}

// parseIndex reads an index as createIndexes gives it: an ascending one on one field.
func parseIndex(v any) (name, field string, err error) {
	doc, ok := v.(bson.D)
	if !ok {
		return "", "", errorf(codeTypeMismatch, "an index specification must be a document")
	}
	for _, e := range doc {
		if !hasField("v key name", e.Key) {
			return "", "", errorf(codeInvalidIndexOption, "index option '%s' is not supported by the embedded database", e.Key)
		}
	}
	key, _ := lookup(doc, "key").(bson.D)
	name, _ = lookup(doc, "name").(string)
	if len(key) != 1 || name == "" {
		return "", "", errorf(codeCannotCreateIndex, "an index of the embedded database has a name and one field")
	}
	if direction, ok := wholeNumber(key[0].Value); !ok || direction != 1 {
		return "", "", errorf(codeCannotCreateIndex, "index key %v: the embedded database supports only 1", key)
	}
	return name, key[0].Key, nil
}

// hasIndex reports whether an index is there already, and refuses one that contradicts it.
func (c *collection) hasIndex(name, field string) (bool, error) {
	for _, x := range c.indexes {
		switch {
		case x.field == field && (x.name == name || field == "_id"):
			return true, nil
		case x.field == field:
			return false, errorf(codeIndexOptionsClash, "an index with the same key exists with another name: %s", x.name)
		case x.name == name:
			return false, errorf(codeIndexKeyClash, "an index of the name %s exists with another key", name)
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
			if err := t.ensureIndex(ns, v); err != nil {
				return err
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
