package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	"handler/function/local/process"
	"handler/function/local/sendgrid/description"
)

// TestMailsFitTheDescription holds every request that send-email made of every kind of purchase
// against SendGrid's own description of mail send.
func TestMailsFitTheDescription(t *testing.T) {
	s := running(t)
	schema := description.Body(description.Mail(), http.MethodPost, "/v3/mail/send")
	fits := func(body any) error {
		return schema.VisitJSON(body, openapi3.EnableJSONSchema2020(),
			openapi3.WithStringFormatValidator("email", openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForEmail)))
	}
	if fits(map[string]any{"from": map[string]any{"email": "a@example.com"}}) == nil {
		t.Fatal("the description finds nothing wrong in a mail to nobody")
	}
	for _, name := range []string{"completed_paid", "completed_two_products", "completed_jpy", "completed_no_payment_required"} {
		s.buy(t, name, 2)
	}
	session := newSession()
	for _, body := range s.play(t, session, "completed_unpaid", "async_payment_failed") {
		s.deliver(t, body)
	}
	s.settledWith(t, session, 1)
	messages := s.inbox(t)
	for _, m := range messages {
		var body any
		if err := json.Unmarshal(m.Request, &body); err != nil {
			t.Fatal(err)
		}
		if err := fits(body); err != nil {
			t.Errorf("%s: %v", m.ID, err)
		}
	}
	t.Logf("%d mails fit", len(messages))
}

// TestStripeAcceptsOurRequests has send-email fetch its line items from stripe-mock, which checks
// requests against Stripe's own description of its API.
func TestStripeAcceptsOurRequests(t *testing.T) {
	s := running(t)
	stripe := startStripeMock(t)

	secrets := secretsFolder(t, map[string]string{
		"mongodb-uri": s.env["MONGODB_URI"], "send-email-key": "k", "stripe-api-key": "sk_test_123", "sendgrid-api-key": s.secret(t, "sendgrid-api-key"),
	})
	handler := start(t, func(address string) process.Command {
		return process.Command{
			Path: s.handler(t, "send-email"),
			Env: append(os.Environ(), "handler_address="+address, "secret_mount_path="+secrets, "mongodb_database=stripe_mock",
				"stripe_api_base=http://"+stripe, "sendgrid_host="+s.env["SENDGRID_URL"], "template_ids=placeholder", "write_timeout=30s", "healthcheck_interval=0s"),
		}
	})

	store := mongodb.NewStore(s.client, "stripe_mock")
	session := newSession()
	if _, err := store.Record(t.Context(), eventOf(t, "completed_paid", session, "evt_mock")); err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"id":"` + session + `"}`)
	a := call(t, http.MethodPost, "http://"+handler, http.Header{openfaas.SignatureHeader: {openfaas.Sign(body, "k")}}, body)
	o, err := store.Load(t.Context(), session)
	if err != nil {
		t.Fatal(err)
	}
	if a.status != 200 || o.Fetch.DoneAt.IsZero() || len(o.Items) == 0 || o.Items[0].Price == "" || o.Items[0].ProductName == "" {
		t.Errorf("got %d %s; fetched %+v, items %+v", a.status, a.body, o.Fetch, o.Items)
	}
}

// TestStripeAcceptsTheSearch has stripe-webhook ask stripe-mock for events and sessions that its
// webhook did not bring.
func TestStripeAcceptsTheSearch(t *testing.T) {
	s := running(t)
	stripe := startStripeMock(t)
	secrets := secretsFolder(t, map[string]string{
		"mongodb-uri": s.env["MONGODB_URI"], "send-email-key": "k", "stripe-api-key": "sk_test_123", "stripe-webhook-secret": "whsec_1",
	})
	handler := start(t, func(address string) process.Command {
		return process.Command{
			Path: s.handler(t, "stripe-webhook"),
			Env: append(os.Environ(), "handler_address="+address, "secret_mount_path="+secrets, "mongodb_database=stripe_mock",
				"stripe_api_base=http://"+stripe, "catch_up_window=0", "healthcheck_interval=0s"),
		}
	})

	since := time.Now().AddDate(0, 0, -90).Format(time.RFC3339)
	for _, after := range []string{"", "checkout:evt_1", "sessions:cs_1"} {
		body := fmt.Appendf(nil, `{"reconcile": {"since": %q, "dry_run": true, "after": %q}, "at": %q}`, since, after, time.Now().Format(time.RFC3339))
		a := call(t, http.MethodPost, "http://"+handler, http.Header{openfaas.SignatureHeader: {openfaas.Sign(body, "k")}}, body)
		var done struct{ Seen int }
		if err := json.Unmarshal([]byte(a.body), &done); err != nil || a.status != http.StatusOK || done.Seen == 0 {
			t.Errorf("after %q: %d %s", after, a.status, a.body)
		}
	}
}

// handler is a function's binary as the laptop built it.
func (s *system) handler(t *testing.T, function string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(s.state, "images", "*"+function+"*", "handler"))
	if err != nil || len(found) != 1 {
		t.Fatalf("handlers of %s: %v, %v", function, found, err)
	}
	return found[0]
}

// secretsFolder holds secrets as the platform mounts them.
func secretsFolder(t *testing.T, secrets map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, value := range secrets {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// start runs a program on a free port, and gives its address. Another may take the port before the
// program does.
func start(t *testing.T, command func(address string) process.Command) string {
	t.Helper()
	var err error
	for range 5 {
		address := freeAddress(t)
		var p *process.Process
		if p, err = process.Start(command(address)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Stop(t.Context()) })
		if err = p.WaitListening(t.Context(), address); err == nil {
			return address
		}
	}
	t.Fatal(err)
	return ""
}

// startStripeMock gives the address of Stripe's own stand-in, which the system's first build has
// built.
func startStripeMock(t *testing.T) string {
	t.Helper()
	return start(t, func(address string) process.Command {
		return process.Command{
			Path: filepath.Join("..", ".local", "bin", "stripe-mock"), Args: []string{"-http-addr", address, "-https-addr", freeAddress(t)}, Env: os.Environ(),
		}
	})
}

func freeAddress(t *testing.T) string {
	t.Helper()
	a, err := process.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return a
}
