package mongod

import "go.mongodb.org/mongo-driver/bson"

// readQuery reads what to find from a command, whose filter is in the field filterName.
func (r *request) readQuery(filterName string) (q query, err error) {
	if q.filter, err = r.document(filterName); err != nil {
		return q, err
	}
	if q.sort, err = r.document("sort"); err != nil {
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
