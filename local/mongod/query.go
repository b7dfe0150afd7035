package mongod

import (
	"slices"

	"github.com/256dpi/lungo/bsonkit"
	"github.com/256dpi/lungo/mongokit"
	"go.mongodb.org/mongo-driver/bson"
)

// query is what to find in a collection. Limit 0 is no limit.
type query struct {
	filter      bson.D
	sort        bson.D
	skip, limit int
}

// stats tells what a query cost; explain shows it.
type stats struct {
	index            string // "" if everything was read
	keys, docs, hits int
}

// check refuses what find would only notice at a document that reaches it, or not at all.
func (q query) check() error {
	if err := checkFilter(q.filter); err != nil {
		return err
	}
	_, err := mongokit.Columns(&q.sort)
	if err != nil {
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
	enough := func() bool { return p.ordered && q.limit > 0 && len(found) >= q.skip+q.limit }
	c.scan(p, &st, func(r record) bool {
		st.docs++
		var ok bool
		if ok, err = mongokit.Match(r.doc, &q.filter); err != nil {
			return false
		}
		if ok {
			found = append(found, r)
		}
		return !enough()
	})
	if err != nil {
		return nil, st, err
	}
	if !p.ordered {
		sortRecords(found, q.sort)
	}
	found = found[min(q.skip, len(found)):]
	if q.limit > 0 {
		found = found[:min(q.limit, len(found))]
	}
	st.hits = len(found)
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
	var seen map[uint64]bool
	if p.index.multikey {
		seen = map[uint64]bool{}
	}
	more := true
	visit := func(e entry) bool {
		st.keys++
		if seen[e.id] {
			return true
		}
		if seen != nil {
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
		x.tree.Descend(kr.to, func(e entry) bool {
			return compareEntries(x.columns, e, kr.from) > 0 && visit(e)
		})
		return
	}
	x.tree.Ascend(kr.from, func(e entry) bool {
		return compareEntries(x.columns, e, kr.to) < 0 && visit(e)
	})
}

// checkFilter refuses operators and values that lungo does not know. lungo itself stops at the
// first condition that fails, so that an unknown operator after it, or in an empty collection,
// would pass for "nothing found".
func checkFilter(filter bson.D) error {
	for _, e := range filter {
		if len(e.Key) == 0 || e.Key[0] != '$' {
			if err := checkConditions(e.Value); err != nil {
				return err
			}
			continue
		}
		if _, ok := mongokit.TopLevelQueryOperators[e.Key]; !ok {
			return errorf(codeBadValue, "unknown top level operator: %s", e.Key)
		}
		if e.Key == "$jsonSchema" {
			continue
		}
		list, ok := e.Value.(bson.A)
		if !ok || len(list) == 0 {
			return errorf(codeBadValue, "%s must be a nonempty array", e.Key)
		}
		for _, item := range list {
			sub, ok := item.(bson.D)
			if !ok {
				return errorf(codeBadValue, "%s needs an array of documents", e.Key)
			}
			if err := checkFilter(sub); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkConditions(v any) error {
	for i, cond := range conditions(v) {
		if _, ok := mongokit.ExpressionQueryOperators[cond.Key]; !ok {
			return errorf(codeBadValue, "unknown operator: %s", cond.Key)
		}
		if err := checkOperand(cond.Key, cond.Value); err != nil {
			return errorf(asError(err).Code, "condition %d: %v", i, err)
		}
	}
	return nil
}

func checkOperand(op string, v any) error {
	if err := checkValue(v); err != nil {
		return err
	}
	if bad, err := hasRegex(v); bad {
		return err
	}
	sub, isDoc := v.(bson.D)
	switch op {
	case "$in", "$nin", "$all":
		if _, ok := v.(bson.A); !ok {
			return errorf(codeBadValue, "%s needs an array", op)
		}
	case "$not":
		if !isDoc || len(sub) == 0 || len(sub[0].Key) == 0 || sub[0].Key[0] != '$' {
			return errorf(codeBadValue, "$not needs operators")
		}
		return checkConditions(sub)
	case "$elemMatch":
		if !isDoc {
			return errorf(codeBadValue, "$elemMatch needs a document")
		}
		if len(sub) > 0 && len(sub[0].Key) > 0 && sub[0].Key[0] == '$' && mongokit.TopLevelQueryOperators[sub[0].Key] == nil {
			return checkConditions(sub)
		}
		return checkFilter(sub)
	}
	return nil
}

// hasRegex refuses patterns: lungo compares them as values, and would find nothing.
func hasRegex(v any) (bool, error) {
	list, ok := v.(bson.A)
	if !ok {
		list = bson.A{v}
	}
	for _, item := range list {
		if class, _ := bsonkit.Inspect(item); class == bsonkit.Regex {
			return true, errorf(codeBadValue, "regular expressions are not supported by the embedded database")
		}
	}
	return false, nil
}
