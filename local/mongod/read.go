package mongod

import (
	"github.com/256dpi/lungo/bsonkit"
	"github.com/256dpi/lungo/mongokit"
	"go.mongodb.org/mongo-driver/bson"
)

// readQuery reads what to find from a command, whose filter is in the field filterName.
func (r *request) readQuery(filterName string) (q query, err error) {
	if q.filter, err = r.document(filterName); err != nil {
		return q, err
	}
	if q.sort, err = r.document("sort"); err != nil {
		return q, err
	}
	if q.skip, err = r.atLeastZero("skip"); err != nil {
		return q, err
	}
	q.limit, err = r.atLeastZero("limit")
	return q, err
}

func (s *Server) find(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	q, err := r.readQuery("filter")
	if err != nil {
		return nil, err
	}
	fields, err := r.document("projection")
	if err != nil {
		return nil, err
	}
	project, err := newProjection(fields)
	if err != nil {
		return nil, err
	}
	size, err := r.number("batchSize", firstBatch)
	if err != nil {
		return nil, err
	}
	single, err := r.bool("singleBatch", false)
	if err != nil {
		return nil, err
	}
	if size == 0 {
		size = -1 // here, 0 asks for a cursor and nothing yet; a getMore's 0 for all that fits
	}
	found, _, err := s.engine.collection(ns).find(q)
	if err != nil {
		return nil, err
	}
	docs := make([]*bson.D, len(found))
	for i, rec := range found {
		docs[i] = project.apply(rec.doc)
	}
	return s.firstReply(ns, docs, int(size), single)
}

// explain tells how a find reads: which index, and how many keys and documents it looks at.
func (s *Server) explain(r *request) (bson.D, error) {
	inner, ok := r.doc[0].Value.(bson.D)
	if !ok || len(inner) == 0 || inner[0].Key != "find" {
		return nil, errorf(codeCommandNotFound, "explain knows only find")
	}
	sub := &request{name: "find", db: r.db, doc: inner}
	ns, err := sub.collection()
	if err != nil {
		return nil, err
	}
	q, err := sub.readQuery("filter")
	if err != nil {
		return nil, err
	}
	_, st, err := s.engine.collection(ns).find(q)
	if err != nil {
		return nil, err
	}
	stage := bson.D{{Key: "stage", Value: "COLLSCAN"}}
	if st.index != "" {
		stage = bson.D{{Key: "stage", Value: "IXSCAN"}, {Key: "indexName", Value: st.index}}
	}
	return bson.D{
		{Key: "queryPlanner", Value: bson.D{{Key: "namespace", Value: ns}, {Key: "winningPlan", Value: stage}}},
		{Key: "executionStats", Value: bson.D{
			{Key: "nReturned", Value: int32(st.hits)},
			{Key: "totalKeysExamined", Value: int32(st.keys)},
			{Key: "totalDocsExamined", Value: int32(st.docs)},
		}},
	}, nil
}

func (s *Server) count(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	q, err := r.readQuery("query")
	if err != nil {
		return nil, err
	}
	c := s.engine.collection(ns)
	if c != nil && len(q.filter) == 0 && q.skip == 0 && q.limit == 0 {
		return bson.D{{Key: "n", Value: int32(c.records.Len())}}, nil
	}
	found, _, err := c.find(q)
	if err != nil {
		return nil, err
	}
	return bson.D{{Key: "n", Value: int32(len(found))}}, nil
}

func (s *Server) distinct(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	key, ok := r.value("key").(string)
	if !ok || key == "" {
		return nil, errorf(codeTypeMismatch, "distinct needs a key")
	}
	q, err := r.readQuery("query")
	if err != nil {
		return nil, err
	}
	found, _, err := s.engine.collection(ns).find(q)
	if err != nil {
		return nil, err
	}
	list := make(bsonkit.List, len(found))
	for i, rec := range found {
		list[i] = rec.doc
	}
	return bson.D{{Key: "values", Value: mongokit.Distinct(list, key)}}, nil
}
