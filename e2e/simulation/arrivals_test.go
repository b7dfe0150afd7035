package simulation

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
)

// eventsKey is that of the model's Event Webhook.
var eventsKey = newEventsKey()

type signingKey struct {
	private *ecdsa.PrivateKey
	public  string
}

func newEventsKey() signingKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	return signingKey{key, base64.StdEncoding.EncodeToString(der)}
}

func (k signingKey) call(body string) handler.Request {
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	sum := sha256.Sum256([]byte(timestamp + body))
	signature, err := ecdsa.SignASN1(rand.Reader, k.private, sum[:])
	if err != nil {
		panic(err)
	}
	return handler.Request{Method: http.MethodPost, Body: []byte(body), Header: http.Header{
		eventwebhook.VerificationHTTPHeader: {base64.StdEncoding.EncodeToString(signature)}, eventwebhook.TimestampHTTPHeader: {timestamp},
	}}
}

// tell has send-email told of a copy, each event after a time of its own, and again until it is
// acknowledged.
func (w *world) tell(delivery string, c *mailCopy) {
	id, _, _ := strings.Cut(delivery, "/")
	for _, kind := range []string{"processed", "delivered"} {
		body := fmt.Sprintf(`[{"event":"%s","email":"%s","timestamp":%d,"sg_message_id":"%s.x.0","order":"%s","delivery":"%s"}]`,
			kind, c.to, c.at.Unix(), c.message, id, delivery)
		after := w.between(time.Millisecond, time.Minute)
		if w.below(4) == 0 {
			after = w.between(time.Millisecond, time.Hour)
		}
		w.spawn(func() {
			for time.Sleep(after); ; time.Sleep(w.between(time.Second, time.Minute)) {
				h := w.hosts[w.webhooks+w.below(w.senders)]
				h.mu.Lock()
				closed := h.closed
				h.mu.Unlock()
				if closed {
					return
				}
				if p := h.current(); p != nil {
					if res, ok := p.call(eventsKey.call(body), time.Minute); ok && res.StatusCode == http.StatusOK {
						w.fault("event taken")
						return
					}
				}
			}
		})
	}
}

// TestSimulationOfArrivals is the simulation with SendGrid's events, which settle what is unsure:
// every rule holds as before, and what is known of arrivals is true.
func TestSimulationOfArrivals(t *testing.T) {
	t.Parallel()

	proven := 0
	for seed := range uint64(300) {
		w := simulate(t, seed, func(w *weather) { w.tells = true }, false)
		for _, what := range w.broken {
			t.Errorf("seed %d: %s", seed, what)
		}
		for delivery, copies := range w.sendgrid.copies {
			id, key, _ := strings.Cut(delivery, "/")
			o := w.database.get(id)
			if o == nil {
				continue
			}
			d := o.Emails[key]
			if d.Proven {
				proven++
			}
			if d.Copies() > len(copies) || d.Proven && len(copies) == 0 {
				t.Errorf("seed %d: %s was sent %d times, and knows of %d", seed, delivery, len(copies), d.Copies())
			}
		}
	}
	if proven == 0 {
		t.Error("no delivery was settled by an event")
	}
	t.Logf("%d deliveries were settled by events", proven)
}
