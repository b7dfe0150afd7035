package bench

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openfaas/go-sdk/builder"

	"handler/function/internal/sample"
	"handler/function/local/mongod"
	"handler/function/local/mongod/mongodtest"
	"handler/function/local/sendgrid"
	"handler/function/local/stripe"
)

// tiny is enough to go through every part.
var tiny = Size{
	Rounds: 1, Senders: []Senders{{1, 5}, {16, 50}, {64, 70}}, Forged: 50,
	Sales: 10, PerSecond: 20,
	Stored: []int{0, 250}, Orders: 20, Sweeps: 3,
}

// All but what needs the gateway, of which there can be one on a machine, and Node, which CI may
// not have.
func TestRoundsAndGrowth(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here: only Linux tells what a process takes")
	}
	b := setUp(t)
	ctx := t.Context()
	if err := b.buildCeiling(ctx); err != nil {
		t.Fatal(err)
	}
	b.contenders = []contender{{ours, b.startOurs}, {ceiling, b.startCeiling}, {sameWork, b.startSameWork}}
	if err := b.rounds(ctx); err != nil {
		t.Fatal(err)
	}
	if err := b.grow(ctx); err != nil {
		t.Fatal(err)
	}
	if err := b.sizes(t.Context()); err != nil {
		t.Fatal(err)
	}

	for _, c := range b.contenders {
		f := b.results.Contenders[c.name]
		for _, key := range []string{"events_per_s_1", "events_per_s_16", "events_per_s_64", "ack_p50_ms", "ack_p99_ms", "rss_rest_kb", "rss_after_kb", "start_ms", "cpu_us_per_event"} {
			if _, ok := f[key]; !ok {
				t.Errorf("%s has no %s", c.name, key)
			}
		}
		if f["events_per_s_16"] <= 0 || f["rss_rest_kb"] < 1000 || f["start_ms"] <= 0 || f["ack_p99_ms"] < f["ack_p50_ms"] {
			t.Errorf("%s cannot be right: %v", c.name, f)
		}
	}
	f := b.results.Contenders[ours]
	if f["forged_cpu_us"] < 0 || f["binary_bytes"] < 1e6 || f["image_layer_bytes"] >= f["binary_bytes"] {
		t.Errorf("ours cannot be right: %v", f)
	}
	for i, g := range b.results.Grown {
		if g.Stored != tiny.Stored[i] || g.SweepMS <= 0 || g.Orders <= 0 || g.After < 1000 {
			t.Errorf("beside %d orders: %+v", tiny.Stored[i], g)
		}
	}
}

// TestSalesWithoutOpenFaaS plays whole sales through both functions, of which each is handed on by
// the first.
func TestSalesWithoutOpenFaaS(t *testing.T) {
	b := setUp(t)
	w, stop, err := b.startBare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if err := b.playRounds(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	f := figuresOf(w.samples)
	if f[ackP50] <= 0 || f[ackP99] < f[ackP50] || f[mailedP50] <= 0 || f[mailedP99] < f[mailedP50] || f[rssAfter] < 2000 || f[rssRest] < 2000 {
		t.Errorf("it cannot be right: %v", f)
	}
	if table := (&Sales{OpenFaaS: Figures{}, Bare: f}).Table(); !strings.Contains(table, "| without OpenFaaS: both functions | "+number(f[ackP50])+" |") {
		t.Errorf("the table is\n%s", table)
	}
}

// setUp is a run against a database and stand-ins of this process.
func setUp(t *testing.T) *bench {
	t.Helper()
	mails, err := sendgrid.New(sendgrid.Options{File: filepath.Join(t.TempDir(), "inbox")})
	if err != nil {
		t.Fatal(err)
	}
	shop, err := stripe.New(stripe.Options{File: filepath.Join(t.TempDir(), "items")})
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"MONGODB_URI": "mongodb://" + mongodtest.Start(t, mongod.Options{}), "SENDGRID_URL": serve(t, mails.API()), "STRIPE_URL": serve(t, shop.Handler()), "INBOX_URL": serve(t, mails.Inbox())}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	shopFolder := t.TempDir()
	if err := os.CopyFS(shopFolder, sample.Shop()); err != nil {
		t.Fatal(err)
	}
	return &bench{
		Options: Options{
			Size: tiny, Root: root, Dir: t.TempDir(), Say: t.Logf,
			Env: func() (map[string]string, error) { return env, nil },
			Settings: func(string) map[string]string {
				return map[string]string{"read_timeout": "10s", "write_timeout": "10s", "shop_folder": shopFolder}
			},
			EndQueue: func(context.Context) error { return nil },
			Webhook:  compile(t, root, "stripe-webhook"),
			Mailer:   compile(t, root, "send-email"),
		},
		results: &Results{Contenders: map[string]Figures{}},
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	l := listen(t)
	s := &http.Server{Handler: h}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return "http://" + l.Addr().String()
}

// compile makes a function's binary as the template does, without the tests that the image runs.
func compile(t *testing.T, root, function string) string {
	t.Helper()
	t.Chdir(root) // the builder looks for what it copies here
	dir, err := builder.CreateBuildContext(function, function, "golang-http", []string{"go.mod", "go.sum", "internal"}, builder.WithBuildDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "sh modules.sh && go build -trimpath -buildvcs=false -ldflags '-s -w' -o handler .")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("compile %s: %v\n%s", function, err, out)
	}
	return filepath.Join(dir, "handler")
}

func TestPackageLockNamesNoServer(t *testing.T) {
	t.Parallel()

	content, err := os.ReadFile("node/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Resolved, Integrity string }
	}
	if err := json.Unmarshal(content, &lock); err != nil || len(lock.Packages) < 50 {
		t.Fatalf("%d packages, %v", len(lock.Packages), err)
	}
	for name, p := range lock.Packages {
		if p.Resolved != "" {
			t.Errorf("%s says where it was downloaded: %s", name, p.Resolved)
		}
		if name != "" && p.Integrity == "" {
			t.Errorf("%s has no checksum", name)
		}
	}
}
