package mongod

import (
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// outcome is what came of the statements of a write command.
type outcome struct {
	n, modified       int32
	upserted, retried bson.A
	failed            bson.A
}

// batch runs the statements of a write command in one version. A failed statement is reported in
// its place, and an ordered batch ends there; a failed one of many documents keeps those that it
// had finished, as MongoDB's does. A statement answers with the n of documents that it found or
// made, nModified, and the _id that it upserted.
func (s *Server) batch(r *request, field string, statement func(*tx, any) (bson.D, error)) (done outcome, err error) {
	list, err := r.list(field)
	if err != nil {
		return done, err
	}
	if len(list) == 0 || len(list) > maxWriteBatch {
		return done, errorf(codeInvalidOptions, "%s holds %d statements, must be 1 to %d", field, len(list), maxWriteBatch)
	}
	ordered, err := r.bool("ordered", true)
	if err != nil {
		return done, err
	}
	err = s.engine.writeOnce(r.write, func(t *tx) error {
		for i, v := range list {
			answer, retried, err := t.once(int32(i), func() (bson.D, error) { return statement(t, v) })
			done.add(int32(i), answer, retried, err)
			if err != nil && ordered {
				break
			}
		}
		return nil
	})
	return done, err
}

func (o *outcome) add(i int32, answer bson.D, retried bool, err error) {
	for _, e := range answer {
		switch e.Key {
		case "n":
			o.n += e.Value.(int32)
		case "nModified":
			o.modified += e.Value.(int32)
		case "upserted":
			o.upserted = append(o.upserted, bson.D{{Key: "index", Value: i}, {Key: "_id", Value: e.Value}})
		}
	}
	if retried {
		o.retried = append(o.retried, i)
	}
	if err != nil {
		o.failed = append(o.failed, asError(err).writeError(int(i)))
	}
}

func (o *outcome) reply(more ...bson.E) bson.D {
	reply := append(bson.D{{Key: "n", Value: o.n}}, more...)
	for _, list := range []struct {
		name   string
		values bson.A
	}{{"upserted", o.upserted}, {"retriedStmtIds", o.retried}, {"writeErrors", o.failed}} {
		if len(list.values) > 0 {
			reply = append(reply, bson.E{Key: list.name, Value: list.values})
		}
	}
	return reply
}

// count answers for a statement that found, made or removed so many documents.
func count(n int) bson.D { return bson.D{{Key: "n", Value: int32(n)}} }

func (s *Server) insert(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	done, err := s.batch(r, "documents", func(t *tx, v any) (bson.D, error) {
		doc, ok := v.(bson.D)
		if !ok {
			return nil, errorf(codeTypeMismatch, "a document to insert must be a document")
		}
		doc = withIDFirst(doc)
		if err := checkDocument(doc); err != nil {
			return nil, err
		}
		if err := t.put(ns, record{}, doc); err != nil {
			return nil, err
		}
		return count(1), nil
	})
	if err != nil {
		return nil, err
	}
	return done.reply(), nil
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
	done, err := s.batch(r, "deletes", func(t *tx, v any) (bson.D, error) {
		one, err := r.sub("deletes", v, "q limit")
		if err != nil {
			return nil, err
		}
		q, err := one.readQuery("q")
		if err != nil {
			return nil, err
		}
		if q.limit > 1 || one.value("limit") == nil {
			return nil, errorf(codeFailedToParse, "the limit of a delete must be 0 or 1")
		}
		if q.limit == 0 && r.write != nil {
			return nil, errorf(codeInvalidOptions, "Cannot use (or request) retryable writes with limit=0")
		}
		found, _, err := t.catalog.collections[ns].find(q)
		if err != nil {
			return nil, err
		}
		for i, rec := range found {
			if err := t.remove(ns, rec); err != nil {
				return count(i), err
			}
		}
		return count(len(found)), nil
	})
	if err != nil {
		return nil, err
	}
	return done.reply(), nil
}
