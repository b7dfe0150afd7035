package mongod

import (
	"slices"

	"go.mongodb.org/mongo-driver/bson"
)

// findAndModify changes or removes one document and returns it: the claim of a compare-and-set.
func (s *Server) findAndModify(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	q, err := r.readQuery("query")
	if err != nil {
		return nil, err
	}
	q.limit = 1
	fields, err := r.document("fields")
	if err != nil {
		return nil, err
	}
	project, err := newProjection(fields)
	if err != nil {
		return nil, err
	}
	remove, err := r.bool("remove", false)
	if err != nil {
		return nil, err
	}
	if remove {
		if r.value("update") != nil || r.value("upsert") == true || r.value("new") == true {
			return nil, errorf(codeFailedToParse, "cannot specify remove with update, upsert or new")
		}
		return s.modifyOnce(r, func(t *tx) (bson.D, *image, error) { return findAndRemove(t, ns, q, project) })
	}
	wantNew, err := r.bool("new", false)
	if err != nil {
		return nil, err
	}
	ch, err := r.readChange(q, "update")
	if err != nil {
		return nil, err
	}
	return s.modifyOnce(r, func(t *tx) (bson.D, *image, error) { return ch.findAndUpdate(t, ns, wantNew, project) })
}

// modifyOnce runs the one statement of a findAndModify, which answers for the command.
func (s *Server) modifyOnce(r *request, statement func(*tx) (bson.D, *image, error)) (reply bson.D, err error) {
	var retried bool
	err = s.engine.writeOnce(r.write, func(t *tx) (err error) {
		reply, retried, err = t.once(0, func() (bson.D, *image, error) { return statement(t) })
		return err
	})
	reply = slices.Clip(reply) // it may be kept, and is not to be written to
	if err == nil && retried {
		reply = append(reply, bson.E{Key: "retriedStmtId", Value: int32(0)})
	}
	return reply, err
}

func findAndRemove(t *tx, ns string, q query, project *projection) (bson.D, *image, error) {
	found, _, err := t.catalog.collections[ns].find(q)
	if err != nil || len(found) == 0 {
		return modifyReply(count(0), nil), nil, err
	}
	reply, value := shown(ns, count(1), found[0].doc, project)
	return reply, value, t.remove(ns, found[0])
}

func (ch *change) findAndUpdate(t *tx, ns string, wantNew bool, project *projection) (bson.D, *image, error) {
	done, err := ch.run(t, ns)
	if err != nil {
		return nil, nil, err
	}
	last := bson.D{{Key: "n", Value: int32(done.matched)}, {Key: "updatedExisting", Value: done.matched > 0}}
	if done.isUpsert {
		last[0].Value = int32(1)
		last = append(last, bson.E{Key: "upserted", Value: done.upserted})
	}
	doc := done.before
	if wantNew {
		doc = done.after
	}
	if doc == nil {
		return modifyReply(last, nil), nil, nil
	}
	reply, value := shown(ns, last, doc, project)
	if value != nil {
		value.after = wantNew
	}
	return reply, value, nil
}

// shown is the reply with a document, and of what it is the image if all of it is shown.
func shown(ns string, last bson.D, doc *bson.D, project *projection) (bson.D, *image) {
	if !project.whole() {
		return modifyReply(last, *project.apply(doc)), nil
	}
	return modifyReply(last, *doc), &image{ns: ns, id: get(doc, "_id")}
}

func modifyReply(last bson.D, value any) bson.D {
	return bson.D{{Key: "lastErrorObject", Value: last}, {Key: "value", Value: value}}
}
