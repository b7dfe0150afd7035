package mongod

import (
	"strings"

	"github.com/256dpi/lungo/mongokit"
	"go.mongodb.org/mongo-driver/bson"
)

// aggregate runs the stages that the shop's questions need; any other is an error.
func (s *Server) aggregate(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	pipeline, err := r.list("pipeline")
	if err != nil {
		return nil, err
	}
	options, err := r.document("cursor")
	if err != nil {
		return nil, err
	}
	size, err := (&request{name: "cursor", doc: options}).number("batchSize", firstBatch)
	if err != nil {
		return nil, err
	}
	if size == 0 {
		size = -1
	}
	stages, err := readStages(pipeline)
	if err != nil {
		return nil, err
	}
	q, stages, err := leadingQuery(stages)
	if err != nil {
		return nil, err
	}
	found, _, err := s.engine.collection(ns).find(q)
	if err != nil {
		return nil, err
	}
	for _, st := range stages {
		if found, err = st.run(found); err != nil {
			return nil, err
		}
	}
	docs := make([]*bson.D, len(found))
	for i, rec := range found {
		docs[i] = rec.doc
	}
	return s.firstReply(ns, docs, int(size), false)
}

// stage is one step of a pipeline. Its records are those of the collection at first, later only
// documents.
type stage struct {
	name string
	arg  any
	run  func([]record) ([]record, error)
}

func readStages(pipeline bson.A) ([]stage, error) {
	stages := make([]stage, 0, len(pipeline))
	for _, v := range pipeline {
		doc, ok := v.(bson.D)
		if !ok || len(doc) != 1 {
			return nil, errorf(40323, "a pipeline stage specification object must contain exactly one field")
		}
		if err := checkValue(doc); err != nil {
			return nil, err
		}
		st := stage{name: doc[0].Key, arg: doc[0].Value}
		var err error
		if st.run, err = newStage(st.name, st.arg); err != nil {
			return nil, err
		}
		stages = append(stages, st)
	}
	return stages, nil
}

// leadingQuery takes the stages that find can do, with its indexes: $match, $sort, $limit, in that
// order.
func leadingQuery(stages []stage) (query, []stage, error) {
	q := query{filter: bson.D{}, sort: bson.D{}}
	take := func(name string) (any, bool) {
		if len(stages) == 0 || stages[0].name != name {
			return nil, false
		}
		arg := stages[0].arg
		stages = stages[1:]
		return arg, true
	}
	if arg, ok := take("$match"); ok {
		q.filter, _ = arg.(bson.D)
	}
	if arg, ok := take("$sort"); ok {
		q.sort, _ = arg.(bson.D)
	}
	if arg, ok := take("$limit"); ok {
		n, _ := wholeNumber(arg)
		q.limit = int(n)
	}
	return q, stages, q.check()
}

// newStage checks a stage's argument and returns what the stage does.
func newStage(name string, arg any) (func([]record) ([]record, error), error) {
	doc, isDoc := arg.(bson.D)
	n, isNumber := wholeNumber(arg)
	switch name {
	case "$match", "$sort", "$project", "$group":
		if !isDoc {
			return nil, errorf(15959, "the argument of %s must be an object", name)
		}
	case "$limit", "$skip":
		if !isNumber || n < 0 || n == 0 && name == "$limit" {
			return nil, errorf(5107201, "invalid argument to %s", name)
		}
	}
	switch name {
	case "$match":
		return func(in []record) ([]record, error) { return matching(in, doc) }, checkFilter(doc)
	case "$sort":
		_, err := mongokit.Columns(&doc)
		if err == nil && len(doc) == 0 {
			err = errorf(15976, "$sort stage must have at least one sort key")
		}
		return func(in []record) ([]record, error) {
			out := append([]record(nil), in...)
			sortRecords(out, doc)
			return out, nil
		}, err
	case "$project":
		project, err := newProjection(doc)
		return func(in []record) ([]record, error) {
			out := make([]record, len(in))
			for i, rec := range in {
				out[i].doc = project.apply(rec.doc)
			}
			return out, nil
		}, err
	case "$limit":
		return func(in []record) ([]record, error) { return in[:min(int(n), len(in))], nil }, nil
	case "$skip":
		return func(in []record) ([]record, error) { return in[min(int(n), len(in)):], nil }, nil
	case "$count":
		field, ok := arg.(string)
		if !ok || field == "" || strings.ContainsAny(field, ".$") {
			return nil, errorf(40156, "the count field must be a non-empty string without dots and dollars")
		}
		return func(in []record) ([]record, error) { return counted(in, field), nil }, nil
	case "$group":
		return newGroup(doc)
	}
	return nil, errorf(codeUnknownPipelineStep, "unrecognized pipeline stage name: '%s'", name)
}

func matching(in []record, filter bson.D) ([]record, error) {
	var out []record
	for _, rec := range in {
		ok, err := mongokit.Match(rec.doc, &filter)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, rec)
		}
	}
	return out, nil
}

func counted(in []record, field string) []record {
	if len(in) == 0 {
		return nil
	}
	return []record{{doc: &bson.D{{Key: field, Value: int32(len(in))}}}}
}
