package mongod

import (
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

func (b *bound) ranged() bool { return b.low != nil || b.high != nil }

const maxRanges = 1000 // of one query: $in of many values on many fields multiplies

// newPlan picks the index that narrows the query most. Whatever it yields is matched against the
// whole query afterwards, so a plan must not miss a document, and may yield too many.
func newPlan(c *collection, query, sort bson.D) plan {
	best, bestScore := plan{ordered: len(sort) == 0}, 0
	bounds := map[string]*bound{}
	collectBounds(query, bounds)
	for _, x := range c.indexes {
		if p, score := x.plan(bounds, sort); score > bestScore {
			best, bestScore = p, score
		}
	}
	return best
}

// collectBounds reads the conditions that every match must meet: the top level, and what $and adds
// to it.
func collectBounds(query bson.D, bounds map[string]*bound) {
	for _, e := range query {
		if e.Key == "$and" {
			list, _ := e.Value.(bson.A)
			for _, item := range list {
				if sub, ok := item.(bson.D); ok {
					collectBounds(sub, bounds)
				}
			}
		}
		if e.Key == "" || e.Key[0] == '$' {
			continue
		}
		b := bounds[e.Key]
		if b == nil {
			b = &bound{}
			bounds[e.Key] = b
		}
		for _, cond := range conditions(e.Value) {
			b.add(cond.Key, cond.Value)
		}
	}
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
		slices.SortFunc(b.equal, compareValues)
		b.equal = slices.CompactFunc(b.equal, func(x, y any) bool { return compareValues(x, y) == 0 })
		return
	}
	if unusable(v) {
		return
	}
	// Of two bounds on one side either will do: the match afterwards sees to the other.
	switch op {
	case "$eq":
		b.equal = []any{v}
	case "$gt", "$gte":
		b.low, b.openLow = v, op == "$gt"
	case "$lt", "$lte":
		b.high, b.openHigh = v, op == "$lt"
	}
}

// unusable says which values an index can't be asked for: null means missing as well, an array
// matches as a whole or by its elements, and a regex is a pattern.
func unusable(v any) bool {
	class, _ := bsonkit.Inspect(v)
	return class == bsonkit.Null || class == bsonkit.Array || class == bsonkit.Regex
}

// plan says how the index would answer, and how well: 0 is not at all.
func (x *index) plan(bounds map[string]*bound, sort bson.D) (plan, int) {
	if !x.plain() {
		return plan{}, 0
	}
	prefixes := [][]any{nil}
	used := 0
	for _, column := range x.columns {
		b := bounds[column.Path]
		if b == nil || b.equal == nil || len(prefixes)*len(b.equal) > maxRanges {
			break
		}
		prefixes = product(prefixes, b.equal)
		used++
	}
	p, score := plan{index: x}, used*10
	var last *bound
	if used < len(x.columns) {
		if b := bounds[x.columns[used].Path]; b != nil && b.ranged() {
			last = b
			score += 5
		}
	}
	if used == len(x.columns) && x.unique {
		score += 1000
	}
	for _, prefix := range prefixes {
		p.ranges = append(p.ranges, x.newRange(prefix, last))
	}
	if p.ordered, p.reverse = x.orders(sort, used, len(prefixes)); p.ordered && len(sort) > 0 {
		score += 3
	}
	return p, score
}

// orders reports whether the index, behind its first fixed columns, is in the order that sort asks
// for, or in its reverse.
func (x *index) orders(sort bson.D, fixed, ranges int) (ordered, reverse bool) {
	if len(sort) == 0 {
		return true, false
	}
	if x.multikey || ranges != 1 {
		return false, false
	}
	// A field that is fixed sorts nothing.
	sort = slices.DeleteFunc(slices.Clone(sort), func(e bson.E) bool {
		return slices.ContainsFunc(x.columns[:fixed], func(c bsonkit.Column) bool { return c.Path == e.Key })
	})
	rest := x.columns[fixed:]
	if len(sort) > len(rest) {
		return false, false
	}
	for i, e := range sort {
		direction, _ := wholeNumber(e.Value)
		backwards := (direction < 0) != rest[i].Reverse
		if rest[i].Path != e.Key || i > 0 && backwards != reverse {
			return false, false
		}
		reverse = backwards
	}
	return true, reverse
}

// newRange covers the keys that begin with prefix and then lie within b.
func (x *index) newRange(prefix []any, b *bound) keyRange {
	if b == nil {
		return keyRange{from: entry{keys: prefix, edge: -1}, to: entry{keys: prefix, edge: 1}}
	}
	low, high, openLow, openHigh := b.low, b.high, b.openLow, b.openHigh
	if x.multikey && low != nil && high != nil {
		high = nil // each end may be met by another element of an array
	}
	switch {
	case low == nil:
		class, _ := bsonkit.Inspect(high)
		low, openLow = classEdge{class: class}, false
	case high == nil:
		class, _ := bsonkit.Inspect(low)
		high, openHigh = classEdge{class: class, high: true}, false
	}
	if x.columns[len(prefix)].Reverse {
		low, high, openLow, openHigh = high, low, openHigh, openLow
	}
	with := func(v any) []any { return append(slices.Clone(prefix), v) }
	return keyRange{
		from: entry{keys: with(low), edge: int8(2*btoi(openLow) - 1)},
		to:   entry{keys: with(high), edge: int8(1 - 2*btoi(openHigh))},
	}
}
