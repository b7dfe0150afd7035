package mongod

import (
	"slices"

	"go.mongodb.org/mongo-driver/bson"
)

// findAndModify is an update that answers with the document, as it was or as it is.
func (s *Server) findAndModify(r *request) (reply bson.D, err error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	wantNew, err := r.bool("new", false)
	if err != nil {
		return nil, err
	}
	ch, err := r.readChange("query", "update")
	if err != nil {
		return nil, err
	}
	var retried bool
	err = s.engine.writeOnce(r.write, func(t *tx) (err error) {
		reply, retried, err = t.once(0, func() (bson.D, error) {
			done, err := ch.run(t, ns)
			return done.document(wantNew), err
		})
		return err
	})
	reply = slices.Clip(reply) // it may be kept, and is not to be written to
	if err == nil && retried {
		reply = append(reply, bson.E{Key: "retriedStmtId", Value: int32(0)})
	}
	return reply, err
}

// document is what a findAndModify answers.
func (c changed) document(wantNew bool) bson.D {
	last := bson.D{{Key: "n", Value: int32(btoi(c.after != nil))}, {Key: "updatedExisting", Value: c.before != nil}}
	if c.before == nil && c.after != nil {
		last = append(last, bson.E{Key: "upserted", Value: get(c.after, "_id")})
	}
	var value any
	if doc := c.shown(wantNew); doc != nil {
		value = *doc
	}
	return bson.D{{Key: "lastErrorObject", Value: last}, {Key: "value", Value: value}}
}

func (c changed) shown(wantNew bool) *bson.D {
	if wantNew {
		return c.after
	}
	return c.before
}
