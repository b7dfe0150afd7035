package home

import (
	"crypto/rand"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"handler/function/local/process"
	"handler/function/local/sendgrid"
	"handler/function/local/stripe"
	"handler/function/shared/shop"
	"handler/function/shared/stackfile"
)

const stripeWebhook, sendEmail = "stripe-webhook", "send-email"

// home is a shop's server without OpenFaaS, with what is across the internet from it.
type home struct {
	// root is the server's file system, as far as the units and Caddy look at it.
	root string
	// place puts the home's own folders and addresses in the place of those that the units name.
	place func(string) string

	database, webhook, mailer *service
	// public is what the world reaches, and owner the owner's listener.
	public, owner string
	key           string
	shop          *shop.Shop
}

// open starts a home, which ends with the test. The settings are laid over those of the tests.
func open(t *testing.T, settings map[string]string) *home {
	t.Helper()
	return openWith(t, nil, settings)
}

// openWith is open with some secrets of the test's own.
func openWith(t *testing.T, secrets, settings map[string]string) *home {
	t.Helper()
	caddy := findCaddy(t)
	h := &home{root: t.TempDir(), key: rand.Text()}
	addresses := map[string]string{}
	for _, server := range []string{"127.0.0.1:8080", "127.0.0.1:9081", "127.0.0.1:9082"} {
		addresses[server] = freeAddress(t)
	}
	h.place = placing(h.root, addresses)
	database := freeAddress(t)
	env := h.openAccounts(t)
	maps.Copy(env, map[string]string{
		"MONGODB_URI": "mongodb://" + database, "MONGODB_DATABASE": "tillbell",
		"WEBHOOK_SECRET": "whsec_" + rand.Text(), "SEND_EMAIL_KEY": h.key,
	})
	h.layOut(t, env, secrets, settings)
	h.database = &service{name: "mongod", address: database, pause: 300 * time.Millisecond, command: func() (process.Command, error) {
		return process.Command{Path: filepath.Join(programs, "local"), Args: []string{"mongod", "--dir", h.path("data"), "--address", database}}, nil
	}}
	h.database.begin(t, h.logFile("mongod"))
	h.mailer = h.function(t, sendEmail, addresses["127.0.0.1:9082"])
	h.webhook = h.function(t, stripeWebhook, addresses["127.0.0.1:9081"])
	h.startCaddy(t, caddy, addresses)
	env["GATEWAY_URL"], env["WEBHOOK_URL"] = h.owner, h.public+"/function/"+stripeWebhook
	var err error
	if h.shop, err = shop.Open(env); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.shop.Close)
	return h
}

// placing replaces a server's folder and addresses.
func placing(root string, addresses map[string]string) func(string) string {
	pairs := []string{"/opt/tillbell", filepath.Join(root, "opt/tillbell")}
	for server, here := range addresses {
		pairs = append(pairs, server, here)
	}
	return strings.NewReplacer(pairs...).Replace
}

// openAccounts serves what stands in for Stripe and SendGrid until the test ends.
func (h *home) openAccounts(t *testing.T) map[string]string {
	t.Helper()
	st, err := stripe.New(stripe.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sg, err := sendgrid.New(sendgrid.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sg.Close)
	serve := func(handler http.Handler) string {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		return server.URL
	}
	return map[string]string{"STRIPE_URL": serve(st.Handler()), "SENDGRID_URL": serve(sg.API()), "INBOX_URL": serve(sg.Inbox())}
}

// layOut writes what make up and make secrets write to a server.
func (h *home) layOut(t *testing.T, env, secrets, settings map[string]string) {
	t.Helper()
	all := testSettings(t)
	maps.Copy(all, map[string]string{"stripe_api_base": env["STRIPE_URL"], "sendgrid_host": env["SENDGRID_URL"], "template_ids": "placeholder"})
	maps.Copy(all, settings)
	var lines strings.Builder
	for k, v := range all {
		lines.WriteString(k + "=" + v + "\n")
	}
	write(t, h.path("settings.env"), lines.String())
	given := map[string]string{
		"stripe-webhook-secret": env["WEBHOOK_SECRET"], "stripe-api-key": "rk_test_" + rand.Text(), "mongodb-uri": env["MONGODB_URI"],
		"sendgrid-api-key": "SG." + rand.Text() + "." + rand.Text() + rand.Text(), "send-email-key": h.key, "alert-url": "none",
	}
	maps.Copy(given, secrets)
	for name, value := range given {
		write(t, h.path("secrets", name), value)
	}
	if err := os.Symlink(programs, h.path("current")); err != nil {
		t.Fatal(err)
	}
}

// testSettings are those of the tests' settings.yml.
func testSettings(t *testing.T) map[string]string {
	t.Helper()
	services, err := stackfile.Parse("stack.yml")
	if err != nil {
		t.Fatal(err)
	}
	f := services.Functions[sendEmail]
	f.Environment = nil // the unit has it
	services.Functions[sendEmail] = f
	if services, err = stackfile.WithSettings(services); err != nil {
		t.Fatal(err)
	}
	return services.Functions[sendEmail].Environment
}

// function starts one of both as its unit does.
func (h *home) function(t *testing.T, name, address string) *service {
	t.Helper()
	u, err := readUnit(filepath.Join("docs", "deploy", "systemd", "tillbell-"+name+".service"))
	if err != nil {
		t.Fatal(err)
	}
	s := &service{name: name, address: address, pause: u.pause, command: func() (process.Command, error) {
		return u.command(h.place, filepath.Join(h.root, "run/credentials", name))
	}}
	s.begin(t, h.logFile(name))
	return s
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := process.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// path is a file in the server's folder.
func (h *home) path(parts ...string) string {
	return filepath.Join(append([]string{h.root, "opt/tillbell"}, parts...)...)
}

func (h *home) logFile(name string) string { return filepath.Join(h.root, name+".log") }

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// env is what the home tells of itself, with its processes as they are now.
func (h *home) env() (map[string]string, error) {
	env := maps.Clone(h.shop.Env)
	for name, s := range map[string]*service{"STRIPE_WEBHOOK_PID": h.webhook, "SEND_EMAIL_PID": h.mailer, "MONGOD_PID": h.database} {
		env[name] = strconv.Itoa(s.current().PID())
	}
	return env, nil
}
