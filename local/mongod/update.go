package mongod

import (
	"strings"

	"github.com/256dpi/lungo/bsonkit"
	"github.com/256dpi/lungo/mongokit"
	"go.mongodb.org/mongo-driver/bson"
)

// change is what an update does to the documents that its query finds.
type change struct {
	query        query
	update       bson.D // operators, or a whole document
	replace      bool
	upsert       bool
	multi        bool
	arrayFilters bsonkit.List
}

// changed is what became of it. before and after are those of the last document: of the only one,
// unless multi.
type changed struct {
	matched, modified int
	upserted          any // the new document's _id
	before, after     *bson.D
	isUpsert          bool
}

// readChange takes the update in the field updateName of r, and checks it as far as it can be
// checked without a document.
func (r *request) readChange(q query, updateName string) (*change, error) {
	doc, ok := r.value(updateName).(bson.D)
	if !ok {
		return nil, errorf(codeFailedToParse, "update must be a document (pipelines are not supported by the embedded database)")
	}
	ch := &change{query: q, update: doc, replace: len(doc) == 0 || !strings.HasPrefix(doc[0].Key, "$")}
	var err error
	if ch.upsert, err = r.bool("upsert", false); err != nil {
		return nil, err
	}
	if ch.multi, err = r.bool("multi", false); err != nil {
		return nil, err
	}
	filters, err := r.list("arrayFilters")
	if err != nil {
		return nil, err
	}
	for _, v := range filters {
		filter, ok := v.(bson.D)
		if !ok {
			return nil, errorf(codeTypeMismatch, "arrayFilters must be documents")
		}
		ch.arrayFilters = append(ch.arrayFilters, &filter)
	}
	if err := checkValue(doc); err != nil {
		return nil, err
	}
	return ch, ch.check()
}

func (ch *change) check() error {
	if ch.replace {
		for _, e := range ch.update {
			if strings.HasPrefix(e.Key, "$") {
				return errorf(52, "the field '%s' is not allowed in a replacement document", e.Key)
			}
		}
		if ch.multi {
			return errorf(codeFailedToParse, "multi update is not supported for replacement-style update")
		}
		return nil
	}
	positional := false
	var paths []string
	for _, e := range ch.update {
		if _, ok := mongokit.FieldUpdateOperators[e.Key]; !ok {
			return errorf(codeFailedToParse, "unknown modifier: %s", e.Key)
		}
		fields, ok := e.Value.(bson.D)
		if !ok {
			return errorf(codeFailedToParse, "modifiers operate on fields, but %s has none", e.Key)
		}
		for _, f := range fields {
			if strings.Contains(f.Key, "$") {
				positional = true
				if e.Key == "$inc" || e.Key == "$mul" {
					return errorf(codeBadValue, "%s of array elements is not supported by the embedded database: %s", e.Key, f.Key)
				}
			}
			if f.Key == "" || strings.HasPrefix(f.Key, ".") || strings.HasSuffix(f.Key, ".") || strings.Contains(f.Key, "..") {
				return errorf(56, "the update path '%s' contains an empty field name", f.Key)
			}
			for _, other := range paths {
				if strings.HasPrefix(f.Key+".", other+".") || strings.HasPrefix(other+".", f.Key+".") {
					return errorf(codeConflictingUpdate, "updating the path '%s' would create a conflict at '%s'", f.Key, other)
				}
			}
			paths = append(paths, f.Key)
		}
	}
	if positional {
		return nil // needs the arrays of a document
	}
	// An empty document shows what is wrong with the update itself, also if no document matches.
	return ch.apply(&bson.D{}, true)
}

// apply runs the operators on doc. The update stays as it is, for the next document.
func (ch *change) apply(doc *bson.D, upsert bool) error {
	update := bsonkit.Clone(&ch.update)
	if err := widen(doc, *update); err != nil {
		return err
	}
	_, err := mongokit.Apply(doc, &ch.query.filter, update, upsert, ch.arrayFilters)
	return err
}

// run makes the change in ns.
func (ch *change) run(t *tx, ns string) (changed, error) {
	var done changed
	found, _, err := t.catalog.collections[ns].find(ch.query)
	if err != nil {
		return done, err
	}
	for _, rec := range found {
		if err := ch.runOne(t, ns, rec, &done); err != nil {
			return done, err
		}
	}
	if len(found) == 0 && ch.upsert {
		return done, ch.insert(t, ns, &done)
	}
	return done, nil
}

func (ch *change) runOne(t *tx, ns string, rec record, done *changed) error {
	doc, err := ch.next(rec.doc)
	if err != nil {
		return err
	}
	oldRaw, err := encode(*rec.doc)
	if err != nil {
		return err
	}
	newRaw, err := encode(doc)
	if err != nil {
		return err
	}
	if !sameDocument(oldRaw, newRaw) {
		if err := checkDocument(doc); err != nil {
			return err
		}
		if err := t.put(ns, rec, doc); err != nil {
			return err
		}
		done.modified++
	}
	done.matched++
	done.before, done.after = rec.doc, &doc
	return nil
}

// next is the document that old becomes.
func (ch *change) next(old *bson.D) (bson.D, error) {
	id := get(old, "_id")
	var doc bson.D
	if ch.replace {
		doc = *bsonkit.Clone(&ch.update)
		if isMissing(get(&doc, "_id")) {
			doc = append(doc, bson.E{Key: "_id", Value: id})
		}
		doc = withIDFirst(doc)
	} else {
		doc = *bsonkit.Clone(old)
		if err := ch.apply(&doc, false); err != nil {
			return nil, err
		}
	}
	if now := get(&doc, "_id"); isMissing(now) || !identical(now, id) {
		return nil, errorf(codeImmutableField, "performing an update on the path '_id' would modify the immutable field '_id'")
	}
	return doc, nil
}

// insert stores what an upsert makes of its query and its update.
func (ch *change) insert(t *tx, ns string, done *changed) error {
	seed, err := mongokit.Extract(&ch.query.filter)
	if err != nil {
		return err
	}
	id := get(seed, "_id")
	doc := *bsonkit.Clone(seed)
	if ch.replace {
		doc = *bsonkit.Clone(&ch.update)
		if isMissing(get(&doc, "_id")) && !isMissing(id) {
			doc = append(doc, bson.E{Key: "_id", Value: id})
		}
	} else if err := ch.apply(&doc, true); err != nil {
		return err
	}
	doc = withIDFirst(doc)
	if !isMissing(id) && compareValues(id, doc[0].Value) != 0 {
		return errorf(codeImmutableField, "performing an update on the path '_id' would modify the immutable field '_id'")
	}
	if err := checkDocument(doc); err != nil {
		return err
	}
	if err := t.put(ns, record{}, doc); err != nil {
		return err
	}
	done.isUpsert, done.upserted, done.after = true, doc[0].Value, &doc
	return nil
}

func (s *Server) update(r *request) (bson.D, error) {
	ns, err := r.collection()
	if err != nil {
		return nil, err
	}
	done, err := s.batch(r, "updates", func(t *tx, v any) (bson.D, error) {
		one, err := r.sub("updates", v, "q u upsert multi arrayFilters hint sort")
		if err != nil {
			return nil, err
		}
		q, err := one.readQuery("q")
		if err != nil {
			return nil, err
		}
		ch, err := one.readChange(q, "u")
		if err != nil {
			return nil, err
		}
		if ch.multi && r.write != nil {
			return nil, errorf(codeInvalidOptions, "Cannot use (or request) retryable writes with multi=true")
		}
		if !ch.multi {
			ch.query.limit = 1
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
	if c.isUpsert {
		return append(count(1), bson.E{Key: "nModified", Value: int32(0)}, bson.E{Key: "upserted", Value: c.upserted})
	}
	return append(count(c.matched), bson.E{Key: "nModified", Value: int32(c.modified)})
}
