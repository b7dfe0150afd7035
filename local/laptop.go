package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openfaas/go-sdk/stack"
	"github.com/robfig/cron/v3"

	"handler/function/local/alerts"
	"handler/function/local/metrics"
	"handler/function/local/process"
	"handler/function/local/provider"
	"handler/function/local/sendgrid"
	"handler/function/local/stripe"
	"handler/function/local/watch"
	"handler/function/shared/console"
	"handler/function/shared/runenv"
	"handler/function/shared/shopcheck"
)

const (
	gatewayAddress = "127.0.0.1:8080"
	gatewayURL     = "http://" + gatewayAddress
	gatewayMetrics = "http://127.0.0.1:8082/metrics"
)

// laptop is everything that runs.
type laptop struct {
	folders
	console *console.Console
	owned   *ownedShop
	// parsed is stack.yml, without the settings files that it names.
	parsed *stack.Services
	// version is what the functions are deployed with.
	version atomic.Pointer[version]
	files   *watch.Watcher

	provider *provider.Provider
	cron     *cron.Cron
	// parts are the programs, in the order in which they were started.
	parts   map[string]*part
	order   []string
	servers []*http.Server
	logs    map[string]*os.File

	providerAddr, natsAddr           string
	mongodb, inbox, sendgrid, stripe string
	alerts                           string
	payments                         *stripe.Service
	mails                            *sendgrid.Service
	channel                          *alerts.Service
	// eventKey is the public key of the Event Webhook.
	eventKey string

	logsMu sync.Mutex

	mu sync.Mutex
	// ready: run.env is there, and is kept right from now on.
	ready bool
}

func newLaptop(f folders, c *console.Console, parsed *stack.Services) *laptop {
	l := &laptop{folders: f, console: c, owned: newOwnedShop(f), parsed: parsed, parts: map[string]*part{}, logs: map[string]*os.File{}}
	l.version.Store(&version{services: parsed})
	return l
}

// services are the functions as they are deployed.
func (l *laptop) services() *stack.Services { return l.version.Load().services }

// start starts all of it in an order in which each finds what it needs.
func (l *laptop) start(ctx context.Context) error {
	steps := []struct {
		what string
		do   func(context.Context) error
	}{
		{"start the database", l.startDatabase},
		{"start the mocks and the inbox", l.startMocks},
		{"start the provider", l.startProvider},
		{"start the queue", l.startQueue},
		{"start the gateway", l.startGateway},
		{"start the queue worker", l.startWorker},
		{"deploy the functions", l.deploy},
		{"start the clock that wakes them", l.startCron},
	}
	for _, s := range steps {
		if err := l.console.Step(s.what, func() error { return s.do(ctx) }); err != nil {
			return err
		}
	}
	l.mu.Lock()
	l.ready = true
	l.mu.Unlock()
	l.writeRunEnv()
	return nil
}

func (l *laptop) startDatabase(ctx context.Context) error {
	if mongodbURI.real() {
		l.mongodb = os.Getenv(mongodbURI.variable)
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	address, err := process.FreeAddr()
	if err != nil {
		return err
	}
	l.mongodb = "mongodb://" + address
	return l.startPart(ctx, &part{name: "mongod", address: address, command: process.Command{
		Path: self, Args: []string{"mongod", "--dir", filepath.Join(l.state, "data"), "--address", address}, Env: baseEnv(),
	}})
}

// startMocks serves the mocks of SendGrid and Stripe. They are there also where the real
// services are used, and then nobody calls them.
func (l *laptop) startMocks(context.Context) error {
	var err error
	// Its templates are in memory only, so that what an earlier run published is gone.
	if err := os.RemoveAll(shopcheck.LaptopLock(l.state)); err != nil {
		return err
	}
	l.mails, err = sendgrid.New(sendgrid.Options{File: filepath.Join(l.state, "inbox.jsonl"), Logger: l.logger("sendgrid")})
	if err != nil {
		return err
	}
	// It is disabled until somebody wants to see what becomes of e-mails: where things are counted
	// and measured, nobody does.
	hook, err := l.mails.AddWebhook(sendgrid.Webhook{URL: gatewayURL + "/function/send-email", Signed: true})
	if err != nil {
		return err
	}
	l.eventKey = hook.PublicKey()
	l.channel, err = alerts.New(filepath.Join(l.state, "alerts.jsonl"), time.Now)
	if err != nil {
		return err
	}
	pages, err := l.newInbox(l.mails)
	if err != nil {
		return err
	}
	l.payments, err = stripe.New(stripe.Options{File: filepath.Join(l.state, "line-items.jsonl"), Logger: l.logger("stripe")})
	if err != nil {
		return err
	}
	for _, s := range []struct {
		url     *string
		handler http.Handler
	}{{&l.sendgrid, l.mails.API()}, {&l.inbox, pages.Handler()}, {&l.stripe, l.payments.Handler()}, {&l.alerts, l.channel.Handler()}} {
		if *s.url, err = l.serve("127.0.0.1:0", s.handler); err != nil {
			return err
		}
	}
	return nil
}

// defaults are settings of the laptop's own, which stack.yml and settings.yml may change.
func (l *laptop) defaults() map[string]string {
	defaults := map[string]string{"gateway_url": gatewayURL, "shop_folder": l.owned.inUse()}
	if !sendgridAPI.real() {
		defaults["sendgrid_host"] = l.sendgrid
		defaults["template_ids"] = "placeholder" // the mock needs none to be published
		defaults["sendgrid_webhook_key"] = l.eventKey
	}
	if !stripeAPI.real() {
		defaults["stripe_api_base"] = l.stripe
	}
	return defaults
}

func (l *laptop) startProvider(context.Context) error {
	log.SetOutput(l.logFile("provider")) // the official provider packages write to the standard logger
	l.provider = provider.New(provider.Options{
		Dir:      filepath.Join(l.state, "provider"),
		Images:   images{filepath.Join(l.state, "images")}.find,
		Defaults: l.defaults(),
		Logger:   l.logger("provider"),
		Changed:  l.writeRunEnv,
		Grace:    30 * time.Second, // faasd's
		Log: func(function, instance, line string) {
			fmt.Fprintln(l.logFile(function), line)
		},
	})
	url, err := l.serve("127.0.0.1:0", l.provider.Handler())
	l.providerAddr = url
	return err
}

func (l *laptop) startQueue(ctx context.Context) error {
	address, err := process.FreeAddr()
	if err != nil {
		return err
	}
	l.natsAddr = address
	host, port, _ := net.SplitHostPort(address)
	// It accepts connections before its streams are there, and the gateway ends where they are not.
	return l.startPart(ctx, &part{name: "nats", address: address, ready: "Streaming Server is ready", command: process.Command{
		Path: filepath.Join(l.bin, natsBinary),
		Args: []string{"--addr", host, "--port", port, "--store", "file", "--dir", filepath.Join(l.state, "nats"), "--cluster_id", "faas-cluster"},
		Env:  baseEnv(),
	}})
}

func (l *laptop) startGateway(ctx context.Context) error {
	counts, err := l.serve("127.0.0.1:0", metrics.Handler(metrics.Options{URL: gatewayMetrics, Logger: l.logger("metrics")}))
	if err != nil {
		return err
	}
	ui, err := filepath.Abs(filepath.Join(l.bin, uiFolder))
	if err != nil {
		return err
	}
	natsHost, natsPort, _ := net.SplitHostPort(l.natsAddr)
	metricsHost, metricsPort, _ := net.SplitHostPort(strings.TrimPrefix(counts, "http://"))
	return l.startPart(ctx, &part{name: "gateway", address: gatewayAddress, command: process.Command{
		Path: filepath.Join(l.bin, gatewayBinary),
		Dir:  ui, // it serves its UI from assets/ below here
		Env: append(baseEnv(),
			"functions_provider_url="+l.providerAddr+"/",
			"faas_nats_address="+natsHost, "faas_nats_port="+natsPort,
			"faas_prometheus_host="+metricsHost, "faas_prometheus_port="+metricsPort,
			"function_namespace="+provider.Namespace,
			"basic_auth=false", "scale_from_zero=false", "direct_functions=false",
			"read_timeout=65s", "write_timeout=65s", "upstream_timeout=60s"),
	}})
}

func (l *laptop) startWorker(ctx context.Context) error {
	natsHost, natsPort, _ := net.SplitHostPort(l.natsAddr)
	return l.startPart(ctx, &part{name: "queue-worker", ready: "Listening on", command: process.Command{
		Path: filepath.Join(l.bin, workerBinary),
		Env: append(baseEnv(),
			"faas_nats_address="+natsHost, "faas_nats_port="+natsPort,
			"faas_gateway_address=127.0.0.1", "faas_gateway_port=8080", "gateway_invoke=true",
			"max_inflight=1", "ack_wait=65s", "write_debug=true", "basic_auth=false"),
	}})
}

func (l *laptop) startPart(ctx context.Context, p *part) error {
	p.console, p.changed = l.console, func() { l.replaced(ctx, p.name) }
	if err := p.start(ctx, filepath.Join(l.state, "logs")); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.parts[p.name] = p
	l.order = append(l.order, p.name)
	return nil
}

// replaced does what must follow when a part was started again. The queue worker does not notice
// that the queue lost its subscription with a process that was killed: it would wait for ever,
// while callers get their 202, so it is started again as well.
func (l *laptop) replaced(ctx context.Context, name string) {
	if name == "nats" {
		l.mu.Lock()
		worker := l.parts["queue-worker"]
		l.mu.Unlock()
		if worker != nil {
			worker.restart(ctx)
		}
	}
	l.writeRunEnv()
}

// serve serves on an address and gives its URL.
func (l *laptop) serve(address string, h http.Handler) (string, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	l.servers = append(l.servers, server)
	go func() { _ = server.Serve(listener) }() // ends by Close
	return "http://" + listener.Addr().String(), nil
}

// stop ends all of it: the functions first, the database last.
func (l *laptop) stop() {
	l.mu.Lock()
	l.ready = false
	l.mu.Unlock()
	_ = os.Remove(runenv.Path(l.state))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if l.cron != nil {
		l.cron.Stop()
	}
	if l.mails != nil {
		l.mails.Close()
	}
	if l.provider != nil {
		if err := l.provider.Close(ctx); err != nil {
			l.console.Trouble("%v", err)
		}
	}
	for i := len(l.order) - 1; i >= 0; i-- {
		l.parts[l.order[i]].stop(ctx)
	}
	for _, s := range l.servers {
		s.Close()
	}
}

// writeRunEnv writes run.env, now and whenever a process was replaced.
func (l *laptop) writeRunEnv() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ready {
		return
	}
	env := runenv.Env{
		{"GATEWAY_URL", gatewayURL},
		{"WEBHOOK_URL", gatewayURL + "/function/stripe-webhook"},
		{"WEBHOOK_SECRET", l.secret(stripeSigning)},
		{"SEND_EMAIL_KEY", l.secret(functionsKey)},
		{"MONGODB_URI", l.mongodb},
		{"MONGODB_DATABASE", l.database()},
		{"INBOX_URL", l.inbox},
		{"SENDGRID_URL", l.sendgrid},
		{"STRIPE_URL", l.stripe},
		{"STRIPE_WEBHOOK_PID", first(l.provider.Processes("stripe-webhook"))},
		{"SEND_EMAIL_PID", first(l.provider.Processes("send-email"))},
	}
	for _, p := range [][2]string{{"GATEWAY_PID", "gateway"}, {"NATS_PID", "nats"}, {"QUEUE_WORKER_PID", "queue-worker"}, {"MONGOD_PID", "mongod"}} {
		if part, ok := l.parts[p[1]]; ok {
			env = append(env, [2]string{p[0], strconv.Itoa(part.pid())})
		}
	}
	for _, s := range []service{stripeAPI, sendgridAPI, alertURL} { // a real one's is not kept in a file of ours
		if !s.real() {
			env = append(env, [2]string{s.variable, l.secret(s)})
		}
	}
	if err := env.Write(l.state); err != nil {
		l.console.Trouble("write run.env: %v", err)
	}
}

// database is the name that the functions are deployed with.
func (l *laptop) database() string {
	if name := l.services().Functions["stripe-webhook"].Environment["mongodb_database"]; name != "" {
		return name
	}
	return "tillbell"
}

// secret is the first line of a secret as the functions have it now.
func (l *laptop) secret(s service) string {
	text, err := l.provider.Secret(s.secret)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return line
}

func first(pids []int) string {
	if len(pids) == 0 {
		return ""
	}
	return strconv.Itoa(pids[0])
}

// logFile is opened once for each name, and stays open.
func (l *laptop) logFile(name string) *os.File {
	l.logsMu.Lock()
	defer l.logsMu.Unlock()
	if f, ok := l.logs[name]; ok {
		return f
	}
	f, err := openLog(filepath.Join(l.state, "logs"), name)
	if err != nil {
		f = os.Stderr
	}
	l.logs[name] = f
	return f
}

func (l *laptop) logger(name string) *slog.Logger {
	return slog.New(slog.NewTextHandler(l.logFile(name), nil))
}

// baseEnv is what every process needs of ours.
func baseEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
}
