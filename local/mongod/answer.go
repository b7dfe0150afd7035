package mongod

import (
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// image is the document that is the last field, value, of an answer, as it is before or after the
// statement. The journal has it already where the answer comes before or after the statement's
// operations, and need not have it twice.
type image struct {
	ns    string
	id    any
	after bool
}

// once runs a statement of a retryable write, unless it was run before: then it gives what it
// answered. run gives an answer, which is kept if the statement changes something.
func (t *tx) once(statement int32, run func() (bson.D, *image, error)) (answer bson.D, retried bool, err error) {
	if t.id == nil {
		answer, _, err = run()
		return answer, false, err
	}
	if known, ok := t.sessions[t.id.session].answers[statement]; ok {
		return known, true, nil
	}
	before := len(t.ops)
	answer, value, err := run()
	if err != nil || len(t.ops) == before {
		return answer, false, err
	}
	if t.answers == nil {
		t.answers = map[int32]bson.D{}
	}
	t.answers[statement] = answer
	if value == nil || value.after {
		return answer, false, t.logAnswer(*t.id, statement, answer, value)
	}
	changes := slices.Clone(t.ops[before:])
	t.ops = t.ops[:before]
	err = t.logAnswer(*t.id, statement, answer, value)
	t.ops = append(t.ops, changes...)
	return answer, false, err
}

// logAnswer writes an answer; value is the image that it ends with, if any.
func (t *tx) logAnswer(id writeID, statement int32, answer bson.D, value *image) error {
	doc := bson.D{
		{Key: "session", Value: primitive.Binary{Data: []byte(id.session)}}, {Key: "number", Value: id.number}, {Key: "statement", Value: statement},
	}
	if value != nil {
		answer = answer[:len(answer)-1]
		doc = append(doc, bson.E{Key: "valueOf", Value: bson.D{{Key: "ns", Value: value.ns}, {Key: "id", Value: value.id}}})
	}
	return t.log(opAnswer, "", "answer", append(doc, bson.E{Key: "is", Value: answer}))
}

// replayAnswer reads what logAnswer wrote.
func (t *tx) replayAnswer(op bson.D) error {
	doc, _ := lookup(op, "answer").(bson.D)
	id, _ := lookup(doc, "session").(primitive.Binary)
	number, _ := lookup(doc, "number").(int64)
	statement, _ := lookup(doc, "statement").(int32)
	answer, _ := lookup(doc, "is").(bson.D)
	if of, ok := lookup(doc, "valueOf").(bson.D); ok {
		ns, _ := lookup(of, "ns").(string)
		c := t.catalog.collections[ns]
		if c == nil {
			return errorf(codeInternal, "journal holds an answer of the unknown collection %s", ns)
		}
		rec, ok := c.byID(lookup(of, "id"))
		if !ok {
			return errorf(codeInternal, "journal holds an answer with an unknown document of %s", ns)
		}
		answer = append(answer, bson.E{Key: "value", Value: *rec.doc})
	}
	t.sessions.keep(writeID{string(id.Data), number}, map[int32]bson.D{statement: answer}, time.Now())
	return nil
}
