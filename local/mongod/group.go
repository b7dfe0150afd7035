package mongod

import (
	"strings"

	"github.com/256dpi/lungo/bsonkit"
	"github.com/tidwall/btree"
	"go.mongodb.org/mongo-driver/bson"
)

// expression gives a value for a document: a constant, "$path", {$literal: …}, or a document of
// expressions.
type expression func(doc *bson.D) any

func newExpression(v any) (expression, error) {
	switch v := v.(type) {
	case string:
		if !strings.HasPrefix(v, "$") {
			break
		}
		path := v[1:]
		if path == "" || strings.HasPrefix(path, "$") {
			return nil, errorf(17276, "use of undefined variable: %s", v)
		}
		return func(doc *bson.D) any {
			value, _ := bsonkit.All(doc, path, true, false)
			return value
		}, nil
	case bson.D:
		if len(v) == 1 && v[0].Key == "$literal" {
			return func(*bson.D) any { return v[0].Value }, nil
		}
		return newDocumentExpression(v)
	case bson.A:
		return nil, errorf(codeBadValue, "array expressions are not supported by the embedded database")
	}
	return func(*bson.D) any { return v }, nil
}

func newDocumentExpression(spec bson.D) (expression, error) {
	fields := make([]expression, len(spec))
	for i, e := range spec {
		if strings.HasPrefix(e.Key, "$") {
			return nil, errorf(168, "unrecognized expression '%s'", e.Key)
		}
		var err error
		if fields[i], err = newExpression(e.Value); err != nil {
			return nil, err
		}
	}
	return func(doc *bson.D) any {
		out := bson.D{}
		for i, field := range fields {
			if v := field(doc); !isMissing(v) {
				out = append(out, bson.E{Key: spec[i].Key, Value: v})
			}
		}
		return out
	}, nil
}

// accumulator takes in the values of a group one by one and returns what they come to.
type accumulator struct {
	add    func(v any)
	result func() any
}

func newAccumulator(op string) (func() accumulator, error) {
	switch op {
	case "$sum":
		return sum, nil
	case "$avg":
		return average, nil
	case "$min":
		return func() accumulator { return extreme(-1) }, nil
	case "$max":
		return func() accumulator { return extreme(1) }, nil
	case "$first":
		return func() accumulator { return pick(true) }, nil
	case "$last":
		return func() accumulator { return pick(false) }, nil
	}
	return nil, errorf(codeUnknownGroupOp, "unknown group operator '%s'", op)
}

func isNumber(v any) bool {
	class, _ := bsonkit.Inspect(v)
	return class == bsonkit.Number
}

func sum() accumulator {
	var total any = int32(0)
	return accumulator{
		add: func(v any) {
			if isNumber(v) {
				total = plus(total, v)
			}
		},
		result: func() any { return total },
	}
}

func average() accumulator {
	total, n := sum(), 0
	return accumulator{
		add: func(v any) {
			if isNumber(v) {
				total.add(v)
				n++
			}
		},
		result: func() any {
			if n == 0 {
				return nil
			}
			return quotient(total.result(), n)
		},
	}
}

func quotient(total any, n int) any {
	switch total := total.(type) {
	case int32:
		return float64(total) / float64(n)
	case int64:
		return float64(total) / float64(n)
	case float64:
		return total / float64(n)
	}
	return bsonkit.Mul(total, 1/float64(n)) // a decimal
}

func extreme(sign int) accumulator {
	var best any
	return accumulator{
		add: func(v any) {
			if class, _ := bsonkit.Inspect(v); class == bsonkit.Null {
				return
			}
			if best == nil || compareValues(v, best)*sign > 0 {
				best = v
			}
		},
		result: func() any { return best },
	}
}

func pick(first bool) accumulator {
	var value any
	seen := false
	return accumulator{
		add: func(v any) {
			if first && seen {
				return
			}
			seen, value = true, v
			if isMissing(v) {
				value = nil
			}
		},
		result: func() any { return value },
	}
}

type groupField struct {
	name  string
	start func() accumulator
	value expression
}

// newGroup makes the $group stage. Groups come out in the order of their first document.
func newGroup(spec bson.D) (func([]record) ([]record, error), error) {
	var id expression
	var fields []groupField
	for _, e := range spec {
		if e.Key == "_id" {
			var err error
			if id, err = newExpression(e.Value); err != nil {
				return nil, err
			}
			continue
		}
		op, ok := e.Value.(bson.D)
		if !ok || len(op) != 1 {
			return nil, errorf(40238, "the field '%s' must specify one accumulator", e.Key)
		}
		start, err := newAccumulator(op[0].Key)
		if err != nil {
			return nil, err
		}
		value, err := newExpression(op[0].Value)
		if err != nil {
			return nil, err
		}
		fields = append(fields, groupField{name: e.Key, start: start, value: value})
	}
	if id == nil {
		return nil, errorf(15955, "a group specification must include an _id")
	}
	return func(in []record) ([]record, error) { return group(in, id, fields), nil }, nil
}

type bucket struct {
	id     any
	fields []accumulator
}

func group(in []record, id expression, fields []groupField) []record {
	byID := btree.NewBTreeG(func(a, b *bucket) bool { return compareValues(a.id, b.id) < 0 })
	var ordered []*bucket
	for _, rec := range in {
		key := id(rec.doc)
		if isMissing(key) {
			key = nil
		}
		b, ok := byID.Get(&bucket{id: key})
		if !ok {
			b = &bucket{id: key}
			for _, f := range fields {
				b.fields = append(b.fields, f.start())
			}
			byID.Set(b)
			ordered = append(ordered, b)
		}
		for i, f := range fields {
			b.fields[i].add(f.value(rec.doc))
		}
	}
	out := make([]record, len(ordered))
	for i, b := range ordered {
		doc := bson.D{{Key: "_id", Value: b.id}}
		for j, f := range fields {
			doc = append(doc, bson.E{Key: f.name, Value: b.fields[j].result()})
		}
		out[i].doc = &doc
	}
	return out
}
