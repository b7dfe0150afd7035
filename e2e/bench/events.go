package bench

import (
	"bytes"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76/webhook"

	"handler/function/internal/sample"
	"handler/function/shared/shop"
)

// paid is the event that all are copies of: a session that is completed and paid.
const paid = "completed_paid"

// maker makes events, each of a session of its own.
type maker struct {
	template       shop.Purchase
	session, event []byte
}

func newMaker() (*maker, error) {
	event, err := sample.Event(paid)
	if err != nil {
		return nil, err
	}
	items, err := sample.LineItems(paid)
	if err != nil {
		return nil, err
	}
	p, err := shop.NewPurchase(event, items, time.Now())
	return &maker{p, []byte(p.Session), []byte(p.Event)}, err
}

// purchase is another one; it has the first one's date.
func (m *maker) purchase() shop.Purchase {
	p := m.template
	p.Session, p.Event = "cs_test_"+rand.Text(), "evt_"+rand.Text()
	p.Body = bytes.ReplaceAll(bytes.ReplaceAll(p.Body, m.session, []byte(p.Session)), m.event, []byte(p.Event))
	return p
}

// signed are requests with events that are signed now, and the sessions' IDs.
func (m *maker) signed(t target, secret string, n int) (requests [][]byte, sessions []string, err error) {
	for range n {
		p := m.purchase()
		s := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: p.Body, Secret: secret, Timestamp: time.Now()})
		r, err := t.request(p.Body, http.Header{"Stripe-Signature": {s.Header}})
		if err != nil {
			return nil, nil, err
		}
		requests, sessions = append(requests, r), append(sessions, p.Session)
	}
	return requests, sessions, nil
}

// forged are requests that cost the most that a forger can have of a header: one of the right form
// and time, so that the secret is read and the body is hashed.
func (m *maker) forged(t target, n int) ([][]byte, error) {
	s := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: m.template.Body, Secret: "whsec_guessed", Timestamp: time.Now()})
	r, err := t.request(m.template.Body, http.Header{"Stripe-Signature": {s.Header}})
	return repeated(r, n), err
}

// invented is a secret that begins as Stripe's and SendGrid's do.
func invented(prefix string) string { return prefix + strings.ToLower(rand.Text()) }
