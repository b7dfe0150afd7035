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
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	serveDirEnv     = "MONGOD_TEST_SERVE_DIR"
	serveAddressEnv = "MONGOD_TEST_SERVE_ADDRESS"
)

// TestMain makes this test binary a server when the kill test starts it as one.
func TestMain(m *testing.M) {
	if dir := os.Getenv(serveDirEnv); dir != "" {
		if err := serveUntilStdinEnds(dir, os.Getenv(serveAddressEnv)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// serveUntilStdinEnds ends with the test that started it, however that ends: the pipe closes.
func serveUntilStdinEnds(dir, address string) error {
	s, err := Open(dir, Options{Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)), CompactBytes: 128 << 10})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
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

// anywhere has a process choose its address.
const anywhere = "127.0.0.1:0"

func startProcess(t *testing.T, dir, address string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0]), log: &logBuffer{}}
	p.cmd.Env = append(os.Environ(), serveDirEnv+"="+dir, serveAddressEnv+"="+address)
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

// written is what a writer knows of one order: how many events it asked for, and how many were
// acknowledged.
type written struct {
	id           string
	asked, acked int
}

// TestKill kills the server at random instants, again and again, under many clients that go on:
// what was being written then, their driver repeats once the server is back. All that was
// acknowledged must be there, once, and every order whole: its count, its events and its due time
// are written together, so they agree, or it is half-written, or written twice.
func TestKill(t *testing.T) {
	t.Parallel()

	const kills, writers = 8, 8
	dir := t.TempDir()
	p := startProcess(t, dir, anywhere)
	var acks atomic.Int64
	var wg sync.WaitGroup
	stop := make(chan struct{})
	orders := make([][]*written, writers)
	for w := range writers {
		c := killClient(t, p.addr).Database("shop").Collection("orders")
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				o := &written{id: fmt.Sprintf("cs_%d_%d", w, len(orders[w]))}
				orders[w] = append(orders[w], o)
				for o.asked < 10 {
					o.asked++
					if err := addEvent(t.Context(), c, o.id, o.asked); err != nil {
						break // whether this one is stored is open
					}
					o.acked++
					acks.Add(1)
				}
			}
		})
	}
	snapshots := map[string]bool{}
	for range kills {
		enough := acks.Load() + 20 + rand.Int64N(300)
		waitFor(t, "writes", func() bool { return acks.Load() >= enough })
		p.kill()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), "snapshot-") {
				snapshots[e.Name()] = true
			}
		}
		p = startProcess(t, dir, p.addr)
	}
	close(stop)
	wg.Wait()
	checkOrders(t, p.addr, slices.Concat(orders...))
	if len(snapshots) < 3 {
		t.Errorf("the kills met too few compactions to mean anything: %v", snapshots)
	}
}

func killClient(t *testing.T, addr string) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + addr).SetTimeout(10 * time.Second))
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

func checkOrders(t *testing.T, addr string, orders []*written) {
	t.Helper()
	c := killClient(t, addr).Database("shop").Collection("orders")
	found := map[string]bson.M{}
	for _, doc := range all(t, c, bson.M{}) {
		found[doc["_id"].(string)] = doc
	}
	acked, open := 0, 0
	for _, o := range orders {
		acked, open = acked+o.acked, open+o.asked-o.acked
		doc, ok := found[o.id]
		if !ok {
			if o.acked > 0 {
				t.Errorf("%s is lost, though %d writes were acknowledged", o.id, o.acked)
			}
			continue
		}
		n := int(doc["count"].(int32))
		if n < o.acked || n > o.asked {
			t.Errorf("%s has %d events; acknowledged %d, asked %d", o.id, n, o.acked, o.asked)
		}
		if events := doc["events"].(bson.D); len(events) != n || doc["next_due_at"] != int32(n) {
			t.Errorf("%s is half-written, or twice: count %d, %d events, due %v", o.id, n, len(events), doc["next_due_at"])
		}
	}
	t.Logf("%d writes acknowledged, %d open", acked, open)
}
