package mongod

import (
	"slices"

	"github.com/256dpi/lungo/bsonkit"
	"github.com/256dpi/lungo/mongokit"
	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// query is what to find in a collection. Limit 0 is no limit.
type query struct {
	filter bson.D
	sort   bson.D
	limit  int
}

// stats is what a query cost. Index is empty if everything was read.
type stats struct {
	index      string
	keys, docs int
}

// check refuses what find would only notice at a document that reaches it, or not at all.
func (q query) check() error {
	if err := checkFilter(q.filter); err != nil {
		return err
	}
	if _, err := mongokit.Columns(&q.sort); err != nil {
		return errorf(codeBadValue, "sort: %v", err)
	}
	return nil
}

// find returns the matching records. A nil collection has none.
func (c *collection) find(q query) ([]record, stats, error) {
	if err := q.check(); err != nil || c == nil {
		return nil, stats{}, err
	}
	p := newPlan(c, q.filter, q.sort)
	var st stats
	if p.index != nil {
		st.index = p.index.name
	}
	var found []record
	var err error
	c.scan(p, &st, func(r record) bool {
		st.docs++
		var ok bool
		if ok, err = mongokit.Match(r.doc, &q.filter); ok {
			found = append(found, r)
		}
		return err == nil && !(p.ordered && q.limit > 0 && len(found) == q.limit)
	})
	if err != nil {
		return nil, st, err
	}
	if !p.ordered {
		sortRecords(found, q.sort)
	}
	if q.limit > 0 {
		found = found[:min(q.limit, len(found))]
	}
	return found, st, nil
}

func sortRecords(list []record, sort bson.D) {
	columns, _ := mongokit.Columns(&sort) // checked before
	slices.SortStableFunc(list, func(a, b record) int { return bsonkit.Order(a.doc, b.doc, columns, false) })
}

// scan hands each record that the plan leads to to yield, once, until yield returns false.
func (c *collection) scan(p plan, st *stats, yield func(record) bool) {
	if p.index == nil {
		c.records.Scan(yield)
		return
	}
	more, seen := true, map[uint64]bool{}
	visit := func(e entry) bool {
		st.keys++
		if p.index.multi {
			if seen[e.id] {
				return true
			}
			seen[e.id] = true
		}
		r, ok := c.get(e.id)
		more = !ok || yield(r)
		return more
	}
	for _, kr := range p.ranges {
		if !more {
			return
		}
		p.index.walk(kr, p.reverse, visit)
	}
}

// walk visits the entries of a range in the index's order, or backwards.
func (x *index) walk(kr keyRange, reverse bool, visit func(entry) bool) {
	if reverse {
		x.tree.Descend(kr.to, func(e entry) bool { return compareEntries(e, kr.from) > 0 && visit(e) })
		return
	}
	x.tree.Ascend(kr.from, func(e entry) bool { return compareEntries(e, kr.to) < 0 && visit(e) })
}

// operators are the conditions on a field that the shop uses.
const operators = "$eq $in $exists $lt $lte $gt $gte"

// checkFilter refuses operators and values that are not supported. lungo itself stops at the first
// condition that fails, so that an unknown operator after it, or in an empty collection, would pass
// for "nothing found".
func checkFilter(filter bson.D) error {
	for _, e := range filter {
		if len(e.Key) > 0 && e.Key[0] == '$' {
			return errorf(codeBadValue, "unknown top level operator: %s", e.Key)
		}
		for _, cond := range conditions(e.Value) {
			if err := checkCondition(cond.Key, cond.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkCondition(op string, v any) error {
	if !hasField(operators, op) {
		return errorf(codeBadValue, "unknown operator: %s", op)
	}
	list, isList := v.(bson.A)
	if op == "$in" && !isList {
		return errorf(codeBadValue, "$in needs an array")
	}
	for _, item := range append(list, v) {
		// lungo compares patterns as values, and would find nothing.
		if _, ok := item.(primitive.Regex); ok {
			return errorf(codeBadValue, "regular expressions are not supported by the embedded database")
		}
	}
	return checkValue(v)
}
