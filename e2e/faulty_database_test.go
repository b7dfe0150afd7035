package e2e

import (
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/FerretDB/wire/wirebson"
	handler "github.com/openfaas/templates-sdk/go-http"
	"github.com/stripe/stripe-go/v76/webhook"

	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	sendemail "handler/function/send-email"
	stripewebhook "handler/function/stripe-webhook"
)

// commandError and writeError are the two shapes in which a database refuses a write.
func commandError(code int32, name, message string) *wirebson.Document {
	return wirebson.MustDocument("ok", float64(0), "errmsg", message, "code", code, "codeName", name)
}

func writeError(code int32, message string) *wirebson.Document {
	return wirebson.MustDocument("ok", float64(1), "n", int32(0),
		"writeErrors", wirebson.MustArray(wirebson.MustDocument("index", int32(0), "code", code, "errmsg", message)))
}

// pair is both functions over one database, with what they log.
type pair struct {
	webhook func(handler.Request) handler.Response
	sender  func(handler.Request) handler.Response
	log     *syncBuffer
}

const (
	pairSecret = "whsec_pair"
	pairKey    = "the key of a pair"
)

// serve is a service that answers every call the same.
func serve(t *testing.T, status int, body string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// newPair wires them as their handlers do, to a database at a URI. Stripe knows of no line items,
// and SendGrid accepts all.
func newPair(t *testing.T, uri string) *pair {
	t.Helper()
	p := &pair{log: &syncBuffer{}}
	log := slog.New(slog.NewJSONHandler(p.log, nil))
	source := &mongodb.Source{URI: func() (string, error) { return uri, nil }, Database: "pair", AppName: "e2e"}
	keys := func() ([]string, error) { return []string{pairKey}, nil }
	stripe := serve(t, http.StatusOK, `{"object": "list", "url": "/v1/line_items", "has_more": false, "data": []}`)
	sendgrid := serve(t, http.StatusAccepted, "")
	endpoint := &stripewebhook.Endpoint{
		Secrets: func() ([]string, error) { return []string{pairSecret}, nil }, Keys: keys,
		Store: func() (stripewebhook.Recorder, error) { return source.Store() },
		Queue: openfaas.NewGateway("http://127.0.0.1:1", func() (string, error) { return pairKey, nil }), Random: rand.Float64, AcceptTestEvents: true, Log: log,
	}
	f, err := sendemail.New(sendemail.Parts{
		Keys: keys, Store: func() (sendemail.Store, error) { return source.Store() },
		Stripe:   sendemail.Service{URL: stripe, Key: func() (string, error) { return "rk_test_1", nil }},
		SendGrid: sendemail.Service{URL: sendgrid, Key: func() (string, error) { return "SG.a.b", nil }},
		Now:      func() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }, Random: rand.Float64, Log: log,
	}, []byte(pairCatalogue))
	if err != nil {
		t.Fatal(err)
	}
	p.webhook, p.sender = endpoint.Receive, f.Receive
	return p
}

const pairCatalogue = `from: {email: shop@example.com}
admins: [owner@example.com]
default: {emails: [{key: receipt, template: d-00000000000000000000000000000001, to: customer}]}
notices: {payment_failed: d-00000000000000000000000000000002, email_failed: d-00000000000000000000000000000002,
  unknown_product: d-00000000000000000000000000000002, items_missing: d-00000000000000000000000000000002}
`

// deliver has stripe-webhook take an event as Stripe sends it.
func (p *pair) deliver(e order.Event) handler.Response {
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: []byte(e.Payload), Secret: pairSecret, Timestamp: time.Now()})
	return p.webhook(handler.Request{Method: http.MethodPost, Body: []byte(e.Payload), Header: http.Header{"Stripe-Signature": {signed.Header}}})
}

// send has send-email bring an order as far as it can be brought.
func (p *pair) send(id string) handler.Response {
	body, _ := json.Marshal(map[string]string{"id": id})
	return p.call(body)
}

// call is a signed call of send-email.
func (p *pair) call(body []byte) handler.Response {
	return p.sender(handler.Request{Method: http.MethodPost, Body: body, Header: http.Header{openfaas.SignatureHeader: {openfaas.Sign(body, pairKey)}}})
}

// TestFaultyDatabase has a database refuse what the functions ask, in the words of MongoDB and of
// Atlas. Both functions answer 503 with what the owner is to change, and log it with the database's
// own message; and when it is changed, they go on.
func TestFaultyDatabase(t *testing.T) {
	t.Parallel()
	ownDatabase(t)

	const (
		quota  = "you are over your space quota, using 513 MB of 512 MB"
		action = "user is not allowed to do action [update] on [pair.orders]"
	)
	writes := []string{"insert", "update"}
	all := append(writes, "find")
	login := []string{"saslStart", "saslContinue"}
	for _, tt := range []struct {
		name    string
		reply   *wirebson.Document
		refuses []string
		user    string
		want    error
		logs    string
	}{
		{"Atlas's quota, as the command's error", commandError(8000, "AtlasError", quota), writes, "", mongodb.ErrFull, quota},
		{"Atlas's quota, as a write's error", writeError(8000, quota), writes, "", mongodb.ErrFull, quota},
		{"a permission that lacks at Atlas", commandError(8000, "AtlasError", action), writes, "", mongodb.ErrPermission, action},
		{"a permission that lacks", commandError(13, "Unauthorized", "not authorized on pair to execute command"), all, "", mongodb.ErrPermission, "not authorized on pair"},
		{"no user", commandError(13, "Unauthorized", "Command find requires authentication"), all, "", mongodb.ErrNoUser, "requires authentication"},
		{"a wrong password at Atlas", commandError(8000, "AtlasError", "bad auth : authentication failed"), login, "shop:wr0ng@", mongodb.ErrAuth, "bad auth"},
		{"a wrong password", commandError(18, "AuthenticationFailed", "Authentication failed."), login, "shop:wr0ng@", mongodb.ErrAuth, "Authentication failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			tap := tapped(t)
			well := newPair(t, tap.uri)
			if res := well.deliver(eventOf(t, "completed_no_payment_required", "cs_before", "evt_before")); res.StatusCode != http.StatusOK {
				t.Fatalf("before: %d %s", res.StatusCode, res.Body)
			}
			p := well
			if tt.user != "" { // with clients of their own, which have to log in
				p = newPair(t, strings.Replace(tap.uri, "://", "://"+tt.user, 1))
			}
			end := tap.refuse(tt.reply, tt.refuses...)
			e := eventOf(t, "completed_no_payment_required", "cs_while", "evt_while")
			p.refused(t, "stripe-webhook", p.deliver(e), tt.want, tt.logs)
			p.refused(t, "send-email", p.send("cs_before"), tt.want, tt.logs)
			end()
			if res := well.deliver(e); res.StatusCode != http.StatusOK {
				t.Errorf("stripe-webhook afterwards: %d %s", res.StatusCode, res.Body)
			}
			if res := well.send("cs_before"); res.StatusCode != http.StatusOK {
				t.Errorf("send-email afterwards: %d %s", res.StatusCode, res.Body)
			}
		})
	}
}

// refused checks an answer and the one line that was logged for it.
func (p *pair) refused(t *testing.T, function string, res handler.Response, want error, logs string) {
	t.Helper()
	var answer struct{ Error string }
	if err := json.Unmarshal(res.Body, &answer); err != nil || res.StatusCode != http.StatusServiceUnavailable || answer.Error != want.Error() {
		t.Errorf("%s answers %d %s, want 503 with %q", function, res.StatusCode, res.Body, want)
	}
	lines := strings.Split(strings.TrimSpace(p.log.String()), "\n")
	line := lines[len(lines)-1]
	for _, part := range []string{`"level":"ERROR"`, "the function cannot work as it is configured", want.Error(), logs} {
		if !strings.Contains(line, part) {
			t.Errorf("%s logs no %q: %s", function, part, line)
		}
	}
	if strings.Contains(line, "wr0ng") {
		t.Errorf("%s logs the password: %s", function, line)
	}
}
