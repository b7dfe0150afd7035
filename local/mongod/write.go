package mongod

import (
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// batch runs the statements of a write command in one version. A failed statement is reported in its place, and an
// ordered batch ends there; a failed one of many documents keeps those that it had finished, as MongoDB's does.
func (s *Server) batch(r *request, field string, statement func(*tx, int, any) error) (failed bson.A, err error) {
	list, err := r.list(field)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 || len(list) > maxWriteBatch {
		return nil, errorf(codeInvalidOptions, "%s holds %d statements, must be 1 to %d", field, len(list), maxWriteBatch)
	}
	ordered, err := r.bool("ordered", true)
	if err != nil {
		return nil, err
	}
	err = s.engine.write(func(t *tx) error {
		for i, v := range list {
			if err := statement(t, i, v); err != nil {
				failed = append(failed, asError(err).writeError(i))
				if ordered {
					break
				}
			}
		}
		return nil
	})
	return failed, err
}

func batchReply(n int, failed bson.A, more ...bson.E) bson.D {
	reply := append(bson.D{{Key: "n", Value: int32(n)}}, more...)
	if len(failed) > 0 {
		reply = append(reply, bson.E{Key: "writeErrors", Value: failed})
	}
	return reply
}

func (s *Server) insert(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	n := 0
	failed, err := s.batch(r, "documents", func(t *tx, _ int, v any) error {
		doc, ok := v.(bson.D)
		if !ok {
			return errorf(codeTypeMismatch, "a document to insert must be a document")
		}
		doc = withIDFirst(doc)
		if err := checkDocument(doc); err != nil {
			return err
		}
		if err := t.put(ns, record{}, doc); err != nil {
			return err
		}
		n++
		return nil
	})
	if err != nil {
		return nil, err
	}
	return batchReply(n, failed), nil
}

// checkDocument refuses what may not be stored.
func checkDocument(doc bson.D) error {
	switch id := get(&doc, "_id").(type) {
	case bson.A, primitive.Regex:
		return errorf(codeBadValue, "_id can't be of type %T", id)
	case bson.D:
		for _, e := range id {
			if len(e.Key) > 0 && e.Key[0] == '$' {
				return errorf(52, "_id fields may not start with '$': %s", e.Key)
			}
		}
	}
	return checkValue(doc)
}

func (s *Server) delete(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	n := 0
	failed, err := s.batch(r, "deletes", func(t *tx, _ int, v any) error {
		one, err := r.sub("deletes", v, "q limit hint")
		if err != nil {
			return err
		}
		q, err := one.readQuery("q")
		if err != nil {
			return err
		}
		if q.limit > 1 || one.value("limit") == nil {
			return errorf(codeFailedToParse, "the limit of a delete must be 0 or 1")
		}
		found, _, err := t.catalog.collections[ns].find(q)
		if err != nil {
			return err
		}
		for _, rec := range found {
			if err := t.remove(ns, rec); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return batchReply(n, failed), nil
}
