package mongod

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// logBuffer collects log lines for a test to read.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// bundle is a running server with a client of the real driver.
type bundle struct {
	dir    string
	addr   string
	server *Server
	log    *logBuffer
	client *mongo.Client
	orders *mongo.Collection
	stop   func()
}

func setup(t *testing.T) *bundle { return setupDir(t, t.TempDir(), Options{}) }

func setupDir(t *testing.T, dir string, opts Options) *bundle {
	t.Helper()
	b := &bundle{dir: dir, log: &logBuffer{}}
	opts.Logger = slog.New(slog.NewTextHandler(b.log, nil))
	var err error
	if b.server, err = Open(dir, opts); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b.addr = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- b.server.Serve(ctx, l) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(b.stop)
	b.client = connect(t, b.addr)
	b.orders = b.client.Database("shop").Collection("orders")
	return b
}

func connect(t *testing.T, addr string) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + addr).SetMaxPoolSize(20).
		SetTimeout(20 * time.Second).SetWriteConcern(&writeconcern.WriteConcern{W: "majority", Journal: ptr(true)}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client
}

func ptr[T any](v T) *T { return &v }

func mustInsert(t *testing.T, c *mongo.Collection, docs ...any) {
	t.Helper()
	if _, err := c.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
}

func all(t *testing.T, c *mongo.Collection, filter any, opts ...options.Lister[options.FindOptions]) []bson.M {
	t.Helper()
	cur, err := c.Find(t.Context(), filter, opts...)
	if err != nil {
		t.Fatal(err)
	}
	var docs []bson.M
	if err := cur.All(t.Context(), &docs); err != nil {
		t.Fatal(err)
	}
	return docs
}

func ids(docs []bson.M) string {
	var list []string
	for _, d := range docs {
		list = append(list, d["_id"].(string))
	}
	return strings.Join(list, " ")
}

// waitFor polls until cond holds.
func waitFor(t *testing.T, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); !cond(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func wantCode(t *testing.T, err error, code int) {
	t.Helper()
	var serverErr mongo.ServerError
	if !errors.As(err, &serverErr) || !serverErr.HasErrorCode(code) {
		t.Fatalf("got error %v, want code %d", err, code)
	}
}

func TestServer(t *testing.T) {
	t.Parallel()

	t.Run("presents itself as the primary of a replica set of one, with sessions", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		var hello bson.M
		if err := b.client.Database("admin").RunCommand(t.Context(), bson.D{{Key: "hello", Value: 1}}).Decode(&hello); err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]any{
			"isWritablePrimary": true, "maxWireVersion": int32(21), "setName": "rs0", "me": b.addr, "hosts": bson.A{b.addr}, "logicalSessionTimeoutMinutes": int32(30),
		} {
			if d := cmp.Diff(want, hello[key]); d != "" {
				t.Errorf("hello's %s (-want +got):\n%s", key, d)
			}
		}
	})

	t.Run("takes each form of connection string for it, and refuses another set's", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for _, query := range []string{"", "?replicaSet=rs0", "?directConnection=true", "?directConnection=true&replicaSet=rs0", "?replicaSet=rs0&readPreference=primary&w=majority"} {
			client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + b.addr + "/" + query).SetServerSelectionTimeout(5 * time.Second))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
			if _, err := client.Database("shop").Collection("orders").InsertOne(t.Context(), bson.M{"_id": query}); err != nil {
				t.Errorf("%q: %v", query, err)
			}
		}
		client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + b.addr + "/?replicaSet=other").SetServerSelectionTimeout(time.Second))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
		if err := client.Ping(t.Context(), nil); err == nil {
			t.Error("another set's name is taken")
		}
	})

	t.Run("answers what monitoring and shells ask", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for _, name := range []string{"ping", "buildInfo", "connectionStatus", "isMaster"} {
			var reply bson.M
			if err := b.client.Database("admin").RunCommand(t.Context(), bson.D{{Key: name, Value: 1}}).Decode(&reply); err != nil {
				t.Errorf("%s: %v", name, err)
			} else if reply["ok"] != 1.0 {
				t.Errorf("%s: %v", name, reply)
			}
		}
	})

	t.Run("refuses an unknown command, field and transaction", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		run := func(cmd bson.D) error { return b.client.Database("shop").RunCommand(t.Context(), cmd).Err() }
		wantCode(t, run(bson.D{{Key: "mapReduce", Value: "orders"}}), 59)
		wantCode(t, run(bson.D{{Key: "find", Value: "orders"}, {Key: "collation", Value: bson.D{{Key: "locale", Value: "de"}}}}), 40415)
		wantCode(t, run(bson.D{{Key: "find", Value: "orders"}, {Key: "startTransaction", Value: true}}), codeNoTransactions)
		wantCode(t, run(bson.D{{Key: "find", Value: "or$ders"}}), 73)
		wantCode(t, run(bson.D{{Key: "find", Value: "orders"}, {Key: "filter", Value: "all"}}), 14)
	})

	t.Run("checks the version of the API that a client declares", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		run := func(name string, more ...bson.E) error {
			return b.client.Database("shop").RunCommand(t.Context(), append(bson.D{{Key: name, Value: int32(1)}}, more...)).Err()
		}
		v1, strict := bson.E{Key: "apiVersion", Value: "1"}, bson.E{Key: "apiStrict", Value: true}
		if err := errors.Join(run("dbStats"), run("dbStats", v1), run("ping", v1, strict)); err != nil {
			t.Error(err)
		}
		wantCode(t, run("ping", bson.E{Key: "apiVersion", Value: "2"}), codeAPIVersion)
		wantCode(t, run("ping", strict), codeAPIVersionMissing)
		wantCode(t, run("dbStats", v1, strict), codeAPIStrict)
	})

	t.Run("turns a panic into that command's error and serves on", func(t *testing.T) {
		t.Parallel()

		dir := t.TempDir()
		server, err := Open(dir, Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		// Before Serve, so that no connection reads the table yet.
		server.commands["boom"] = command{fields: "*", run: func(*request) (reply rawD, err error) { panic("boom") }}
		b := serveOn(t, server)
		wantCode(t, b.Database("shop").RunCommand(t.Context(), bson.D{{Key: "boom", Value: 1}}).Err(), 1)
		mustInsert(t, b.Database("shop").Collection("orders"), bson.M{"_id": "a"})
	})

	t.Run("drops a client that sends garbage and serves the others", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for _, garbage := range [][]byte{
			[]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
			{22, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xdd, 7, 0, 0, 0, 0, 0, 0, 9, 0},
			{26, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xdd, 7, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0},
			checksumInsideDocument(t),
		} {
			conn, err := net.Dial("tcp", b.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			if _, err := conn.Write(garbage); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 512)
			_, _ = conn.Read(buf) // a reply, or the end of the connection: either, and soon
		}
		mustInsert(t, b.orders, bson.M{"_id": "a"})
	})

	t.Run("refuses a document that is nested too deep", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		doc := bson.D{}
		for range 300 {
			doc = bson.D{{Key: "a", Value: doc}}
		}
		_, err := b.orders.InsertOne(t.Context(), doc)
		wantCode(t, err, codeOverflow)
	})

	t.Run("ends when its context ends, and says in one line how it began", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		mustInsert(t, b.orders, bson.M{"_id": "a"})
		b.stop()
		b2 := setupDir(t, b.dir, Options{})
		if got := b2.log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "documents=1") || !strings.Contains(got, b.dir) {
			t.Errorf("log: %s", got)
		}
		if err := b2.server.Close(); err != nil {
			t.Error(err)
		}
	})
}

// checksumInsideDocument is a message on which wire.ReadMessage panics: its document reaches to the
// very end, over the checksum.
func checksumInsideDocument(t *testing.T) []byte {
	t.Helper()
	for filler := range 1 << 16 {
		msg := []byte{35, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xdd, 7, 0, 0, 1, 0, 0, 0, 0, 14, 0, 0, 0, byte(filler), byte(filler >> 8), 1, 1, 1, 1}
		// A document ends with a zero; try until the checksum does.
		if sum := castagnoli(msg); sum>>24 == 0 {
			return binary.LittleEndian.AppendUint32(msg, sum)
		}
	}
	t.Fatal("no such message")
	return nil
}

func serveOn(t *testing.T, server *Server) *mongo.Client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(context.Background(), l) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Close(), <-done); err != nil {
			t.Error(err)
		}
	})
	return connect(t, l.Addr().String())
}
