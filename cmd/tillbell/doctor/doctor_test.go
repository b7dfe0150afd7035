package doctor_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	stripego "github.com/stripe/stripe-go/v76"
	"go.mongodb.org/mongo-driver/v2/bson"

	"handler/function/cmd/tillbell/oci"
	"handler/function/cmd/tillbell/oci/ocitest"
	"handler/function/internal/mongodb"
	"handler/function/local/mongod/mongodtest"
	"handler/function/local/sendgrid"
	"handler/function/local/stripe"
)

// TestMain takes from the environment what would be looked at in place of a test's own.
func TestMain(m *testing.M) {
	for _, name := range []string{"GATEWAY_URL", "OPENFAAS_URL", "PUBLIC_URL", "STRIPE_API_KEY", "STRIPE_SETUP_KEY", "STRIPE_WEBHOOK_SECRET",
		"SENDGRID_API_KEY", "SENDGRID_SETUP_KEY", "MONGODB_URI", "SEND_EMAIL_KEY", "ALERT_URL", "DOCKER_DEFAULT_PLATFORM", "REGISTRY", "TAG", "PLATFORM", "SERVER"} {
		os.Unsetenv(name)
	}
	os.Exit(m.Run())
}

func TestNothingWrong(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	for _, line := range w.report(t, register{right()}) {
		if strings.HasPrefix(line, "✗") || strings.HasPrefix(line, "–") {
			t.Error(line)
		}
	}
}

// otherArch is one that this machine has not.
func otherArch() string {
	if runtime.GOARCH == "arm64" {
		return "amd64"
	}
	return "arm64"
}

func noDocker(context.Context) bool { return false }

// TestArchitectureWithoutDocker: make images builds for more than this machine's own.
func TestArchitectureWithoutDocker(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.gateway.arch, w.options.Docker = otherArch(), noDocker
	if all := strings.Join(w.report(t, register{right()}), "\n"); strings.Contains(all, "✗") || !strings.Contains(all, "✓ the gateway runs on "+otherArch()) {
		t.Errorf("it says\n%s", all)
	}
}

// published is a world whose images are built: they are at a registry, under these names, for those
// platforms.
func published(t *testing.T, w *world, names []string, platforms ...string) (registry string) {
	t.Helper()
	w.options.Built = true
	registry = ocitest.Registry(t, nil) + "/shop"
	w.env["REGISTRY"] = registry
	for _, name := range names {
		var all []v1.Image
		for _, arch := range platforms {
			all = append(all, ocitest.Image(t, v1.Platform{OS: "linux", Architecture: arch}, v1.Config{}, nil))
		}
		index, err := oci.Index(all)
		if err == nil {
			err = oci.Push(t.Context(), registry+"/"+name, index)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return registry
}

var bothImages = []string{"send-email:latest", "stripe-webhook:latest"}

// TestImagesAtTheRegistry: what is built already is looked at where it is.
func TestImagesAtTheRegistry(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	registry := published(t, w, bothImages, "s390x", runtime.GOARCH)
	want := fmt.Sprintf("✓ the registry has %s/send-email:latest and %s/stripe-webhook:latest", registry, registry)
	if all := strings.Join(w.report(t, register{right()}), "\n"); strings.Contains(all, "✗") || !strings.Contains(all, want+"\n") {
		t.Errorf("want %q; it says\n%s", want, all)
	}
}

// TestJustDeployed: faasd answers 500 until the functions listen.
func TestJustDeployed(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.options.Patience = 5 * time.Second
	w.gateway.starting.Store(6)
	if all := strings.Join(w.report(t, register{right()}), "\n"); strings.Contains(all, "✗") || w.gateway.starting.Load() >= 0 {
		t.Errorf("it says\n%s", all)
	}
}

// TestFailures breaks one thing of a world in which all is right. The report must say so in one
// line, what to do included; no other line may call anything wrong.
func TestFailures(t *testing.T) {
	t.Parallel()

	endpointLike := func(change func(*stripego.WebhookEndpoint)) register {
		e := right()
		change(&e)
		return register{e}
	}
	for _, tt := range []struct {
		name  string
		spoil func(*testing.T, *world)
		// endpoints are those at Stripe, where it is not the right one alone.
		endpoints register
		want      string
	}{
		{name: "an old Go", want: "✗ Go is go1.", spoil: func(t *testing.T, w *world) { w.write(t, "go.mod", "module m\n\ngo 1.99.0\n") }},
		{name: "a faas-cli that does not run", want: "broken does not run: exit status 3: make faas-cli", spoil: func(t *testing.T, w *world) { w.options.CLI = w.program(t, "broken", "exit 3") }},
		{name: "a mistake in the catalogue", want: "✗ the shop's files have mistakes: ", spoil: func(t *testing.T, w *world) {
			w.write(t, "send-email/catalogue.yml", strings.Replace(catalogue, "to: customer", "to: nobody", 1))
		}},
		{name: "a mistake in a template", want: "send-email/templates/receipt/subject.hbs:1: the data has no shop.nme", spoil: func(t *testing.T, w *world) {
			w.write(t, "send-email/templates/receipt/subject.hbs", "{{{shop.nme}}}")
		}},
		{name: "a setting that is misspelt", want: "no function reads log_levl: did you mean log_level?", spoil: func(_ *testing.T, w *world) {
			w.settings["log_levl"] = "info"
		}},
		{name: "a value that no function can use", want: `: sweep_interval is "soon": want `, spoil: func(_ *testing.T, w *world) {
			w.settings["sweep_interval"] = "soon"
		}},
		{name: "no login", want: "✗ the gateway GATEWAY does not know you: faas-cli login", spoil: func(_ *testing.T, w *world) { w.gateway.locked = true }},
		{name: "a provider that was restarted alone", want: "✗ the gateway GATEWAY answers, and does not find faasd-provider (/system/secrets answers 502), as after a restart of faasd-provider alone: systemctl restart faasd, on the server", spoil: func(_ *testing.T, w *world) {
			w.gateway.lost = true
		}},
		{name: "a queue worker that is dead", want: "✗ the queue has brought no call within 1s: the queue worker does not work: systemctl restart faasd, on the server", spoil: func(_ *testing.T, w *world) {
			w.gateway.stuck = true
		}},
		{name: "a timer that does not call", want: "✗ cron-connector has not called send-email for 12m0s: after a crash or a reboot nothing would start it: systemctl restart faasd, on the server", spoil: func(_ *testing.T, w *world) {
			w.gateway.woken = 12 * time.Minute
		}},
		{name: "a timer that never called", want: "✗ cron-connector has not called send-email for 1h0m0s: ", spoil: func(_ *testing.T, w *world) { w.gateway.woken = 0 }},
		{name: "a missing secret", want: "✗ the gateway has no secret send-email-key: make secrets", spoil: func(_ *testing.T, w *world) {
			w.gateway.secrets = slices.DeleteFunc(w.gateway.secrets, func(s string) bool { return s == "send-email-key" })
		}},
		{name: "another architecture", want: "✗ the gateway runs on " + otherArch(), spoil: func(_ *testing.T, w *world) { w.gateway.arch = otherArch() }},
		{name: "an architecture that nothing here builds for", want: "✗ the gateway runs on arm, and images that are built here without Docker are for amd64 and arm64: make images PUSH=1 PLATFORMS=linux/arm", spoil: func(_ *testing.T, w *world) {
			w.gateway.arch, w.options.Docker = "armv7l", noDocker
		}},
		{name: "images of which one is not at the registry", want: "/stripe-webhook:latest: are REGISTRY and TAG right? faasd would remove", spoil: func(t *testing.T, w *world) {
			published(t, w, bothImages[:1], runtime.GOARCH)
		}},
		{name: "images for another platform", want: "is not for linux/" + runtime.GOARCH + ", on which the gateway runs: make images PUSH=1 PLATFORMS=linux/" + runtime.GOARCH, spoil: func(t *testing.T, w *world) {
			published(t, w, bothImages, otherArch())
		}},
		{name: "a registry that does not answer", want: "✗ the registry cannot be asked for 127.0.0.1:1/shop/send-email:latest: ", spoil: func(_ *testing.T, w *world) {
			w.options.Built, w.env["REGISTRY"] = true, "127.0.0.1:1/shop"
		}},
		{name: "a connection string with Atlas's placeholder", want: "✗ the connection string: mongodb-uri still has Atlas's <db_password> in it", spoil: func(_ *testing.T, w *world) {
			w.env["MONGODB_URI"] = "mongodb+srv://shop:<db_password>@cluster0.example.mongodb.net/"
		}},
		{name: "a database that is away", want: "✗ MongoDB cannot be reached: does Atlas's Network Access", spoil: func(_ *testing.T, w *world) {
			w.env["MONGODB_URI"] = "mongodb://127.0.0.1:1"
		}},
		{name: "a wrong password of the database", want: "✗ MongoDB refuses the user or the password: make secrets", spoil: func(t *testing.T, w *world) {
			w.env["MONGODB_URI"] = "mongodb://shop:wr0ng@" + mongodtest.Start(t, w.database)
		}},
		{name: "a database user who may not write", want: "✗ the database user may not insert, update and createIndex orders: give the user the role readWrite", spoil: func(_ *testing.T, w *world) {
			w.database.ReadOnly = true
		}},
		{name: "a connection string without a user", want: "✗ MongoDB requires a user and a password, and the connection string has none: make secrets", spoil: func(_ *testing.T, w *world) {
			w.database.User, w.database.Password = "shop", "r1ght"
		}},
		{name: "orders without the index", want: "✗ orders lack the index on next_due_at and on created_at and on payment_intent", spoil: func(t *testing.T, w *world) { w.insert(t, "x") }},
		{name: "a database that is nearly full", want: "✗ the database takes 3 MB of the tier's 3 MB: move to a larger tier", spoil: func(t *testing.T, w *world) {
			w.insert(t, strings.Repeat("x", 3<<20-500))
			w.index(t)
			w.options.DatabaseMB = 3
		}},
		{name: "a full database", want: "✗ the database is full and refuses writes: the database takes 3 MB of the tier's 3 MB: move to a larger tier", spoil: func(t *testing.T, w *world) {
			w.insert(t, strings.Repeat("x", 3<<20))
			w.index(t)
			w.options.DatabaseMB, w.settings["mongodb_quota_mb"] = 0, "3"
		}},
		{name: "a key that is none", want: "✗ Stripe's key: stripe-api-key has another form", spoil: func(_ *testing.T, w *world) { w.env["STRIPE_API_KEY"] = "pk_test_publishable" }},
		{name: "a key that Stripe does not know", want: "✗ Stripe does not know the key: make secrets", spoil: func(_ *testing.T, w *world) {
			w.env["STRIPE_API_KEY"], w.env["STRIPE_SETUP_KEY"] = "rk_live_rolled0", "sk_live_rolled0"
		}},
		{name: "keys of two modes", want: "✗ STRIPE_API_KEY is of test mode, and STRIPE_SETUP_KEY of live", spoil: func(_ *testing.T, w *world) { w.env["STRIPE_SETUP_KEY"] = "sk_live_setup00" }},
		{name: "a key that may not read products", want: "✗ Stripe's key may not read Products: give the restricted key Read", spoil: func(_ *testing.T, w *world) {
			w.account.Permissions[stripeKey] = []string{"checkout_session_read", "event_read"}
		}},
		{name: "a key that may not read sessions", want: "✗ Stripe's key may not read Checkout Sessions and Events", spoil: func(_ *testing.T, w *world) {
			w.account.Permissions[stripeKey] = []string{"product_read"}
		}},
		{name: "no endpoint", endpoints: endpointLike(func(e *stripego.WebhookEndpoint) { e.URL = "https://elsewhere.example.com/function/stripe-webhook" }),
			want: "✗ no webhook endpoint of the account is at PUBLIC/function/stripe-webhook (1 endpoint elsewhere): make endpoint"},
		{name: "an endpoint without an event type", endpoints: endpointLike(func(e *stripego.WebhookEndpoint) { e.EnabledEvents = slices.Delete(e.EnabledEvents, 2, 3) }),
			want: "does not get checkout.session.async_payment_failed: make endpoint"},
		{name: "an endpoint from before failed refunds were handled", endpoints: endpointLike(func(e *stripego.WebhookEndpoint) {
			e.EnabledEvents = slices.DeleteFunc(e.EnabledEvents, func(t string) bool { return strings.Contains(t, "refund.") })
		}), want: "does not get refund.updated, charge.refund.updated: make endpoint"},
		{name: "an endpoint with one too many", endpoints: endpointLike(func(e *stripego.WebhookEndpoint) {
			e.EnabledEvents = append(e.EnabledEvents, "invoice.paid")
		}), want: "gets what we do not handle, invoice.paid: make endpoint"},
		{name: "an endpoint that gets everything", endpoints: endpointLike(func(e *stripego.WebhookEndpoint) { e.EnabledEvents = []string{"*"} }),
			want: "gets every event there is, not just ours: make endpoint"},
		{name: "an endpoint that gets thin events", endpoints: endpointLike(func(e *stripego.WebhookEndpoint) { e.Metadata = map[string]string{stripe.EventPayload: "thin"} }),
			want: "at PUBLIC/function/stripe-webhook gets thin events, which hold no order: in Stripe's dashboard"},
		{name: "a disabled endpoint", endpoints: endpointLike(func(e *stripego.WebhookEndpoint) { e.Status = "disabled" }), want: "is disabled: make endpoint"},
		{name: "two endpoints at one address", endpoints: register{right(), right()}, want: "✗ 2 webhook endpoints are at PUBLIC/function/stripe-webhook"},
		{name: "a product that no series names", want: "✗ no series of the catalogue names the product prod_new (Thing): name it", spoil: func(_ *testing.T, w *world) {
			w.account.Products = append(w.account.Products, product("prod_new"))
		}},
		{name: "a payment link that no series names", want: "✗ no series of the catalogue names the payment link plink_2 (https://buy.stripe.com/plink_2)", spoil: func(_ *testing.T, w *world) {
			w.account.PaymentLinks = append(w.account.PaymentLinks, link("plink_2", "prod_gone"))
		}},
		{name: "a key that SendGrid does not know", want: "✗ SendGrid's key: sendgrid-api-key has another form", spoil: func(_ *testing.T, w *world) { w.env["SENDGRID_API_KEY"] = "SG.half" }},
		{name: "a malformed address for alerts", want: "✗ the alert channel: secret alert-url is not none, or an address such as", spoil: func(_ *testing.T, w *world) { w.env["ALERT_URL"] = "ftp://example.com/c0nf1d3nt1al" }},
		{name: "a channel that takes no alert", want: "✗ the test alert was not accepted: no connection to the alert channel: connection refused: is the address in ALERT_URL right?", spoil: func(_ *testing.T, w *world) {
			w.options.TestAlert, w.env["ALERT_URL"] = true, "http://127.0.0.1:1/c0nf1d3nt1al"
		}},
		{name: "a key that may not send", want: "✗ SendGrid's key may not send: give it Mail Send", spoil: func(_ *testing.T, w *world) { w.mails.Scopes[sendKey] = []string{"templates.read"} }},
		{name: "a sender that is not verified", want: "✗ the sender shop@example.com is not verified", spoil: func(_ *testing.T, w *world) {
			w.mails.Domains, w.mails.Senders = nil, map[string]bool{"shop@example.com": false}
		}},
		{name: "a domain whose DNS records are wrong", want: "✗ the sender's domain example.com is not authenticated yet: add the DNS records", spoil: func(_ *testing.T, w *world) {
			w.mails.Domains = map[string]bool{"example.com": false}
		}},
		{name: "templates that are not published", want: "✗ not published are the templates receipt: make templates", spoil: func(_ *testing.T, w *world) { w.templates = nil }},
		{name: "a template without a version", want: "✗ SendGrid's templates: receipt has no active version: make templates", spoil: func(_ *testing.T, w *world) { w.templates = []int{} }},
		{name: "a template whose versions are all inactive", want: "✗ SendGrid's templates: receipt has no active version", spoil: func(_ *testing.T, w *world) { w.templates = []int{0, 0} }},
		{name: "a template that is gone", want: "✗ SendGrid's templates: receipt is not there", spoil: func(t *testing.T, w *world) {
			w.write(t, "send-email/templates.lock.yml", "accounts: {main: {receipt: {id: d-00000000000000000000000000000009}}}\n")
		}},
		{name: "a function that is not deployed", want: "✗ not deployed are send-email: make up", spoil: func(_ *testing.T, w *world) { delete(w.gateway.functions, "send-email") }},
		{name: "a function that does not run", want: "✗ deployed and not running are send-email", spoil: func(_ *testing.T, w *world) { w.gateway.functions["send-email"] = 0 }},
		{name: "a function without its secret", want: "✗ send-email is not able to work: secret stripe-api-key is missing", spoil: func(_ *testing.T, w *world) { w.gateway.unsigned["send-email"] = 503 }},
		{name: "a function that goes on answering 500", want: "✗ send-email answers an unsigned call with 500, not with 400", spoil: func(_ *testing.T, w *world) {
			w.gateway.unsigned["send-email"] = 500
		}},
		{name: "a function that takes what is unsigned", want: "✗ send-email answers an unsigned call with 200, not with 400", spoil: func(_ *testing.T, w *world) { w.gateway.unsigned["send-email"] = 200 }},
		{name: "another signing secret at the gateway", want: "✗ stripe-webhook refuses what is signed with STRIPE_WEBHOOK_SECRET: make secrets", spoil: func(_ *testing.T, w *world) { w.gateway.signing = "whsec_another" }},
		{name: "another key at the gateway", want: "✗ send-email refuses what is signed with SEND_EMAIL_KEY: make secrets", spoil: func(_ *testing.T, w *world) { w.gateway.key = "another" }},
		{name: "functions that cannot use the database", want: "✗ send-email cannot do its work: try again: faas-cli logs send-email says why; does Atlas's Network Access", spoil: func(_ *testing.T, w *world) { w.gateway.owners = 503 }},
		{name: "an Event Webhook whose key is not deployed", want: "✗ send-email does not have the sendgrid_webhook_key of settings.yml yet, and refuses SendGrid's events: make up", spoil: func(_ *testing.T, w *world) {
			w.gateway.events = "SendGrid's events are not used here"
		}},
		{name: "no Event Webhook", want: "✗ SendGrid has no Event Webhook at PUBLIC/function/send-email: make endpoint", spoil: func(_ *testing.T, w *world) {
			w.hook, w.settings["sendgrid_webhook_key"] = nil, "key"
		}},
		{name: "an Event Webhook with faults", want: "✗ SendGrid's Event Webhook is disabled and is not told of processed, deferred, delivered, open, dropped, spam_report and is not signed: make endpoint", spoil: func(_ *testing.T, w *world) {
			w.hook = &sendgrid.Webhook{Kinds: []string{"bounce"}}
		}},
		{name: "an Event Webhook with another key", want: "✗ sendgrid_webhook_key in settings.yml is not the key of SendGrid's Event Webhook: make endpoint, and deploy", spoil: func(_ *testing.T, w *world) {
			w.settings["sendgrid_webhook_key"] = "older"
		}},
		{name: "a proxy that keeps SendGrid's events back", want: "✗ the proxy does not pass SendGrid's events on to send-email", spoil: func(_ *testing.T, w *world) { w.events = false }},
		{name: "a proxy that passes nothing", want: "✗ the proxy does not pass /function/stripe-webhook on", spoil: func(_ *testing.T, w *world) { w.proxied = nil }},
		{name: "a proxy that passes the gateway's API", want: "✗ the proxy passes /system/info on to the gateway", spoil: func(_ *testing.T, w *world) { w.proxied = append(w.proxied, "/system/info") }},
		{name: "a proxy that passes send-email", want: "✗ the proxy passes calls of send-email on to the gateway", spoil: func(_ *testing.T, w *world) { w.proxied = append(w.proxied, "/function/send-email") }},
		{name: "an open port", want: "✗ open to the world on 127.0.0.1 are the ports ", spoil: func(t *testing.T, w *world) {
			address := serve(t, &w.gateway)
			w.options.Ports = append(w.options.Ports, address[strings.LastIndex(address, ":")+1:])
		}},
		{name: "a server whose clock is wrong", want: "✗ the gateway's clock and Stripe's are 3m", spoil: func(_ *testing.T, w *world) { w.gateway.ahead = 3*time.Minute + 20*time.Second }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			if tt.spoil != nil {
				tt.spoil(t, w)
			}
			if tt.endpoints == nil {
				tt.endpoints = register{right()}
			}
			lines := w.report(t, tt.endpoints)
			var wrongs []string
			for _, line := range lines {
				if strings.HasPrefix(line, "✗") {
					wrongs = append(wrongs, line)
				}
			}
			if len(wrongs) != 1 || !strings.Contains(wrongs[0], tt.want) {
				t.Errorf("want %q alone; it says\n%s", tt.want, strings.Join(lines, "\n"))
			}
		})
	}
}

// TestNotChecked holds that what cannot be looked at is no fault, and is said.
func TestNotChecked(t *testing.T) {
	t.Parallel()

	for _, tt := range []struct {
		name  string
		spoil func(*world)
		want  string
	}{
		{"the functions' key, which is not here", func(w *world) { delete(w.env, "SEND_EMAIL_KEY") }, "– the functions' key and database: not checked: set SEND_EMAIL_KEY in .env, or make secrets"},
		{"the timer, right after a deployment", func(w *world) { w.gateway.woken, w.gateway.started = 0, 20*time.Second }, "– cron-connector: not checked: send-email was started 20s ago, and its time has not come yet"},
		{"the timer, with several replicas", func(w *world) { w.gateway.replicas = 2 }, "– cron-connector: not checked: each of several replicas"},
		{"the queue, of a version that knows no probe", func(w *world) { w.gateway.older = true }, "– the queue: not checked: the send-email that runs is older than this command"},
		{"no key here", func(w *world) { delete(w.env, "STRIPE_API_KEY") }, "– Stripe's key: not checked: set STRIPE_API_KEY in the environment or in .env"},
		{"what needs a key that is not here", func(w *world) { delete(w.env, "STRIPE_API_KEY") }, "– the webhook endpoint: not checked: first, Stripe's key"},
		{"endpoints, with the functions' key alone", func(w *world) { delete(w.env, "STRIPE_SETUP_KEY") },
			"– the webhook endpoint: not checked: the key may not read Webhook Endpoints; STRIPE_SETUP_KEY may be one that may"},
		{"the sender, with the functions' key alone", func(w *world) { delete(w.env, "SENDGRID_SETUP_KEY") }, "– the sender: not checked: the key may not read it"},
		{"SendGrid's events, with the functions' key alone", func(w *world) { delete(w.env, "SENDGRID_SETUP_KEY") }, "– SendGrid's events: not checked: the key may not read them"},
		{"SendGrid's events, where they are not used", func(w *world) { w.hook = nil }, "– SendGrid's events: not checked: they are not used, since sendgrid_webhook_key in settings.yml is empty"},
		{"the templates, with the functions' key alone", func(w *world) { delete(w.env, "SENDGRID_SETUP_KEY") }, "– the templates: not checked: the key may not read them"},
		{"the architecture", func(w *world) { w.gateway.arch = "" }, "– the images' architecture: not checked: the gateway does not say"},
		{"products where there are none", func(w *world) { w.account.Products, w.account.PaymentLinks = nil, nil }, "– the products: not checked: the Stripe account has none that is active"},
		{"the space", func(w *world) { w.options.DatabaseMB = 0 }, "not checked: the database does not say how much there is"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			tt.spoil(w)
			lines := w.report(t, register{right()})
			said := slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "–") && strings.Contains(l, tt.want) })
			if all := strings.Join(lines, "\n"); !said || strings.Contains(all, "✗") {
				t.Errorf("want %q and nothing wrong; it says\n%s", tt.want, all)
			}
		})
	}
}

// TestNamed holds that a product may be named in each way that the catalogue has.
func TestNamed(t *testing.T) {
	t.Parallel()

	byMetadata := product("prod_new")
	byMetadata["metadata"] = map[string]any{"series": "ebook"}
	linkMetadata := link("plink_2", "prod_new")
	linkMetadata["metadata"] = map[string]any{"series": "ebook"}
	inactive := product("prod_new")
	inactive["active"] = false
	for name, change := range map[string]func(*world){
		"by its metadata": func(w *world) { w.account.Products = append(w.account.Products, byMetadata) },
		"by the metadata of its only link": func(w *world) {
			w.account.Products = append(w.account.Products, product("prod_new"))
			w.account.PaymentLinks = append(w.account.PaymentLinks, linkMetadata)
		},
		"not at all, while it is not for sale": func(w *world) { w.account.Products = append(w.account.Products, inactive) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			w := newWorld(t)
			w.account.Products = []stripe.Object{product("prod_ebook")}
			change(w)
			if all := strings.Join(w.report(t, register{right()}), "\n"); strings.Contains(all, "✗") {
				t.Errorf("it says\n%s", all)
			}
		})
	}
}

// TestProductByHalfItsLinks: a product is named where each link that sells it is.
func TestProductByHalfItsLinks(t *testing.T) {
	t.Parallel()

	named := link("plink_2", "prod_new")
	named["metadata"] = map[string]any{"series": "ebook"}
	w := newWorld(t)
	w.account.Products = append(w.account.Products, product("prod_new"))
	w.account.PaymentLinks = append(w.account.PaymentLinks, named, link("plink_3", "prod_new"))
	all := strings.Join(w.report(t, register{right()}), "\n")
	for _, want := range []string{"names the product prod_new (Thing):", "names the payment link plink_3 (https"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in\n%s", want, all)
		}
	}
}

// TestNoDefault: where the e-mails of every order are all that a product gets, no series has to
// name it.
func TestNoDefault(t *testing.T) {
	t.Parallel()

	w := newWorld(t)
	w.account.Products = append(w.account.Products, product("prod_new"))
	w.write(t, "send-email/catalogue.yml", strings.NewReplacer("default:\n  emails", "every_order:\n  emails", "unknown_product: receipt, ", "").Replace(catalogue))
	all := strings.Join(w.report(t, register{right()}), "\n")
	if want := "✓ the e-mails of every order go to the buyers of each of 2 active products"; strings.Contains(all, "✗") || !strings.Contains(all, want) {
		t.Errorf("want %q, and nothing wrong; it says\n%s", want, all)
	}
}

// write has a file be there that the world would write otherwise.
func (w *world) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// insert puts a document of some size among the orders.
func (w *world) insert(t *testing.T, text string) {
	t.Helper()
	client, err := mongodb.Connect(w.uri(t), "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Database("tillbell").Collection(mongodb.Collection).InsertOne(t.Context(), bson.M{"_id": "cs_1", "text": text}); err != nil {
		t.Fatal(err)
	}
}

// index makes the index as send-email does.
func (w *world) index(t *testing.T) {
	t.Helper()
	client, err := mongodb.Connect(w.uri(t), "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := mongodb.NewStore(client, "tillbell").EnsureIndexes(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// uri is the database's, which it starts.
func (w *world) uri(t *testing.T) string {
	t.Helper()
	if w.env["MONGODB_URI"] == "" {
		w.env["MONGODB_URI"] = fmt.Sprintf("mongodb://%s", mongodtest.Start(t, w.database))
	}
	return w.env["MONGODB_URI"]
}
