package doctor_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
	stripego "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"handler/function/cmd/tillbell/doctor"
	"handler/function/cmd/tillbell/target"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/local/mongod"
	"handler/function/local/mongod/mongodtest"
	"handler/function/local/sendgrid"
	"handler/function/local/stripe"
	"handler/function/shared/gateway/gatewaytest"
)

// The keys and secrets of the world.
const (
	stripeKey   = "rk_test_functions"
	stripeSetup = "sk_test_setup00"
	sendKey     = "SG.functions.key"
	sendSetup   = "SG.setup.key"
	signing     = "whsec_right000"
	key         = "the-functions-right-key"
)

// world is all that the doctor looks at, with nothing wrong in it: the real stand-ins and the
// embedded database, and a gateway of a few lines.
type world struct {
	dir      string
	env      map[string]string
	settings map[string]string
	gateway  gateway
	stripe   *stripe.Service
	sendgrid *sendgrid.Service
	account  stripe.Account
	mails    sendgrid.Account
	database mongod.Options
	options  doctor.Options
	// tunnel is where the owner's calls go, if not to the gateway.
	tunnel string
	// proxied are the paths that the proxy lets through.
	proxied []string
	// hook is SendGrid's Event Webhook, which the proxy lets through as long as events is true.
	hook   *sendgrid.Webhook
	events bool
	// templates are the versions of the template receipt: 1 for the active one.
	templates []int
}

// gateway answers as OpenFaaS's does.
type gateway struct {
	secrets   []string
	functions map[string]int
	arch      string
	locked    bool
	// unsigned is what the functions answer to an unsigned call, and starting how often 500 comes
	// before.
	unsigned map[string]int
	starting atomic.Int32
	signing  string
	// key signs the owner's calls, which are answered with owners.
	key    string
	owners int
	// lost: the provider was restarted alone.
	lost bool
	// process is what send-email says of itself, but for the probes, which the queue brings unless
	// it is stuck. woken is how long ago it was called by cron-connector, and started how long ago
	// it was started.
	woken, started time.Duration
	older, stuck   bool
	replicas       int
	brought        sync.Map // the probes that the queue has brought
	// events is what send-email answers to SendGrid's, where it does not refuse their signature.
	events string
	ahead  time.Duration
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		dir:      t.TempDir(),
		env:      map[string]string{"STRIPE_API_KEY": stripeKey, "STRIPE_SETUP_KEY": stripeSetup, "STRIPE_WEBHOOK_SECRET": signing, "SENDGRID_API_KEY": sendKey, "SENDGRID_SETUP_KEY": sendSetup, "SEND_EMAIL_KEY": key, "ALERT_URL": "https://ntfy.sh/shop-c0nf1d3nt1al"},
		settings: map[string]string{},
		gateway: gateway{
			secrets:   []string{"stripe-webhook-secret", "stripe-api-key", "mongodb-uri", "sendgrid-api-key", "send-email-key", "alert-url"},
			functions: map[string]int{"stripe-webhook": 1, "send-email": 1}, arch: runtime.GOARCH,
			unsigned: map[string]int{"stripe-webhook": 400, "send-email": 400}, signing: signing, key: key, owners: 404,
			started: time.Hour, woken: time.Minute, replicas: 1,
		},
		account: stripe.Account{
			Permissions: map[string][]string{stripeKey: {"checkout_session_read", "product_read", "event_read"}},
			Products:    []stripe.Object{product("prod_ebook")}, PaymentLinks: []stripe.Object{link("plink_1", "prod_ebook")},
		},
		mails: sendgrid.Account{
			Scopes:  map[string][]string{sendKey: {"mail.send"}, sendSetup: {"templates.read", "whitelabel.read", "verified_senders.read", "user.webhooks.event.settings.read"}},
			Domains: map[string]bool{"example.com": true},
		},
		proxied:   []string{"/function/stripe-webhook"},
		hook:      &sendgrid.Webhook{Enabled: true, Signed: true},
		events:    true,
		templates: []int{1, 0},
	}
	// Nobody listens on port 1, and no server of another test is given it.
	w.options = doctor.Options{Patience: time.Second, QueueTime: time.Second, Ports: []string{"1"}, Loopback: true, DatabaseMB: 512, Docker: func(context.Context) bool { return true }, CLI: w.program(t, "faas-cli", "echo 0.13.13")}
	var err error
	if w.stripe, err = stripe.New(stripe.Options{}); err != nil {
		t.Fatal(err)
	}
	if w.sendgrid, err = sendgrid.New(sendgrid.Options{}); err != nil {
		t.Fatal(err)
	}
	return w
}

func product(id string) stripe.Object {
	return stripe.Object{"id": id, "object": "product", "name": "Thing", "active": true, "metadata": map[string]any{}}
}

func link(id, product string) stripe.Object {
	return stripe.Object{"id": id, "object": "payment_link", "active": true, "url": "https://buy.stripe.com/" + id, "metadata": map[string]any{},
		"line_items": map[string]any{"object": "list", "data": []any{map[string]any{"id": "li_1", "object": "item",
			"price": map[string]any{"id": "price_1", "object": "price", "product": product}}}}}
}

// program is a program of one line, in this world's folder.
func (w *world) program(t *testing.T, name, line string) string {
	t.Helper()
	return gatewaytest.Program(t, w.dir, name, line)
}

// register registers a webhook endpoint where the proxy is, once that is known.
type register []stripego.WebhookEndpoint

// report is what the doctor says of the world, line by line.
func (w *world) report(t *testing.T, endpoints register) []string {
	t.Helper()
	if err := w.stripe.SetAccount(w.account); err != nil {
		t.Fatal(err)
	}
	w.sendgrid.SetAccount(w.mails)
	inside := serve(t, &w.gateway)
	proxy := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		for _, path := range w.proxied {
			if r.URL.Path == path {
				w.gateway.ServeHTTP(rw, r)
				return
			}
		}
		if r.Method == http.MethodGet && r.URL.Path == "/function/send-email" { // as a monitor does
			w.gateway.ServeHTTP(rw, r)
			return
		}
		if w.events && r.Method == http.MethodPost && r.URL.Path == "/function/send-email" && r.Header.Get(eventwebhook.VerificationHTTPHeader) != "" {
			w.gateway.ServeHTTP(rw, r)
			return
		}
		http.NotFound(rw, r)
	}))
	t.Cleanup(proxy.Close)
	if w.hook != nil {
		w.hook.URL = proxy.URL + "/function/send-email"
		made, err := w.sendgrid.AddWebhook(*w.hook)
		if err != nil {
			t.Fatal(err)
		}
		if _, set := w.settings["sendgrid_webhook_key"]; !set {
			w.settings["sendgrid_webhook_key"] = "older, " + made.PublicKey()
		}
	}
	w.options.HTTP = proxy.Client()
	for _, e := range endpoints {
		e.URL = strings.Replace(e.URL, "PUBLIC", proxy.URL, 1)
		w.stripe.AddEndpoint(e)
	}
	if w.env["MONGODB_URI"] == "" {
		w.env["MONGODB_URI"] = "mongodb://" + mongodtest.Start(t, w.database)
	}
	mails := serve(t, w.sendgrid.API())
	w.settings["stripe_api_base"], w.settings["sendgrid_host"] = serve(t, w.stripe.Handler()), mails
	w.writeFiles(t, w.publish(t, mails))

	found, err := target.Flags{
		Laptop: filepath.Join(w.dir, "no-laptop"), Stack: filepath.Join(w.dir, "stack.yml"), DotEnv: filepath.Join(w.dir, ".env"),
		Gateway: cmp.Or(w.tunnel, inside), PublicURL: proxy.URL,
	}.Find()
	if err != nil {
		t.Fatal(err)
	}
	before, after := doctor.Groups(found, w.options)
	var out strings.Builder
	wrongs := doctor.Run(t.Context(), &out, []doctor.Group{before, after})
	text := strings.NewReplacer(proxy.URL, "PUBLIC", inside, "GATEWAY").Replace(out.String())
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if counted := strings.Count(text, "✗"); counted != wrongs {
		t.Errorf("it counts %d wrong, and shows %d", wrongs, counted)
	}
	for name, secret := range w.env {
		if !slices.Contains([]string{"MONGODB_URI", "REGISTRY", "PLATFORM", "SERVER"}, name) && strings.Contains(text, secret) {
			t.Errorf("it shows %s:\n%s", name, text)
		}
	}
	return lines
}

// right is the endpoint as it should be.
func right() stripego.WebhookEndpoint {
	return stripego.WebhookEndpoint{URL: "PUBLIC/function/stripe-webhook", EnabledEvents: order.HandledTypes(), APIVersion: "2023-10-16"}
}

func (w *world) writeFiles(t *testing.T, receipt string) {
	t.Helper()
	var settings, env strings.Builder
	settings.WriteString("environment:\n")
	for name, value := range w.settings {
		fmt.Fprintf(&settings, "  %s: %q\n", name, value)
	}
	for name, value := range w.env {
		fmt.Fprintf(&env, "%s=%s\n", name, value)
	}
	stack, err := os.ReadFile("../../../stack.yml")
	if err != nil {
		t.Fatal(err)
	}
	lock := "accounts: {}\n"
	if receipt != "" {
		lock = fmt.Sprintf("accounts: {main: {receipt: {id: %s}}}\n", receipt)
	}
	for name, text := range map[string]string{
		"stack.yml": string(stack), "settings.yml": settings.String(), ".env": env.String(), "go.mod": "module m\n\ngo 1.25.0\n",
		"send-email/catalogue.yml": catalogue, "send-email/templates.lock.yml": lock,
		"send-email/templates/receipt/subject.hbs": "Your receipt", "send-email/templates/receipt/body.html.hbs": "<p>{{shop.name}}</p>",
	} {
		path := filepath.Join(w.dir, name)
		if _, err := os.Stat(path); err == nil {
			continue // a row has its own
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const catalogue = `from: {email: shop@example.com}
admins: [owner@example.com]
series:
  - name: ebook
    match: {products: [prod_ebook], metadata: {series: ebook}}
    emails: [{key: delivery, template: receipt, to: customer}]
default:
  emails: [{key: receipt, template: receipt, to: customer}]
notices: {payment_failed: receipt, email_failed: receipt, unknown_product: receipt, items_missing: receipt}
`

// publish makes the template receipt with its versions, by SendGrid's API, and gives its ID.
func (w *world) publish(t *testing.T, url string) string {
	t.Helper()
	if w.templates == nil {
		return ""
	}
	call := func(method, path, body string) (id string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer SG.maker.key")
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode/100 != 2 {
			t.Fatalf("%s: %+v, %v", path, res, err)
		}
		defer res.Body.Close()
		var made struct{ ID string }
		if err := json.NewDecoder(res.Body).Decode(&made); err != nil {
			t.Fatal(err)
		}
		return made.ID
	}
	template := call(http.MethodPost, "/v3/templates", `{"name": "receipt", "generation": "dynamic"}`)
	for i, active := range w.templates {
		version := fmt.Sprintf(`{"name": "%d", "subject": "s", "active": %d}`, i, active)
		id := call(http.MethodPost, "/v3/templates/"+template+"/versions", version)
		call(http.MethodPatch, "/v3/templates/"+template+"/versions/"+id, version) // the first is made active, whatever was asked for
	}
	return template
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", time.Now().Add(g.ahead).UTC().Format(http.TimeFormat))
	system := strings.HasPrefix(r.URL.Path, "/system/")
	function := strings.TrimPrefix(r.URL.Path, "/function/")
	switch {
	case r.URL.Path == "/healthz":
	case g.lost && system:
		w.WriteHeader(http.StatusBadGateway)
	case g.lost:
		w.WriteHeader(http.StatusNotFound)
	case system && g.locked:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/system/info":
		answer(w, map[string]string{"arch": g.arch})
	case r.URL.Path == "/system/secrets":
		answer(w, named(g.secrets))
	case strings.HasPrefix(r.URL.Path, "/system/function/"):
		name := strings.TrimPrefix(r.URL.Path, "/system/function/")
		n, deployed := g.functions[name]
		if !deployed {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		answer(w, map[string]any{"name": name, "availableReplicas": n, "replicas": g.replicas})
	case r.Header.Get("Stripe-Signature") != "":
		var body [1024]byte
		n, _ := r.Body.Read(body[:])
		if webhook.ValidatePayload(body[:n], r.Header.Get("Stripe-Signature"), g.signing) != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	case r.Header.Get(openfaas.SignatureHeader) != "":
		body, _ := io.ReadAll(r.Body)
		if !openfaas.Signed(body, r.Header.Get(openfaas.SignatureHeader), []string{g.key}) {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if strings.HasPrefix(string(body), `{"pro`) {
			g.answerOfProcess(w, r, body)
			return
		}
		w.WriteHeader(g.owners)
		fmt.Fprint(w, `{"error": "try again"}`)
	case r.Header.Get(eventwebhook.VerificationHTTPHeader) != "" && g.events != "":
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprintf(w, `{"error": %q}`, g.events)
	case r.Method != http.MethodPost && (strings.HasPrefix(r.URL.Path, "/function/") || strings.HasPrefix(r.URL.Path, "/async-function/")):
		w.WriteHeader(http.StatusMethodNotAllowed)
	case g.unsigned[function] != 0 && g.starting.Add(-1) >= 0:
		http.Error(w, "Can't reach service for: "+function, http.StatusInternalServerError)
	case g.unsigned[function] != 0:
		w.WriteHeader(g.unsigned[function])
		if g.unsigned[function] != http.StatusInternalServerError {
			fmt.Fprint(w, `{"error": "secret stripe-api-key is missing"}`)
		}
	}
}

// answerOfProcess answers as send-email does, or as the queue.
func (g *gateway) answerOfProcess(w http.ResponseWriter, r *http.Request, body []byte) {
	switch {
	case g.older:
		w.WriteHeader(http.StatusBadRequest)
	case strings.HasPrefix(r.URL.Path, "/async-function/"):
		var call struct{ Probe string }
		if json.Unmarshal(body, &call) == nil && !g.stuck {
			g.brought.Store(call.Probe, true)
		}
		w.WriteHeader(http.StatusAccepted)
	default:
		now := time.Now()
		probes := []any{"another"}
		g.brought.Range(func(word, _ any) bool { probes = append(probes, word); return true })
		said := map[string]any{"now": now, "started_at": now.Add(-g.started), "probes": probes}
		if g.woken > 0 {
			said["woken_at"] = now.Add(-g.woken)
		}
		answer(w, said)
	}
}

func named(names []string) []map[string]string {
	all := []map[string]string{}
	for _, n := range names {
		all = append(all, map[string]string{"name": n})
	}
	return all
}

func answer(w http.ResponseWriter, body any) { _ = json.NewEncoder(w).Encode(body) }
