package e2e

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/FerretDB/wire"
	"github.com/FerretDB/wire/wirebson"
	"go.mongodb.org/mongo-driver/v2/bson"

	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/local/mongod"
	"handler/function/local/mongod/mongodtest"
)

// tap stands between the driver and the database: it hears every command, and can break a
// connection after the database has done what a command said, so that the answer is lost.
type tap struct {
	uri string
	// lose is the name of the command whose next answer is lost.
	lose atomic.Value
	// hold is how long each command waits before the database gets it, in nanoseconds.
	hold atomic.Int64

	mu       sync.Mutex
	answers  map[string]*wirebson.Document // what commands are answered in the database's place, by their names
	commands []*wirebson.Document
	messages [][]byte // each command with all that belongs to it
	clients  []net.Conn
}

func tapped(t *testing.T) *tap {
	t.Helper()
	return tapInto(t, embedded(t))
}

// tapInto stands before the database at a URI that names its address alone.
func tapInto(t *testing.T, uri string) *tap {
	t.Helper()
	database := strings.TrimPrefix(uri, "mongodb://")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// Direct: else the driver would go where hello says that the replica set is.
	p := &tap{uri: "mongodb://" + l.Addr().String() + "/?directConnection=true"}
	p.lose.Store("")
	var all sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		p.hangUp() // a client may keep its connections for as long as it likes
		all.Wait()
	})
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.clients = append(p.clients, c)
			p.mu.Unlock()
			all.Go(func() { p.serve(c, database) })
		}
	})
	return p
}

func (p *tap) serve(client net.Conn, database string) {
	defer client.Close()
	server, err := net.Dial("tcp", database)
	if err != nil {
		return
	}
	defer server.Close()
	fromClient, toClient := bufio.NewReader(client), bufio.NewWriter(client)
	fromServer, toServer := bufio.NewReader(server), bufio.NewWriter(server)
	for {
		header, body, err := wire.ReadMessage(fromClient)
		if err != nil {
			return
		}
		name := p.hear(body)
		time.Sleep(time.Duration(p.hold.Load()))
		if reply := p.answer(name, header); reply != nil {
			if toClient.Write(reply); toClient.Flush() != nil {
				return
			}
			continue
		}
		if wire.WriteMessage(toServer, header, body) != nil || toServer.Flush() != nil {
			return
		}
		header, body, err = wire.ReadMessage(fromServer)
		if err != nil || (name != "" && p.lose.CompareAndSwap(name, "")) {
			return
		}
		if wire.WriteMessage(toClient, header, body) != nil || toClient.Flush() != nil {
			return
		}
	}
}

// refuse has commands answered with an error in the database's place, until the end of what is
// returned.
func (p *tap) refuse(reply *wirebson.Document, commands ...string) (end func()) {
	set := func(to map[string]*wirebson.Document) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.answers = to
	}
	answers := map[string]*wirebson.Document{}
	for _, name := range commands {
		answers[name] = reply
	}
	set(answers)
	return func() { set(nil) }
}

// answer is the whole message that answers a command in the database's place, if one is to.
func (p *tap) answer(name string, to *wire.MsgHeader) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	reply := p.answers[name]
	if reply == nil {
		return nil
	}
	msg, err := wire.NewOpMsg(reply)
	if err != nil {
		panic(err)
	}
	body, err := msg.MarshalBinary()
	if err != nil {
		panic(err)
	}
	header := wire.MsgHeader{MessageLength: int32(wire.MsgHeaderLen + len(body)), ResponseTo: to.RequestID, OpCode: wire.OpCodeMsg}
	head, err := header.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return append(head, body...)
}

func (p *tap) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.clients {
		c.Close()
	}
}

// hear keeps a command and gives its name.
func (p *tap) hear(body wire.MsgBody) string {
	msg, ok := body.(*wire.OpMsg)
	if !ok {
		return ""
	}
	doc, err := msg.RawSection0().DecodeDeep()
	if err != nil {
		return ""
	}
	whole, err := msg.MarshalBinary()
	if err != nil {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.commands, p.messages = append(p.commands, doc), append(p.messages, whole)
	return doc.Command()
}

// all are the commands so far.
func (p *tap) all() []*wirebson.Document {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.commands)
}

func (p *tap) heard(command string) []*wirebson.Document {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []*wirebson.Document
	for _, c := range p.commands {
		if c.Command() == command {
			found = append(found, c)
		}
	}
	return found
}

func (p *tap) store(t *testing.T) *mongodb.Store {
	t.Helper()
	return testDatabase{uri: p.uri, name: "tapped"}.store(t)
}

// weak is what a connection string can ask for, and does not get.
const weak = "w=1&journal=false&readPreference=secondary&readConcernLevel=majority"

// TestConcerns hears what the driver asks of the database for each kind of write and read, whatever
// the connection string says.
func TestConcerns(t *testing.T) {
	t.Parallel()

	p := tapped(t)
	p.uri += "&" + weak
	store := p.store(t)
	e := paidBy(t, "completed_unpaid", "cs_1", "evt_1", "pi_1")
	for range 2 { // an insert, and the count of a redelivery
		if _, err := store.Record(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Record(t.Context(), paidBy(t, "async_payment_succeeded", "cs_1", "evt_2", "pi_1")); err != nil {
		t.Fatal(err)
	}
	if id, _, err := store.RecordCharge(t.Context(), paidBy(t, "charge_refunded", "ch_1", "evt_3", "pi_1")); err != nil || id != "cs_1" {
		t.Fatalf("order %q, %v", id, err)
	}
	if _, _, err := store.Watched(t.Context(), "test", received); err != nil {
		t.Fatal(err)
	}
	writes := slices.Concat(p.heard("insert"), p.heard("update"), p.heard("findAndModify"))
	if len(writes) < 6 {
		t.Fatalf("%d writes heard", len(writes))
	}
	for _, w := range writes {
		concern, _ := w.Get("writeConcern").(*wirebson.Document)
		if concern == nil || concern.Get("w") != "majority" || concern.Get("j") != true {
			t.Errorf("%s asks for %v, want w: majority, j: true", w.Command(), concern)
		}
	}
	reads := p.heard("find")
	if len(reads) < 3 {
		t.Fatalf("%d reads heard", len(reads))
	}
	for _, r := range reads {
		concern, _ := r.Get("readConcern").(*wirebson.Document)
		if concern == nil || concern.Get("level") != "local" {
			t.Errorf("%s asks for %v, want level: local", r.Command(), concern)
		}
		// What a driver that may only talk to one member says in place of primary.
		preference, _ := r.Get("$readPreference").(*wirebson.Document)
		if preference == nil || preference.Get("mode") != "primaryPreferred" {
			t.Errorf("%s prefers %v, want the primary", r.Command(), preference)
		}
	}
}

// TestReadsGoToThePrimary: a replica set of one has no secondary that a connection string could
// send them to.
func TestReadsGoToThePrimary(t *testing.T) {
	t.Parallel()

	store := testDatabase{uri: embedded(t) + "/?" + weak, name: "weak"}.store(t)
	if _, err := store.Record(t.Context(), paidBy(t, "completed_paid", "cs_1", "evt_1", "pi_1")); err != nil {
		t.Fatal(err)
	}
	if id, _, err := store.RecordCharge(t.Context(), paidBy(t, "charge_refunded", "ch_1", "evt_2", "pi_1")); err != nil || id != "cs_1" {
		t.Errorf("order %q, %v", id, err)
	}
}

// TestStableAPI: all that the functions send is of Stable API V1, which no later server changes,
// but for the question how large the database is.
func TestStableAPI(t *testing.T) {
	t.Parallel()

	p := tapped(t)
	f := newPair(t, p.uri)
	for _, name := range []string{"completed_unpaid", "async_payment_succeeded"} {
		if res := f.deliver(eventOf(t, name, "cs_1", "evt_"+name)); res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s", name, res.StatusCode, res.Body)
		}
	}
	if _, err := p.store(t).Size(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := time.Now().UTC().Format(time.RFC3339)
	for _, call := range []string{`{"id": "cs_1"}`, `{"sweep": true}`, `{"summary": true, "at": "` + at + `"}`, `{"order": "cs_1", "at": "` + at + `"}`} {
		if res := f.call([]byte(call)); res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %s", call, res.StatusCode, res.Body)
		}
	}
	eventually(t, func() error {
		if len(p.heard("createIndexes")) == 0 {
			return errors.New("no indexes are created")
		}
		return nil
	})
	seen := map[string]bool{}
	for _, c := range p.all() {
		name := c.Command()
		seen[name] = true
		if c.Get("apiVersion") != "1" || !mongod.Stable(name) && name != "dbStats" {
			t.Errorf("%s with API version %v", name, c.Get("apiVersion"))
		}
	}
	for _, name := range []string{"insert", "update", "find", "createIndexes", "dbStats"} {
		if !seen[name] {
			t.Errorf("no %s was heard", name)
		}
	}
}

// TestLostAnswers breaks the connection after the database has written. The driver repeats the
// write under its number, and the database answers as it did: for the store, nothing has happened.
func TestLostAnswers(t *testing.T) {
	t.Parallel()

	p := tapped(t)
	store := p.store(t)
	p.lose.Store("insert")
	if added, err := store.Record(t.Context(), eventOf(t, "completed_paid", "cs_1", "evt_1")); err != nil || !added {
		t.Fatalf("after a lost answer to the insert: added %v, %v", added, err)
	}
	p.lose.Store("update")
	o, err := store.Update(t.Context(), "cs_1", func(o *order.Order) error {
		o.Plan(order.ForPaid, []order.Email{{Key: "ebook/delivery", To: []order.Address{{Email: "a@example.com"}}, NotBefore: received}}, received)
		return o.Claim("ebook/delivery", "me", time.Minute, received)
	})
	if err != nil {
		t.Fatalf("after a lost answer to the claim: %v", err)
	}
	if d := o.Emails["ebook/delivery"]; d.Attempts != 1 || d.Lease != "me" || o.Revision != 1 || o.Events["evt_1"].Deliveries != 1 {
		t.Errorf("the claim was made %d times, by %s, at revision %d; the event came %d times", d.Attempts, d.Lease, o.Revision, o.Events["evt_1"].Deliveries)
	}
	if p.lose.Load() != "" {
		t.Error("no answer was lost; the test tests nothing")
	}
	for _, name := range []string{"insert", "update"} {
		sent := p.heard(name)
		if len(sent) != 2 || sent[0].Get("txnNumber") == nil || sent[0].Get("txnNumber") != sent[1].Get("txnNumber") || !slices.Equal(sessionOf(t, sent[0]), sessionOf(t, sent[1])) {
			t.Errorf("%s was sent %d times, as %v", name, len(sent), sent)
		}
	}
}

func sessionOf(t *testing.T, command *wirebson.Document) []byte {
	t.Helper()
	session, _ := command.Get("lsid").(*wirebson.Document)
	id, ok := session.Get("id").(wirebson.Binary)
	if !ok {
		t.Fatalf("%s is in no session: %v", command.Command(), session)
	}
	return id.B
}

// TestSlowDatabase: an operation has its own time, however long its caller would wait.
func TestSlowDatabase(t *testing.T) {
	t.Parallel()

	p := tapped(t)
	store := p.store(t)
	if _, err := store.Record(t.Context(), eventOf(t, "completed_paid", "cs_1", "evt_1")); err != nil {
		t.Fatal(err)
	}
	p.hold.Store(int64(mongodb.Timeout + time.Second))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	began := time.Now()
	if _, err := store.Load(ctx, "cs_1"); err == nil || time.Since(began) > mongodb.Timeout+time.Second {
		t.Errorf("ended after %v with %v, want an error after %v", time.Since(began), err, mongodb.Timeout)
	}
}

// TestSourceFollowsTheSecret changes the connection string under a function that runs.
func TestSourceFollowsTheSecret(t *testing.T) {
	t.Parallel()

	first, second := embedded(t), embedded(t)
	uri := first
	source := &mongodb.Source{URI: func() (string, error) { return uri, nil }, Database: "followed", AppName: "e2e"}
	record := func(id string) *mongodb.Store {
		t.Helper()
		store, err := source.Store()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Record(t.Context(), eventOf(t, "completed_paid", id, "evt_"+id)); err != nil {
			t.Fatal(err)
		}
		return store
	}
	one := record("cs_1")
	if again := record("cs_2"); again != one {
		t.Error("the same string gives another store")
	}
	uri = second
	record("cs_3")
	for uri, want := range map[string]int64{first: 2, second: 1} {
		n, err := testDatabase{uri: uri}.client(t).Database("followed").Collection(mongodb.Collection).CountDocuments(t.Context(), bson.D{})
		if err != nil || n != want {
			t.Errorf("%d orders, err %v; want %d", n, err, want)
		}
	}
}

// TestWrongPassword is what an owner sees who mistyped it: which secret to look at, and not what is
// in it.
func TestWrongPassword(t *testing.T) {
	t.Parallel()

	ownDatabase(t)
	address := mongodtest.Start(t, mongod.Options{User: "shop", Password: "r1ght"})
	record := func(password string) error {
		source := &mongodb.Source{URI: func() (string, error) { return "mongodb://shop:" + password + "@" + address, nil }, Database: "x", AppName: "e2e"}
		store, err := source.Store()
		if err != nil {
			t.Fatal(err)
		}
		_, err = store.Record(t.Context(), eventOf(t, "completed_paid", "cs_1", "evt_1"))
		return err
	}
	if err := record("r1ght"); err != nil {
		t.Errorf("with the right one: %v", err)
	}
	err := record("wr0ng")
	text, ok := openfaas.Misconfiguration(err)
	if !ok || !strings.HasPrefix(text, "secret mongodb-uri: ") || !strings.Contains(err.Error(), text) || strings.Contains(text+err.Error(), "wr0ng") {
		t.Errorf("told %q of %v", text, err)
	}
}

// TestOrdersAreFoundByAnIndex asks the database how it finds what is due, what is new, and what was
// paid.
func TestOrdersAreFoundByAnIndex(t *testing.T) {
	t.Parallel()

	p := tapped(t)
	store := p.store(t)
	if err := store.EnsureIndexes(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Due(t.Context(), received, 10); err != nil {
		t.Fatal(err)
	}
	if err := store.Walk(t.Context(), received, received.Add(time.Hour), func(*order.Order) bool { return true }); err != nil {
		t.Fatal(err)
	}
	if _, err := store.OfPayment(t.Context(), "pi_1"); !errors.Is(err, order.ErrNotFound) {
		t.Fatal(err)
	}
	if ids, err := store.OfMessages(t.Context(), []string{"m1"}); err != nil || len(ids) > 0 {
		t.Fatal(ids, err)
	}
	created, finds := p.heard("createIndexes"), p.heard("find")
	if len(created) != 1 || len(finds) != len(mongodb.Indexed()) {
		t.Fatalf("%d times indexes created, %d finds", len(created), len(finds))
	}
	if most, _ := created[0].Get("maxTimeMS").(int64); most > 300_000 || most < 290_000 { // as Atlas has it
		t.Errorf("the database may take %d ms to create them, want five minutes", most)
	}
	indexes, _ := created[0].Get("indexes").(*wirebson.Array)
	if indexes.Len() != len(finds) {
		t.Fatalf("%d indexes for %d finds", indexes.Len(), len(finds))
	}
	for i, find := range finds {
		filter, _ := find.Get("filter").(*wirebson.Document)
		index, _ := indexes.Get(i).(*wirebson.Document)
		key, _ := index.Get("key").(*wirebson.Document)
		if filter.Len() != 1 || key.Len() != 1 || key.Command() != filter.Command() {
			t.Errorf("orders are found by %v, and the index is %v", filter, key)
		}
	}
}
