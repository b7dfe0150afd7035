package mongod

import (
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// once runs a statement of a retryable write, unless it was run before: then it gives what it
// answered. run gives an answer, which is kept if the statement changes something.
func (t *tx) once(statement int32, run func() (bson.D, error)) (answer bson.D, retried bool, err error) {
	if t.id == nil {
		answer, err = run()
		return answer, false, err
	}
	if known, ok := t.sessions[t.id.session].answers[statement]; ok {
		return known, true, nil
	}
	before := len(t.ops)
	answer, err = run()
	if err != nil || len(t.ops) == before {
		return answer, false, err
	}
	if t.answers == nil {
		t.answers = map[int32]bson.D{}
	}
	t.answers[statement] = answer
	return answer, false, t.logAnswer(*t.id, statement, answer)
}

func (t *tx) logAnswer(id writeID, statement int32, answer bson.D) error {
	return t.log(opAnswer, "", "answer", bson.D{
		{Key: "session", Value: primitive.Binary{Data: []byte(id.session)}}, {Key: "number", Value: id.number},
		{Key: "statement", Value: statement}, {Key: "is", Value: answer},
	})
}

// replayAnswer reads what logAnswer wrote.
func (t *tx) replayAnswer(op bson.D) {
	doc, _ := lookup(op, "answer").(bson.D)
	id, _ := lookup(doc, "session").(primitive.Binary)
	number, _ := lookup(doc, "number").(int64)
	statement, _ := lookup(doc, "statement").(int32)
	answer, _ := lookup(doc, "is").(bson.D)
	t.sessions.keep(writeID{string(id.Data), number}, map[int32]bson.D{statement: answer}, time.Now())
}
