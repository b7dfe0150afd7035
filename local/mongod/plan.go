package mongod

import (
	"math"
	"slices"

	"github.com/256dpi/lungo/bsonkit"
	"go.mongodb.org/mongo-driver/bson"
)

// plan is how a query reads a collection: by key ranges of one index, or all of it in the order of
// insertion.
type plan struct {
	index   *index // nil: read everything
	ranges  []keyRange
	ordered bool // what it yields is in the order that was asked for
	reverse bool
}

// keyRange is a stretch of an index, in the order of the index.
type keyRange struct{ from, to entry }

// bound is what a query demands of one field, as far as an index can use it.
type bound struct {
	equal    []any // $eq, or the values of $in
	low      any
	high     any
	openLow  bool
	openHigh bool
}

// newPlan picks the index that narrows the query most. What it yields is matched against the
// whole query afterwards, so a plan must not miss a document, and may yield too many.
func newPlan(c *collection, filter, sort bson.D) plan {
	best, bestScore := plan{ordered: len(sort) == 0}, 0
	for _, x := range c.indexes {
		b := boundOf(filter, x.field)
		if x.multi && b.equal == nil {
			continue // two elements may be on the two sides of a range, and each would be yielded
		}
		score := b.score(x)
		sorts := len(sort) == 1 && sort[0].Key == x.field && !x.multi
		if score += btoi(sorts); score <= bestScore {
			continue
		}
		p := plan{index: x, ranges: b.ranges()}
		if sorts && len(p.ranges) == 1 {
			direction, _ := wholeNumber(sort[0].Value)
			p.reverse = direction < 0
		}
		p.ordered = len(sort) == 0 || sorts && len(p.ranges) == 1
		best, bestScore = p, score
	}
	return best
}

// boundOf reads the conditions on a field.
func boundOf(filter bson.D, field string) *bound {
	b := &bound{}
	for _, e := range filter {
		if e.Key != field {
			continue
		}
		for _, cond := range conditions(e.Value) {
			b.add(cond.Key, cond.Value)
		}
	}
	return b
}

// conditions takes {field: value} for {field: {$eq: value}}.
func conditions(v any) bson.D {
	if d, ok := v.(bson.D); ok && len(d) > 0 && len(d[0].Key) > 0 && d[0].Key[0] == '$' {
		return d
	}
	return bson.D{{Key: "$eq", Value: v}}
}

func (b *bound) add(op string, v any) {
	if list, ok := v.(bson.A); op == "$in" && ok && b.equal == nil && !slices.ContainsFunc(list, unusable) {
		b.equal = slices.Clone(list)
		slices.SortFunc(b.equal, bsonkit.Compare)
		b.equal = slices.CompactFunc(b.equal, func(x, y any) bool { return bsonkit.Compare(x, y) == 0 })
		return
	}
	if unusable(v) {
		return
	}
	// Of two bounds on one side either will do: the match afterwards checks the other.
	switch op {
	case "$eq":
		b.equal = []any{v}
	case "$gt", "$gte":
		b.low, b.openLow = v, op == "$gt"
	case "$lt", "$lte":
		b.high, b.openHigh = v, op == "$lt"
	}
}

// unusable reports whether an index cannot be searched for a value: null means missing as well, and
// an array matches as a whole or by its elements.
func unusable(v any) bool {
	class, _ := bsonkit.Inspect(v)
	return class == bsonkit.Null || class == bsonkit.Array
}

// score is how much of an index the bound leaves out: 0 is nothing.
func (b *bound) score(x *index) int {
	switch {
	case b.equal != nil && x.field == "_id":
		return 30
	case b.equal != nil:
		return 20
	case b.low != nil || b.high != nil:
		return 10
	}
	return 0
}

// ranges covers the keys within the bound.
func (b *bound) ranges() []keyRange {
	if b.equal == nil {
		return []keyRange{b.stretch()}
	}
	ranges := make([]keyRange, len(b.equal))
	for i, key := range b.equal {
		ranges[i] = keyRange{from: entry{key: key, edge: -1}, to: entry{key: key, edge: 1}}
	}
	return ranges
}

// stretch lies between the ends of the bound; an end that it lacks is that of the other end's class.
func (b *bound) stretch() keyRange {
	low, high, openLow, openHigh := b.low, b.high, b.openLow, b.openHigh
	switch {
	case low == nil && high == nil:
		low, high = classEdge{class: bsonkit.Null}, classEdge{class: math.MaxInt}
	case low == nil:
		class, _ := bsonkit.Inspect(high)
		low = classEdge{class: class}
	case high == nil:
		class, _ := bsonkit.Inspect(low)
		high = classEdge{class: class, high: true}
	}
	return keyRange{
		from: entry{key: low, edge: int8(2*btoi(openLow) - 1)},
		to:   entry{key: high, edge: int8(1 - 2*btoi(openHigh))},
	}
}
