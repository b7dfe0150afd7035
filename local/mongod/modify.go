package mongod

import "go.mongodb.org/mongo-driver/bson"

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
		return s.findAndRemove(ns, q, project)
	}
	return s.findAndUpdate(r, ns, q, project)
}

func (s *Server) findAndRemove(ns string, q query, project *projection) (bson.D, error) {
	var found []record
	err := s.engine.write(func(t *tx) (err error) {
		if found, _, err = t.catalog.collections[ns].find(q); err != nil || len(found) == 0 {
			return err
		}
		return t.remove(ns, found[0])
	})
	if err != nil {
		return nil, err
	}
	var value any
	if len(found) > 0 {
		value = *project.apply(found[0].doc)
	}
	return modifyReply(bson.D{{Key: "n", Value: int32(len(found))}}, value), nil
}

func (s *Server) findAndUpdate(r *request, ns string, q query, project *projection) (bson.D, error) {
	wantNew, err := r.bool("new", false)
	if err != nil {
		return nil, err
	}
	ch, err := r.readChange(q, "update")
	if err != nil {
		return nil, err
	}
	var done changed
	err = s.engine.write(func(t *tx) (err error) {
		done, err = ch.run(t, ns)
		return err
	})
	if err != nil {
		return nil, err
	}
	last := bson.D{{Key: "n", Value: int32(done.matched)}, {Key: "updatedExisting", Value: done.matched > 0}}
	if done.isUpsert {
		last[0].Value = int32(1)
		last = append(last, bson.E{Key: "upserted", Value: done.upserted})
	}
	shown := done.before
	if wantNew {
		shown = done.after
	}
	if shown == nil {
		return modifyReply(last, nil), nil
	}
	return modifyReply(last, *project.apply(shown)), nil
}

func modifyReply(last bson.D, value any) bson.D {
	return bson.D{{Key: "lastErrorObject", Value: last}, {Key: "value", Value: value}}
}
