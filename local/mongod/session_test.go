package mongod

import (
	"bufio"
	"net"
	"testing"
	"time"

	"github.com/FerretDB/wire"
	"github.com/FerretDB/wire/wirebson"
	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// send runs a command as it is: the driver would give it a session and a number of its own.
func send(t *testing.T, addr string, cmd bson.D) bson.M {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := bson.Marshal(append(cmd, bson.E{Key: "$db", Value: "shop"}))
	if err != nil {
		t.Fatal(err)
	}
	msg, err := wire.NewOpMsg(wirebson.RawDocument(raw))
	if err != nil {
		t.Fatal(err)
	}
	body, err := msg.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(conn)
	header := &wire.MsgHeader{MessageLength: int32(wire.MsgHeaderLen + len(body)), RequestID: 1, OpCode: wire.OpCodeMsg}
	if err := wire.WriteMessage(w, header, msg); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	_, answer, err := wire.ReadMessage(bufio.NewReader(conn))
	if err != nil {
		t.Fatal(err)
	}
	var reply bson.M
	if err := bson.Unmarshal(answer.(*wire.OpMsg).RawSection0(), &reply); err != nil {
		t.Fatal(err)
	}
	return reply
}

// inSession makes a command a retryable write of a session.
func inSession(cmd bson.D, id byte, number int64) bson.D {
	return append(cmd[:len(cmd):len(cmd)], bson.E{Key: "lsid", Value: sessionOf(id)}, bson.E{Key: "txnNumber", Value: number})
}

func sessionOf(id byte) bson.D {
	return bson.D{{Key: "id", Value: bson.Binary{Subtype: bson.TypeBinaryUUID, Data: append(make([]byte, 15), id)}}}
}

func insertOf(docs ...any) bson.D {
	return bson.D{{Key: "insert", Value: "orders"}, {Key: "documents", Value: bson.A(docs)}}
}

func updateOf(filter, update bson.M, more ...bson.E) bson.D {
	return bson.D{{Key: "update", Value: "orders"}, {Key: "updates", Value: bson.A{append(bson.D{{Key: "q", Value: filter}, {Key: "u", Value: update}}, more...)}}}
}

func modifyOf(filter bson.M, more ...bson.E) bson.D {
	return append(bson.D{{Key: "findAndModify", Value: "orders"}, {Key: "query", Value: filter}}, more...)
}

func deleteOf(filter bson.M, limit int) bson.D {
	return bson.D{{Key: "delete", Value: "orders"}, {Key: "deletes", Value: bson.A{bson.M{"q": filter, "limit": limit}}}}
}

var (
	a   = bson.M{"_id": "a"}
	inc = bson.M{"$inc": bson.M{"n": 1}}
)

// writesOfA are retryable writes of each kind, on the collection of the document {_id: "a", n: 1},
// and what is in it afterwards.
var writesOfA = map[string]struct {
	cmd   bson.D
	after []bson.M
}{
	"insert":                     {insertOf(bson.M{"_id": "b"}), []bson.M{{"_id": "a", "n": int32(1)}, {"_id": "b"}}},
	"update":                     {updateOf(a, inc), []bson.M{{"_id": "a", "n": int32(2)}}},
	"upsert":                     {updateOf(bson.M{"_id": "b"}, inc, bson.E{Key: "upsert", Value: true}), []bson.M{{"_id": "a", "n": int32(1)}, {"_id": "b", "n": int32(1)}}},
	"delete":                     {deleteOf(a, 1), nil},
	"findAndModify, before":      {modifyOf(a, bson.E{Key: "update", Value: inc}), []bson.M{{"_id": "a", "n": int32(2)}}},
	"findAndModify, after":       {modifyOf(a, bson.E{Key: "update", Value: inc}, bson.E{Key: "new", Value: true}), []bson.M{{"_id": "a", "n": int32(2)}}},
	"findAndModify that upserts": {modifyOf(bson.M{"_id": "b"}, bson.E{Key: "update", Value: inc}, bson.E{Key: "upsert", Value: true}, bson.E{Key: "new", Value: true}), []bson.M{{"_id": "a", "n": int32(1)}, {"_id": "b", "n": int32(1)}}},
}

// again checks the answer to a repeated write: that of the first time, and the statements that were
// repeated.
func again(t *testing.T, first, second bson.M) {
	t.Helper()
	if first["ok"] != 1.0 || second["retriedStmtId"] != int32(0) && !cmp.Equal(second["retriedStmtIds"], bson.A{int32(0)}) {
		t.Errorf("answered %v, and again %v", first, second)
	}
	delete(second, "retriedStmtId")
	delete(second, "retriedStmtIds")
	if d := cmp.Diff(first, second); d != "" {
		t.Errorf("answered again (-first +second):\n%s", d)
	}
}

func TestRetryableWrites(t *testing.T) {
	t.Parallel()

	for name, w := range writesOfA {
		t.Run("a repeated "+name+" is answered as before, and not executed twice", func(t *testing.T) {
			t.Parallel()

			b := setup(t)
			mustInsert(t, b.orders, bson.M{"_id": "a", "n": 1})
			cmd := inSession(w.cmd, 1, 5)
			again(t, send(t, b.addr, cmd), send(t, b.addr, cmd))
			if d := cmp.Diff(w.after, all(t, b.orders, bson.M{})); d != "" {
				t.Errorf("stored (-want +got):\n%s", d)
			}
			if got := send(t, b.addr, inSession(w.cmd, 2, 5)); got["retriedStmtIds"] != nil {
				t.Errorf("another session's is taken for it: %v", got)
			}
		})

		t.Run("a repeated "+name+" is known after a restart, also from a snapshot", func(t *testing.T) {
			t.Parallel()

			b := setup(t)
			mustInsert(t, b.orders, bson.M{"_id": "a", "n": 1})
			cmd := inSession(w.cmd, 1, 5)
			first := send(t, b.addr, cmd)
			for range 2 {
				b.stop()
				b = setupDir(t, b.dir, Options{})
				again(t, first, send(t, b.addr, cmd))
				if err := b.server.engine.compact(); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(w.after, all(t, b.orders, bson.M{})); d != "" {
				t.Errorf("stored (-want +got):\n%s", d)
			}
		})
	}

	t.Run("of fifty at once, one is executed", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "a", "n": 0})
		together(50, func(int) {
			if got := send(t, b.addr, inSession(updateOf(a, inc), 1, 1)); got["n"] != int32(1) || got["nModified"] != int32(1) {
				t.Errorf("answered %v", got)
			}
		})
		if got := all(t, b.orders, bson.M{}); got[0]["n"] != int32(1) {
			t.Errorf("got %v", got)
		}
	})

	t.Run("what changed nothing, or failed, is executed again", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		miss, taken := inSession(updateOf(a, inc), 1, 1), inSession(insertOf(bson.M{"_id": "b"}), 2, 1)
		mustInsert(t, b.orders, bson.M{"_id": "b"})
		if got := send(t, b.addr, miss); got["n"] != int32(0) {
			t.Errorf("a miss: %v", got)
		}
		if got := send(t, b.addr, taken); got["writeErrors"] == nil {
			t.Errorf("a duplicate: %v", got)
		}
		mustInsert(t, b.orders, bson.M{"_id": "a", "n": 1})
		if _, err := b.orders.DeleteOne(t.Context(), bson.M{"_id": "b"}); err != nil {
			t.Fatal(err)
		}
		for _, cmd := range []bson.D{miss, taken} {
			if got := send(t, b.addr, cmd); got["n"] != int32(1) || got["retriedStmtIds"] != nil {
				t.Errorf("the second time: %v", got)
			}
		}
	})

	t.Run("a batch is taken up at the statement that it had come to", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "b"})
		cmd := inSession(insertOf(bson.M{"_id": "a"}, bson.M{"_id": "b"}, bson.M{"_id": "c"}), 1, 1)
		if got := send(t, b.addr, cmd); got["n"] != int32(1) || got["writeErrors"] == nil {
			t.Fatalf("the first time: %v", got)
		}
		if _, err := b.orders.DeleteOne(t.Context(), bson.M{"_id": "b"}); err != nil {
			t.Fatal(err)
		}
		if got := send(t, b.addr, cmd); got["n"] != int32(3) || !cmp.Equal(got["retriedStmtIds"], bson.A{int32(0)}) || got["writeErrors"] != nil {
			t.Errorf("the second time: %v", got)
		}
	})

	t.Run("an older number is refused, and a newer one is another write", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "a", "n": 0})
		for _, number := range []int64{7, 8} {
			if got := send(t, b.addr, inSession(updateOf(a, inc), 1, number)); got["nModified"] != int32(1) || got["retriedStmtIds"] != nil {
				t.Errorf("number %d: %v", number, got)
			}
		}
		if got := send(t, b.addr, inSession(updateOf(a, inc), 1, 6)); got["code"] != int32(codeTransactionTooOld) || got["codeName"] != "TransactionTooOld" {
			t.Errorf("an older one: %v", got)
		}
		if got := all(t, b.orders, bson.M{}); got[0]["n"] != int32(2) {
			t.Errorf("got %v", got)
		}
	})

	t.Run("a session is forgotten when it ends, and when it is not used", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "a", "n": 0})
		cmd := inSession(updateOf(a, inc), 1, 1)
		send(t, b.addr, cmd)
		if got := send(t, b.addr, bson.D{{Key: "endSessions", Value: bson.A{sessionOf(1), sessionOf(9)}}}); got["ok"] != 1.0 {
			t.Errorf("endSessions: %v", got)
		}
		send(t, b.addr, cmd)
		unused := func(since time.Duration) { // until another session begins
			b.server.engine.mu.Lock()
			defer b.server.engine.mu.Unlock()
			for _, known := range b.server.engine.sessions {
				known.used = time.Now().Add(-since)
			}
		}
		unused(sessionMinutes*time.Minute - time.Second)
		send(t, b.addr, inSession(updateOf(bson.M{"_id": "none"}, inc), 2, 1))
		send(t, b.addr, cmd)
		if got := all(t, b.orders, bson.M{}); got[0]["n"] != int32(2) {
			t.Errorf("before its time is up: %v", got)
		}
		unused(sessionMinutes*time.Minute + time.Second)
		send(t, b.addr, inSession(updateOf(bson.M{"_id": "none"}, inc), 3, 1))
		send(t, b.addr, cmd)
		if got := all(t, b.orders, bson.M{}); got[0]["n"] != int32(3) {
			t.Errorf("after it: %v", got)
		}
	})

	for name, c := range map[string]struct {
		cmd  bson.D
		code int32
	}{
		"a number without a session":     {append(insertOf(bson.M{}), bson.E{Key: "txnNumber", Value: int64(1)}), codeInvalidOptions},
		"a negative number":              {inSession(insertOf(bson.M{}), 1, -1), codeInvalidOptions},
		"a session that is none":         {append(insertOf(bson.M{}), bson.E{Key: "lsid", Value: bson.M{"id": "text"}}), codeTypeMismatch},
		"a number of a read":             {inSession(bson.D{{Key: "find", Value: "orders"}}, 1, 1), codeNotRetryable},
		"a transaction":                  {append(inSession(insertOf(bson.M{}), 1, 1), bson.E{Key: "startTransaction", Value: true}, bson.E{Key: "autocommit", Value: false}), codeNoTransactions},
		"an update of many, by number":   {inSession(updateOf(bson.M{}, inc, bson.E{Key: "multi", Value: true}), 1, 1), codeInvalidOptions},
		"a deletion of many, by number":  {inSession(deleteOf(bson.M{}, 0), 1, 1), codeInvalidOptions},
		"the end of a session, unlisted": {bson.D{{Key: "endSessions", Value: 1}}, codeTypeMismatch},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()

			got := send(t, setup(t).addr, c.cmd)
			code := got["code"]
			if list, ok := got["writeErrors"].(bson.A); ok {
				code = list[0].(bson.D)[1].Value
			}
			if code != c.code {
				t.Errorf("answered %v, want code %d", got, c.code)
			}
		})
	}
}

// TestRetryAfterACrash kills the server after it has answered, as if the answer had been lost, and
// repeats the write.
func TestRetryAfterACrash(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	p := startProcess(t, dir, anywhere)
	send(t, p.addr, insertOf(bson.M{"_id": "a", "n": 0}))
	for number := range int64(5) {
		cmd := inSession(updateOf(a, inc), 1, number)
		first := send(t, p.addr, cmd)
		p.kill()
		p = startProcess(t, dir, anywhere)
		again(t, first, send(t, p.addr, cmd))
	}
	if d := cmp.Diff([]bson.M{{"_id": "a", "n": int32(5)}}, all(t, killClient(t, p.addr).Database("shop").Collection("orders"), bson.M{})); d != "" {
		t.Errorf("stored (-want +got):\n%s", d)
	}
}
