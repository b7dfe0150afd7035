package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"
	"go.mongodb.org/mongo-driver/v2/bson"

	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
)

// TestRefused sends what must be refused to both functions, through the gateway, and looks for a
// trace of it in the database.
func TestRefused(t *testing.T) {
	s := running(t)
	session := newSession()
	paid := s.play(t, session, "completed_paid")[0]
	signed := func(body []byte, secret string, at time.Time) http.Header {
		p := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: at})
		return http.Header{"Stripe-Signature": {p.Header}}
	}
	secret, now := s.env["WEBHOOK_SECRET"], time.Now()
	setup := []byte(strings.Replace(string(paid), `"mode": "payment"`, `"mode": "setup"`, 1))
	other := renamed(t, "completed_paid", session, "evt_other")
	other = []byte(strings.Replace(string(other), `"type": "checkout.session.completed"`, `"type": "checkout.session.expired"`, 1))
	big := make([]byte, 1<<20+1)
	invalid := answer{400, `{"error":"invalid signature"}`}
	webhookURL, sendEmailURL := s.env["WEBHOOK_URL"], s.env["GATEWAY_URL"]+"/function/send-email"
	id := []byte(`{"id":"` + session + `"}`)

	before := s.orders(t)
	for name, c := range map[string]struct {
		method, url string
		header      http.Header
		body        []byte
		want        answer
	}{
		"no signature":          {"POST", webhookURL, nil, paid, invalid},
		"a wrong signature":     {"POST", webhookURL, signed(paid, "whsec_wrong", now), paid, invalid},
		"an empty secret's":     {"POST", webhookURL, signed(paid, "", now), paid, invalid},
		"a stale signature":     {"POST", webhookURL, signed(paid, secret, now.Add(-time.Hour)), paid, invalid},
		"a future signature":    {"POST", webhookURL, signed(paid, secret, now.Add(time.Hour)), paid, invalid},
		"an unreadable body":    {"POST", webhookURL, signed([]byte("{"), secret, now), []byte("{"), answer{400, `{"error":"not a Stripe event"}`}},
		"a GET":                 {"GET", webhookURL, nil, nil, answer{405, `{"error":"only POST"}`}},
		"over 1 MiB":            {"POST", webhookURL, signed(big, secret, now), big, answer{413, ""}},
		"a kind not handled":    {"POST", webhookURL, signed(other, secret, now), other, answer{200, `{"ignored":"events of this type are not handled"}`}},
		"setup mode":            {"POST", webhookURL, signed(setup, secret, now), setup, answer{200, `{"ignored":"a session in setup mode sells nothing"}`}},
		"send-email, unsigned":  {"POST", sendEmailURL, nil, id, invalid},
		"send-email, wrong key": {"POST", sendEmailURL, http.Header{openfaas.SignatureHeader: {openfaas.Sign(id, "wrong")}}, id, invalid},
		"send-email, woken":     {"POST", sendEmailURL, nil, nil, answer{204, ""}},
	} {
		got := call(t, c.method, c.url, c.header, c.body)
		if got.status != c.want.status || (c.want.body != "" && got.body != c.want.body) {
			t.Errorf("%s: got %d %s, want %d %s", name, got.status, got.body, c.want.status, c.want.body)
		}
	}
	if after := s.orders(t); after != before {
		t.Errorf("%d orders were stored", after-before)
	}
	if a := s.sendEmail(t, string(id)); a.status != http.StatusNotFound {
		t.Errorf("the refused session: %d %s, want 404", a.status, a.body)
	}
}

func (s *system) orders(t *testing.T) int64 {
	t.Helper()
	n, err := s.client.Database(s.env["MONGODB_DATABASE"]).Collection(mongodb.Collection).CountDocuments(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestMisconfigured takes each secret away from the running system, or spoils it, and puts it back:
// a clear line in the answer while it is wrong, and no restart needed when it is right again.
func TestMisconfigured(t *testing.T) {
	s := running(t)
	session := newSession()
	paid := s.play(t, session, "completed_paid")[0]
	if a := s.deliver(t, paid); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.settledWith(t, session, 2)
	id := `{"id":"` + session + `"}`
	owing := newSession()
	event := renamed(t, "completed_paid", owing, "evt_"+strings.TrimPrefix(owing, "cs_test_"))
	for _, c := range []struct {
		secret, spoiled, want string
		call                  func() answer
	}{
		{"stripe-webhook-secret", "sk_oops", "secret stripe-webhook-secret does not start with whsec_", func() answer { return s.deliver(t, paid) }},
		{"mongodb-uri", "postgres://x", "secret mongodb-uri does not start with mongodb:// or mongodb+srv://", func() answer { return s.deliver(t, paid) }},
		{"mongodb-uri", "mongodb://a:p@ss@", "secret mongodb-uri: not a connection string that the MongoDB driver understands", func() answer { return s.deliver(t, paid) }},
		{"send-email-key", "\n", "secret send-email-key is empty", func() answer { return s.sendEmail(t, id) }},
		{"mongodb-uri", "x", "secret mongodb-uri does not start with", func() answer { return s.sendEmail(t, id) }},
		{"stripe-api-key", "oops", "secret stripe-api-key does not start with rk_ or sk_", func() answer {
			s.deliver(t, event)
			return s.sendEmail(t, `{"id":"`+owing+`"}`)
		}},
	} {
		good := s.secret(t, c.secret)
		s.setSecret(t, c.secret, c.spoiled)
		if a := c.call(); a.status != 503 || !strings.Contains(a.body, c.want) {
			t.Errorf("%s: got %d %s, want 503 and %q", c.secret, a.status, a.body, c.want)
		}
		s.setSecret(t, c.secret, good)
		if a := s.deliver(t, paid); a.status != 200 {
			t.Errorf("%s: put back, %d %s", c.secret, a.status, a.body)
		}
		if a := s.sendEmail(t, id); a.status != 200 {
			t.Errorf("%s: put back, %d %s", c.secret, a.status, a.body)
		}
	}
}
