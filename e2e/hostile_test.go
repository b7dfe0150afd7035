package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// TestHostile sends what nobody should to the running functions, signed and not. What is signed and
// can be read is stored as it came, read back as the same, and worked off; all else is refused and
// leaves no trace.
func TestHostile(t *testing.T) {
	s := running(t)
	list, err := sample.LineItems("completed_paid")
	if err != nil {
		t.Fatal(err)
	}
	var stored []string
	for what, body := range sample.Hostile() {
		session := newSession()
		event := "evt_" + strings.TrimPrefix(session, "cs_test_")
		body := []byte(strings.NewReplacer("cs_1", session, "cs_2", session+"2", "evt_1", event).Replace(string(body)))
		s.setLineItems(t, session, list)
		s.setLineItems(t, session+"2", list)

		a := call(t, http.MethodPost, s.env["WEBHOOK_URL"], http.Header{"Stripe-Signature": {forgedSignature()}}, body)
		if a.status != http.StatusBadRequest || !strings.Contains(a.body, "invalid signature") {
			t.Errorf("%s, forged: %d %s", what, a.status, a.body)
		}
		header := http.Header{openfaas.SignatureHeader: {openfaas.Sign(body, s.env["SEND_EMAIL_KEY"])}}
		if a := call(t, http.MethodPost, s.env["GATEWAY_URL"]+"/function/send-email", header, body); a.status != http.StatusBadRequest && a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s, to send-email: %d %s", what, a.status, a.body)
		}
		if _, err := s.store.Load(t.Context(), session); err == nil {
			t.Errorf("%s has an order before it was signed", what)
		}

		a = s.deliver(t, body)
		want, err := order.ParseEvent(body, time.Time{})
		if err != nil {
			if a.status != http.StatusBadRequest {
				t.Errorf("%s cannot be read, and is answered %d %s", what, a.status, a.body)
			}
			continue
		}
		id, facts, err := want.Session()
		if err != nil || a.status != http.StatusOK {
			t.Errorf("%s can be read (%v), and is answered %d %s", what, err, a.status, a.body)
			continue
		}
		o, err := s.store.Load(t.Context(), id)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if o.Events[want.ID].Payload != string(body) {
			t.Errorf("%s: what is stored is not what came", what)
		}
		if facts.Settled() { // one event alone does not say when
			facts.PaidAt = want.Created
		}
		if d := cmp.Diff(facts, o.Facts, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(order.Facts{})); d != "" {
			t.Errorf("%s is read back as another order (-want +got):\n%.2000s", what, d)
		}
		stored = append(stored, id)
	}
	if len(stored) < 5 {
		t.Errorf("only %d could be read", len(stored))
	}
	for _, id := range stored {
		s.settled(t, id)
	}
	s.drained(t)
}
