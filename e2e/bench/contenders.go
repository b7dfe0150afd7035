package bench

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// The names of the contenders, in the table and in docs/performance.json.
const (
	ours        = "ours"
	oursGateway = "ours_gateway"
	ceiling     = "ceiling"
	sameWork    = "ceiling_same_work"
	node        = "node"
	nodeMail    = "node_with_mail"
)

// build makes whoever takes part. What is not ours may be missing, and is then told of, with its
// reason.
func (b *bench) build(ctx context.Context) error {
	if err := b.buildCeiling(ctx); err != nil {
		return err
	}
	b.contenders = []contender{{ours, b.startOurs}, {oursGateway, b.startGateway}, {ceiling, b.startCeiling}, {sameWork, b.startSameWork}}
	if err := b.buildNode(ctx); err != nil {
		b.leaveOut(node, err)
	} else {
		b.contenders = append(b.contenders, contender{node, b.startNode}, contender{nodeMail, b.startNodeMail})
	}
	return ctx.Err()
}

// buildCeiling compiles it as the template compiles the functions.
func (b *bench) buildCeiling(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", filepath.Join(b.Dir, ceiling), "./ceiling")
	cmd.Dir, cmd.Env = filepath.Join(b.Root, "e2e", "bench"), append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the ceiling: %w\n%s", err, out)
	}
	return nil
}

func (b *bench) startCeiling(_ context.Context, database string) (*running, error) {
	uri, database, err := b.database(database)
	if err != nil {
		return nil, err
	}
	env := map[string]string{"MONGODB_URI": uri, "MONGODB_DATABASE": database}
	return b.started(ceiling, filepath.Join(b.Dir, ceiling), nil, env, "ADDRESS", "/", invented("whsec_"))
}

// startSameWork starts the ceiling with what stripe-webhook must do as well: the signature, and the
// queue.
func (b *bench) startSameWork(_ context.Context, database string) (*running, error) {
	uri, database, err := b.database(database)
	if err != nil {
		return nil, err
	}
	queue, err := standInQueue()
	if err != nil {
		return nil, err
	}
	secret := invented("whsec_")
	env := map[string]string{"MONGODB_URI": uri, "MONGODB_DATABASE": database, "WEBHOOK_SECRET": secret, "QUEUE_URL": queue.url}
	r, err := b.started(sameWork, filepath.Join(b.Dir, ceiling), nil, env, "ADDRESS", "/", secret)
	if err != nil {
		queue.Close()
		return nil, err
	}
	return r.before(queue), nil
}

// nodeFolder is where the sources of the contender on Node are.
func (b *bench) nodeFolder() string { return filepath.Join(b.Root, "e2e", "bench", "node") }

// buildNode installs what package-lock.json names.
func (b *bench) buildNode(ctx context.Context) error {
	if _, err := exec.LookPath("node"); err != nil {
		return fmt.Errorf("there is no Node.js here: %w", err)
	}
	for _, file := range []string{"package.json", "package-lock.json", "server.js"} {
		source, err := os.ReadFile(filepath.Join(b.nodeFolder(), file))
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(b.Dir, node), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(b.Dir, node, file), source, 0o644); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline")
	cmd.Dir = filepath.Join(b.Dir, node)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci in e2e/bench/node: %w\n%s", err, out)
	}
	return nil
}

func (b *bench) startNode(_ context.Context, database string) (*running, error) {
	return b.startExpress(node, database, nil)
}

// startNodeMail is the quickstarts in full: what both functions do for a sale, in one process and
// without a queue.
func (b *bench) startNodeMail(_ context.Context, database string) (*running, error) {
	env, err := b.Env()
	if err != nil {
		return nil, err
	}
	return b.startExpress(nodeMail, database, map[string]string{"MAIL": "1", "SENDGRID_HOST": env["SENDGRID_URL"]})
}

func (b *bench) startExpress(name, database string, settings map[string]string) (*running, error) {
	uri, database, err := b.database(database)
	if err != nil {
		return nil, err
	}
	path, err := exec.LookPath("node")
	if err != nil {
		return nil, err
	}
	secret := invented("whsec_")
	env := map[string]string{
		"MONGODB_URI": uri, "MONGODB_DATABASE": database, "NODE_ENV": "production",
		"STRIPE_API_KEY": invented("sk_test_"), "STRIPE_WEBHOOK_SECRET": secret, "SENDGRID_API_KEY": "SG." + invented("") + "." + invented(""),
	}
	maps.Copy(env, settings)
	return b.started(name, path, []string{filepath.Join(b.Dir, node, "server.js")}, env, "ADDRESS", "/webhook", secret)
}

// startOurs starts stripe-webhook as the platform does, but for the watchdog and the gateway. In
// place of the gateway's queue it hands the orders' IDs to a server that takes them and forgets
// them.
func (b *bench) startOurs(_ context.Context, database string) (*running, error) {
	queue, err := standInQueue()
	if err != nil {
		return nil, err
	}
	secret := invented("whsec_")
	r, err := b.startFunction("stripe-webhook", b.Webhook, database, map[string]string{"stripe-webhook-secret": secret}, map[string]string{"gateway_url": queue.url})
	if err != nil {
		queue.Close()
		return nil, err
	}
	r.secret = secret
	return r.before(queue), nil
}

// functionsKey is what the functions sign their calls of each other with.
var functionsKey = hex.EncodeToString([]byte(invented("")))

// startFunction starts a function's binary with what stack.yml sets, and those secrets and settings
// beside it.
func (b *bench) startFunction(name, binary, database string, secrets, settings map[string]string) (*running, error) {
	uri, database, err := b.database(database)
	if err != nil {
		return nil, err
	}
	secrets["mongodb-uri"], secrets["send-email-key"] = uri, functionsKey
	dir, err := b.secrets(name, secrets)
	if err != nil {
		return nil, err
	}
	env := b.Settings(name)
	maps.Copy(env, settings)
	env["secret_mount_path"], env["mongodb_database"] = dir, database
	return b.started(name, binary, nil, env, "handler_address", "/", "")
}

// queue takes calls and forgets them.
type queue struct {
	*http.Server
	url string
}

// before is a contender whose queue ends with it.
func (r *running) before(q *queue) *running {
	end := r.stop
	r.stop = func(ctx context.Context) {
		end(ctx)
		q.Close()
	}
	return r
}

func standInQueue() (*queue, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &http.Server{ReadHeaderTimeout: sendTimeout, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusAccepted)
	})}
	go func() { _ = s.Serve(l) }() // ends by Close
	return &queue{s, "http://" + l.Addr().String()}, nil
}

// startGateway is stripe-webhook in the whole system. Its process is killed, as a reboot would do,
// so that the first event starts it. The database is the laptop's own.
func (b *bench) startGateway(ctx context.Context, _ string) (*running, error) {
	env, err := b.Env()
	if err != nil {
		return nil, err
	}
	old, err := strconv.Atoi(env["STRIPE_WEBHOOK_PID"])
	if err == nil {
		err = kill(ctx, old)
	}
	if err != nil {
		return nil, fmt.Errorf("kill stripe-webhook: %w", err)
	}
	return &running{
		target: target{url: env["WEBHOOK_URL"], want: http.StatusOK},
		secret: env["WEBHOOK_SECRET"],
		began:  time.Now(),
		pids:   b.processes("STRIPE_WEBHOOK_PID", "GATEWAY_PID", "NATS_PID"), // the function, and what is before it on a server
		stop:   func(context.Context) {},
	}, nil
}

// kill ends a process of the laptop at once, and returns when it is gone.
func kill(ctx context.Context, pid int) error {
	p, err := os.FindProcess(pid)
	if err == nil {
		err = p.Kill()
	}
	for err == nil && ctx.Err() == nil {
		if _, gone := os.Stat(fmt.Sprintf("/proc/%d/stat", pid)); gone != nil {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return err
}

// processes are those of the laptop that its run.env has under these names, as they are now.
func (b *bench) processes(names ...string) func() []int {
	return func() []int {
		env, err := b.Env()
		if err != nil {
			return nil
		}
		var pids []int
		for _, name := range names {
			if pid, err := strconv.Atoi(env[name]); err == nil {
				pids = append(pids, pid)
			}
		}
		return pids
	}
}
