package mongod

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const serveDirEnv = "MONGOD_TEST_SERVE_DIR"

// TestMain makes this test binary a server when the kill test starts it as one.
func TestMain(m *testing.M) {
	if dir := os.Getenv(serveDirEnv); dir != "" {
		if err := serveUntilStdinEnds(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveUntilStdinEnds ends with the test that started it, however that ends: the pipe closes.
func serveUntilStdinEnds(dir string) error {
	s, err := Open(dir, Options{Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)), CompactBytes: 128 << 10})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	fmt.Println(l.Addr())
	return s.Serve(ctx, l)
}

type process struct {
	cmd  *exec.Cmd
	addr string
	log  *logBuffer
}

func startProcess(t *testing.T, dir string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0]), log: &logBuffer{}}
	p.cmd.Env = append(os.Environ(), serveDirEnv+"="+dir)
	p.cmd.Stderr = p.log
	if _, err := p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.kill()
		t.Fatalf("server did not start: %v\n%s", err, p.log)
	}
	p.addr = strings.TrimSpace(line)
	return p
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// written is what a writer knows of one order: how many events it asked for, and how many were acknowledged.
type written struct{ asked, acked int }

// TestKill writes with many clients, kills the server at a random instant, and looks whether what was acknowledged is there and
// every order is whole: its count, its events and its due time are written together, so they agree or it is half-written.
func TestKill(t *testing.T) {
	t.Parallel()

	const rounds, writers = 8, 8
	dir := t.TempDir()
	orders := map[string]*written{}
	snapshots := map[string]bool{}
	for round := range rounds {
		p := startProcess(t, dir)
		checkOrders(t, p.addr, orders)
		var acks atomic.Int64
		limit := 20 + rand.Int64N(300)
		var mu sync.Mutex
		var wg sync.WaitGroup
		for w := range writers {
			client := killClient(t, p.addr)
			wg.Go(func() {
				c := client.Database("shop").Collection("orders")
				for n := 0; ; n++ {
					id := fmt.Sprintf("cs_%d_%d_%d", round, w, n/10)
					mu.Lock()
					if orders[id] == nil {
						orders[id] = &written{}
					}
					order := orders[id]
					mu.Unlock()
					order.asked++
					if err := addEvent(t.Context(), c, id, order.asked); err != nil {
						return // killed: whether this one is stored is open
					}
					order.acked++
					if acks.Add(1) == limit {
						_ = p.cmd.Process.Kill()
					}
				}
			})
		}
		wg.Wait()
		p.kill()
		if acks.Load() < limit {
			t.Fatalf("the server ended by itself after %d writes: %s", acks.Load(), p.log)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), "snapshot-") {
				snapshots[e.Name()] = true
			}
		}
	}
	p := startProcess(t, dir)
	checkOrders(t, p.addr, orders)
	if len(snapshots) < 3 {
		t.Errorf("the kills met too few compactions to mean anything: %v", snapshots)
	}
}

func killClient(t *testing.T, addr string) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + addr).SetTimeout(10 * time.Second).
		SetServerSelectionTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(context.Background()) })
	return client
}

func addEvent(ctx context.Context, c *mongo.Collection, id string, n int) error {
	_, err := c.UpdateOne(ctx, bson.M{"_id": id}, bson.M{
		"$set": bson.M{fmt.Sprintf("events.evt_%d", n): strings.Repeat("x", 200), "next_due_at": n}, "$inc": bson.M{"count": 1},
	}, options.UpdateOne().SetUpsert(true))
	return err
}

func checkOrders(t *testing.T, addr string, orders map[string]*written) {
	t.Helper()
	c := killClient(t, addr).Database("shop").Collection("orders")
	found := map[string]bson.M{}
	for _, doc := range all(t, c, bson.M{}) {
		found[doc["_id"].(string)] = doc
	}
	for id, order := range orders {
		doc, ok := found[id]
		if !ok {
			if order.acked > 0 {
				t.Errorf("%s is lost, though %d writes were acknowledged", id, order.acked)
			}
			continue
		}
		n := int(doc["count"].(int32))
		if n < order.acked || n > order.asked {
			t.Errorf("%s has %d events; acknowledged %d, asked %d", id, n, order.acked, order.asked)
		}
		if events := doc["events"].(bson.D); len(events) != n || doc["next_due_at"] != int32(n) {
			t.Errorf("%s is half-written: count %d, %d events, due %v", id, n, len(events), doc["next_due_at"])
		}
		// From here on, what was found is what counts.
		order.asked, order.acked = n, n
	}
}
