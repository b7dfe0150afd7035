package mongod

import (
	"math/rand/v2"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/bson"
)

const (
	firstBatch    = 101
	maxBatchBytes = maxDocumentBytes
	cursorIdle    = 10 * time.Minute
)

// cursor is the rest of an answer: the documents as they were when the query ran.
type cursor struct {
	ns   string
	docs []*bson.D
	used time.Time
}

// cursors are the open ones of all connections: a pool may fetch the next batch over another
// connection.
type cursors struct {
	mu   sync.Mutex
	open map[int64]*cursor
}

func newCursors() *cursors { return &cursors{open: map[int64]*cursor{}} }

// batch takes up to size documents off cur, never more than fit into one reply but at least one.
// size 0 is no limit.
func (cur *cursor) batch(size int) (bson.A, error) {
	list, total := bson.A{}, 0
	for len(cur.docs) > 0 && (size <= 0 || len(list) < size) {
		raw, err := encode(*cur.docs[0])
		if err != nil {
			return nil, err
		}
		if total += len(raw); total > maxBatchBytes && len(list) > 0 {
			break
		}
		list = append(list, raw)
		cur.docs = cur.docs[1:]
	}
	return list, nil
}

// keep makes cur findable by the returned number, or 0 if it is used up. Cursors that nobody asked
// for in a long time go.
func (c *cursors) keep(cur *cursor) int64 {
	if len(cur.docs) == 0 {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	cur.used = time.Now()
	for id, old := range c.open {
		if time.Since(old.used) > cursorIdle {
			delete(c.open, id)
		}
	}
	id := rand.Int64N(1<<62) + 1
	c.open[id] = cur
	return id
}

// take removes a cursor; the caller keeps it again under a number of its own if more is left.
func (c *cursors) take(id int64, ns string) (*cursor, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cur, ok := c.open[id]
	if !ok || cur.ns != ns {
		return nil, false
	}
	delete(c.open, id)
	return cur, true
}

func (c *cursors) put(id int64, cur *cursor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cur.used = time.Now()
	c.open[id] = cur
}

// firstReply answers a query with its first batch and a cursor for the rest.
func (s *Server) firstReply(ns string, docs []*bson.D, size int, single bool) (bson.D, error) {
	cur := &cursor{ns: ns, docs: docs}
	batch := bson.A{}
	if size >= 0 {
		var err error
		if batch, err = cur.batch(size); err != nil {
			return nil, err
		}
	}
	id := int64(0)
	if !single {
		id = s.cursors.keep(cur)
	}
	return cursorReply("firstBatch", ns, id, batch), nil
}

func cursorReply(batchName, ns string, id int64, batch bson.A) bson.D {
	return bson.D{{Key: "cursor", Value: bson.D{
		{Key: batchName, Value: batch}, {Key: "id", Value: id}, {Key: "ns", Value: ns},
	}}}
}

func (s *Server) getMore(r *request) (bson.D, error) {
	id, ok := r.doc[0].Value.(int64)
	name, isString := r.value("collection").(string)
	if !ok || !isString {
		return nil, errorf(codeTypeMismatch, "getMore needs a cursor and a collection")
	}
	size, err := r.atLeastZero("batchSize")
	if err != nil {
		return nil, err
	}
	ns := r.db + "." + name
	cur, ok := s.cursors.take(id, ns)
	if !ok {
		return nil, errorf(codeCursorNotFound, "cursor id %d not found", id)
	}
	batch, err := cur.batch(size)
	if err != nil {
		return nil, err
	}
	if len(cur.docs) > 0 {
		s.cursors.put(id, cur)
	} else {
		id = 0
	}
	return cursorReply("nextBatch", ns, id, batch), nil
}

func (s *Server) killCursors(r *request) (bson.D, error) {
	name, _ := r.doc[0].Value.(string)
	list, err := r.list("cursors")
	if err != nil {
		return nil, err
	}
	killed, missing := bson.A{}, bson.A{}
	for _, v := range list {
		id, _ := v.(int64)
		if _, ok := s.cursors.take(id, r.db+"."+name); ok {
			killed = append(killed, id)
		} else {
			missing = append(missing, id)
		}
	}
	return bson.D{
		{Key: "cursorsKilled", Value: killed}, {Key: "cursorsNotFound", Value: missing},
		{Key: "cursorsAlive", Value: bson.A{}}, {Key: "cursorsUnknown", Value: bson.A{}},
	}, nil
}
