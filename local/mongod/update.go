package mongod

import (
	"strings"

	"github.com/256dpi/lungo/bsonkit"
	"github.com/256dpi/lungo/mongokit"
	"go.mongodb.org/mongo-driver/bson"
)

// change is what an update does to the document that its filter finds.
type change struct {
	filter bson.D
	update bson.D
	upsert bool
}

// changed is the result of a change. before is nil where a document was made, and both are nil where
// none was found.
type changed struct {
	modified      bool
	before, after *bson.D
}

// updates are the operators that the shop uses.
const updates = "$set $setOnInsert $inc $max"

// readChange takes a change from the fields of r, and checks it as far as it can be checked without
// a document.
func (r *request) readChange(filterName, updateName string) (*change, error) {
	filter, err := r.document(filterName)
	if err != nil {
		return nil, err
	}
	update, ok := r.value(updateName).(bson.D)
	if !ok || len(update) == 0 {
		return nil, errorf(codeFailedToParse, "update must be a document with operators (replacements and pipelines are not supported by the embedded database)")
	}
	upsert, err := r.bool("upsert", false)
	if err != nil {
		return nil, err
	}
	if err := checkValue(update); err != nil {
		return nil, err
	}
	ch := &change{filter, update, upsert}
	return ch, ch.check()
}

func (ch *change) check() error {
	var paths []string
	for _, e := range ch.update {
		if !hasField(updates, e.Key) {
			return errorf(codeFailedToParse, "unknown modifier: %s", e.Key)
		}
		fields, ok := e.Value.(bson.D)
		if !ok {
			return errorf(codeFailedToParse, "modifiers operate on fields, but %s has none", e.Key)
		}
		for _, f := range fields {
			if err := checkPath(f.Key, paths); err != nil {
				return err
			}
			paths = append(paths, f.Key)
		}
	}
	// An empty document shows what is wrong with the update itself, also if no document matches.
	return ch.apply(&bson.D{}, true)
}

func checkPath(path string, others []string) error {
	if strings.Contains("."+path+".", "..") {
		return errorf(56, "the update path '%s' contains an empty field name", path)
	}
	if strings.Contains(path, "$") {
		return errorf(codeBadValue, "positions in arrays are not supported by the embedded database: %s", path)
	}
	for _, other := range others {
		if strings.HasPrefix(path+".", other+".") || strings.HasPrefix(other+".", path+".") {
			return errorf(codeConflictingUpdate, "updating the path '%s' would create a conflict at '%s'", path, other)
		}
	}
	return nil
}

// apply runs the operators on doc. The update stays as it is, for the next document.
func (ch *change) apply(doc *bson.D, upsert bool) error {
	update := bsonkit.Clone(&ch.update)
	if err := widen(doc, *update); err != nil {
		return err
	}
	_, err := mongokit.Apply(doc, &ch.filter, update, upsert, nil)
	return err
}

// widen prepares update for doc: where the sum of $inc needs 64 bits it makes the operand long, as
// MongoDB does, since lungo's sums wrap around. It refuses what needs more.
func widen(doc *bson.D, update bson.D) error {
	increments, _ := lookup(update, "$inc").(bson.D)
	for i, f := range increments {
		by, ok := integer(f.Value)
		if !ok {
			return errorf(codeBadValue, "$inc of '%s' by %v: the embedded database adds only whole numbers", f.Key, f.Value)
		}
		now, ok := integer(get(doc, f.Key))
		if !ok {
			continue // missing, or for lungo to refuse
		}
		sum := now + by
		if (sum > now) != (by > 0) && by != 0 {
			return errorf(codeBadValue, "$inc of '%s' overflows 64 bits: the value is %d", f.Key, now)
		}
		if sum != int64(int32(sum)) {
			increments[i].Value = by
		}
	}
	return nil
}

func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int32:
		return int64(v), true
	case int64:
		return v, true
	}
	return 0, false
}

// run makes the change in ns.
func (ch *change) run(t *tx, ns string) (changed, error) {
	found, _, err := t.catalog.collections[ns].find(query{filter: ch.filter, limit: 1})
	switch {
	case err != nil:
		return changed{}, err
	case len(found) > 0:
		return ch.modify(t, ns, found[0])
	case ch.upsert:
		return ch.insert(t, ns)
	}
	return changed{}, nil
}

func (ch *change) modify(t *tx, ns string, old record) (changed, error) {
	doc := *bsonkit.Clone(old.doc)
	if err := ch.apply(&doc, false); err != nil {
		return changed{}, err
	}
	if bsonkit.Compare(get(&doc, "_id"), get(old.doc, "_id")) != 0 {
		return changed{}, errImmutableID
	}
	done := changed{before: old.doc, after: &doc}
	same, err := sameDocument(*old.doc, doc)
	if err != nil || same {
		return done, err
	}
	if err := checkDocument(doc); err != nil {
		return done, err
	}
	done.modified = true
	return done, t.put(ns, old, doc)
}

var errImmutableID = errorf(codeImmutableField, "performing an update on the path '_id' would modify the immutable field '_id'")

// insert stores what an upsert makes of its filter and its update.
func (ch *change) insert(t *tx, ns string) (changed, error) {
	doc, err := mongokit.Extract(&ch.filter)
	if err != nil {
		return changed{}, err
	}
	id := get(doc, "_id")
	if err := ch.apply(doc, true); err != nil {
		return changed{}, err
	}
	made := withIDFirst(*doc)
	if !isMissing(id) && bsonkit.Compare(id, made[0].Value) != 0 {
		return changed{}, errImmutableID
	}
	if err := checkDocument(made); err != nil {
		return changed{}, err
	}
	return changed{after: &made}, t.put(ns, record{}, made)
}

func (s *Server) update(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	done, err := s.batch(r, "updates", func(t *tx, v any) (bson.D, error) {
		one, err := r.sub("updates", v, "q u upsert multi")
		if err != nil {
			return nil, err
		}
		if multi, err := one.bool("multi", false); err != nil || multi {
			return nil, errorf(codeInvalidOptions, "updates of many documents are not supported by the embedded database")
		}
		ch, err := one.readChange("q", "u")
		if err != nil {
			return nil, err
		}
		done, err := ch.run(t, ns)
		return done.answer(), err
	})
	if err != nil {
		return nil, err
	}
	return done.reply(bson.E{Key: "nModified", Value: done.modified}), nil
}

// answer is what an update answers for the statement.
func (c changed) answer() bson.D {
	switch {
	case c.after == nil:
		return append(count(0), bson.E{Key: "nModified", Value: int32(0)})
	case c.before == nil:
		return append(count(1), bson.E{Key: "nModified", Value: int32(0)}, bson.E{Key: "upserted", Value: get(c.after, "_id")})
	}
	return append(count(1), bson.E{Key: "nModified", Value: int32(btoi(c.modified))})
}
