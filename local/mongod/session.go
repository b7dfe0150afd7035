package mongod

import (
	"maps"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// sessionMinutes is how long a session is known without a retryable write. Drivers keep sessions as
// long as hello says.
const sessionMinutes = 30

// writeID names a retryable write: by the session's ID, which is a UUID, and the write's number in
// it.
type writeID struct {
	session string
	number  int64
}

// session is what is known of a client's session: the newest number of a retryable write, and what
// each of its statements answered that changed something. Such a statement is not executed again
// under that number, also after a crash. Like in MongoDB, one that changed nothing is.
type session struct {
	number  int64
	answers map[int32]bson.D
	used    time.Time
}

// sessions are the sessions with retryable writes, by their IDs. They belong to the engine's
// writer.
type sessions map[string]*session

// begin starts a retryable write, or begins it again.
func (s sessions) begin(id *writeID, now time.Time) error {
	known := s[id.session]
	switch {
	case known == nil:
		s.expire(now)
		s[id.session] = &session{number: id.number, used: now}
	case known.number < id.number:
		s[id.session] = &session{number: id.number, used: now}
	case known.number > id.number:
		return errorf(codeTransactionTooOld, "Cannot start transaction %d on session %x because a newer transaction with txnNumber %d has already started on this session.", id.number, id.session, known.number)
	default:
		known.used = now
	}
	return nil
}

// keep notes what statements of a write have answered.
func (s sessions) keep(id writeID, answers map[int32]bson.D, now time.Time) {
	known := s[id.session]
	if known == nil || known.number < id.number {
		known = &session{number: id.number}
		s[id.session] = known
	}
	if known.answers == nil {
		known.answers = map[int32]bson.D{}
	}
	maps.Copy(known.answers, answers)
	known.used = now
}

func (s sessions) expire(now time.Time) {
	maps.DeleteFunc(s, func(_ string, known *session) bool { return now.Sub(known.used) > sessionMinutes*time.Minute })
}

// log writes all sessions as the operations that make them.
func (s sessions) log(t *tx) error {
	for id, known := range s {
		for statement, answer := range known.answers {
			if err := t.logAnswer(writeID{id, known.number}, statement, answer); err != nil {
				return err
			}
		}
	}
	return nil
}

// retryable are the commands that may have a txnNumber outside a transaction.
const retryable = "insert update delete findAndModify"

// readSession reads the session and the number of a command.
func (r *request) readSession() error {
	if r.value("startTransaction") != nil || r.value("autocommit") != nil {
		return errorf(codeNoTransactions, "multi-document transactions are not supported by the embedded database")
	}
	id, err := r.sessionID(r.value("lsid"))
	if err != nil || r.value("txnNumber") == nil {
		return err
	}
	number, err := r.number("txnNumber", 0)
	switch {
	case err != nil:
		return err
	case id == "":
		return errorf(codeInvalidOptions, "Transaction number requires a session ID to also be specified")
	case number < 0:
		return errorf(codeInvalidOptions, "Transaction number cannot be negative")
	case !hasField(retryable, r.name):
		return errorf(codeNotRetryable, "txnNumber may only be provided for multi-document transactions and retryable write commands. autocommit:false was not provided, and %s is not a retryable write command.", r.name)
	}
	r.write = &writeID{id, number}
	return nil
}

// sessionID reads {id: UUID}; empty where there is none.
func (r *request) sessionID(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	doc, _ := v.(bson.D)
	id, ok := lookup(doc, "id").(primitive.Binary)
	if !ok || id.Subtype != bson.TypeBinaryUUID || len(id.Data) != 16 {
		return "", errorf(codeTypeMismatch, "a session is a document with an id that is a UUID")
	}
	return string(id.Data), nil
}

// endSessions forgets sessions that a client does not use any more.
func (s *Server) endSessions(r *request) (bson.D, error) {
	list, err := r.list("endSessions")
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, v := range list {
		id, err := r.sessionID(v)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return bson.D{}, s.engine.write(func(t *tx) error {
		for _, id := range ids {
			delete(t.sessions, id)
		}
		return nil
	})
}
