package mongod

import (
	"github.com/256dpi/lungo/bsonkit"
	"go.mongodb.org/mongo-driver/bson"
)

// counting is the stage with which drivers end a pipeline that counts documents.
var counting = bson.D{{Key: "$group", Value: bson.D{
	{Key: "_id", Value: int32(1)}, {Key: "n", Value: bson.D{{Key: "$sum", Value: int32(1)}}},
}}}

func (s *Server) count(r *request) (bson.D, error) {
	n, err := s.countOf(r, func() (bson.D, error) { return r.document("query") })
	return count(n), err
}

// aggregate runs the pipeline of a driver's CountDocuments, and no other.
func (s *Server) aggregate(r *request) (bson.D, error) {
	n, err := s.countOf(r, func() (bson.D, error) { return countedFilter(r) })
	if err != nil {
		return nil, err
	}
	batch := bson.A{}
	if n > 0 {
		batch = append(batch, bson.D{{Key: "_id", Value: int32(1)}, {Key: "n", Value: int32(n)}})
	}
	ns, err := r.collection()
	return cursorReply("firstBatch", ns, 0, batch), err
}

// countOf counts the documents that match a filter.
func (s *Server) countOf(r *request, filter func() (bson.D, error)) (int, error) {
	ns, err := r.collection()
	if err != nil {
		return 0, err
	}
	q := query{}
	if q.filter, err = filter(); err != nil {
		return 0, err
	}
	found, _, err := s.engine.collection(ns).find(q)
	return len(found), err
}

// countedFilter is the filter in [{$match: filter}, {$group: {_id: 1, n: {$sum: 1}}}].
func countedFilter(r *request) (bson.D, error) {
	pipeline, err := r.list("pipeline")
	if err != nil {
		return nil, err
	}
	if len(pipeline) == 2 && bsonkit.Compare(pipeline[1], counting) == 0 {
		if match, ok := pipeline[0].(bson.D); ok && len(match) == 1 && match[0].Key == "$match" {
			if filter, ok := match[0].Value.(bson.D); ok {
				return filter, nil
			}
		}
	}
	return nil, errorf(codeUnknownPipelineStep, "the embedded database only counts documents in a pipeline")
}
