package function

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
	"github.com/stripe/stripe-go/v76/webhook"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// FuzzSignature: no header gets a body any further but one that holds the body's own signature and
// a time that is near, and every header that Stripe would make does. In a header, TIME and
// SIGNATURE stand for what is right at the given distance from now; STALE for a signature of one
// second before.
func FuzzSignature(f *testing.F) {
	sample := body(f, "completed_paid")
	for _, header := range []string{
		"t=TIME,v1=SIGNATURE", "t=TIME,v1=SIGNATURE,v0=00", "v1=SIGNATURE,t=TIME", "t=TIME,v1=STALE,v1=SIGNATURE", "t=TIME,v1=STALE",
		"t=TIME,v0=SIGNATURE", "t=TIME", "v1=SIGNATURE", "t=TIME,v1=", "t=TIME,v1", "t=1,t=TIME,v1=SIGNATURE", "t=TIME,t=1,v1=SIGNATURE",
		"t=TIME, v1=SIGNATURE", "t=+TIME,v1=SIGNATURE", "T=TIME,V1=SIGNATURE", "t=9223372036854775807,v1=SIGNATURE", "t=-9223372036854775808,v1=SIGNATURE",
		"t=18446744073709551616,v1=SIGNATURE", "t=TIME,v1=SIGNATURE\x00", "\xff", ",,,=,==", "", strings.Repeat("v1=SIGNATURE,", 15) + "t=TIME",
		"t=TIME,v1=SIGNATURE" + strings.Repeat(",v1=00", 400),
	} {
		f.Add(header, sample, int64(0))
		f.Add(header, []byte{}, int64(-299))
	}
	f.Add("t=TIME,v1=SIGNATURE", sample, int64(400))
	f.Add("t=TIME,v1=SIGNATURE", sample, int64(-400))
	f.Add("t=TIME,v1=SIGNATURE", make([]byte, maxBody+1), int64(0))
	f.Fuzz(func(t *testing.T, header string, body []byte, seconds int64) {
		seconds %= 1 << 30
		at := time.Now().Add(time.Duration(seconds) * time.Second)
		sum := func(at time.Time) string { return hex.EncodeToString(webhook.ComputeSignature(at, body, secret)) }
		right, plain := sum(at), header == "t=TIME,v1=SIGNATURE"
		header = strings.NewReplacer(
			"TIME", strconv.FormatInt(at.Unix(), 10), "SIGNATURE", right, "STALE", sum(at.Add(-time.Second)),
		).Replace(header)

		b := setUp(t)
		res := b.Receive(forged(header, body))
		answered(t, b, body, res)
		// A body that is signed gets an answer of another kind, were it only that it is no event.
		passed := len(body) <= maxBody && !strings.Contains(string(res.Body), "invalid signature")
		edge := int64(tolerance/time.Second) + 1
		near := -edge <= seconds && seconds <= edge
		// The time was looked at above: by now it may be over, on a machine that was busy in
		// between.
		if passed && (!near || !strings.Contains(header, right) || webhook.ValidatePayloadIgnoringTolerance(body, header, secret) != nil) {
			t.Errorf("%q passes for a signature made %d s from now", header, seconds)
		}
		if well := -200 < seconds && seconds < 200 && len(body) <= maxBody; plain && well && !passed {
			t.Errorf("a signature of Stripe's is answered %d %s", res.StatusCode, res.Body)
		}
		if !passed && len(b.recorded)+len(b.invoked) > 0 {
			t.Errorf("%q made %d writes and %d calls", header, len(b.recorded), len(b.invoked))
		}
	})
}

// FuzzReceive: whatever is signed gets a documented answer that holds none of it, and is stored as
// it came or not at all. The log has IDs and states only.
func FuzzReceive(f *testing.F) {
	for _, name := range sample.Names() {
		f.Add(body(f, name))
	}
	hostile := sample.Hostile()
	for _, what := range slices.Sorted(maps.Keys(hostile)) {
		if len(hostile[what]) < 10_000 {
			f.Add(hostile[what])
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b := setUp(t)
		b.chargeFunc = func(e order.Event) (string, bool, error) {
			if c, err := e.Charge(); err != nil || c.PaymentIntent == "" {
				return "", false, order.ErrNotFound
			}
			return "cs_paid", true, nil
		}
		answered(t, b, body, b.Receive(signed(body, secret, time.Now())))
		if res := b.Receive(signed(body, "whsec_other", time.Now())); res.StatusCode != http.StatusBadRequest && len(body) <= maxBody {
			t.Errorf("signed with another secret it is answered %d %s", res.StatusCode, res.Body)
		}
		for _, word := range personal(body) {
			if strings.Contains(b.log.String(), word) {
				t.Errorf("the log holds %q:\n%s", word, b.log.String())
			}
		}
	})
}

// answered fails where an answer is none of docs/operations.md's, or is not what was done.
func answered(t *testing.T, b *bench, body []byte, res handler.Response) {
	t.Helper()
	known := map[string]int{
		`{"error":"invalid signature"}`:                               http.StatusBadRequest,
		`{"error":"not a Stripe event"}`:                              http.StatusBadRequest,
		`{"error":"the body is over 1 MiB"}`:                          http.StatusRequestEntityTooLarge,
		`{"ignored":"events of this type are not handled"}`:           http.StatusOK,
		`{"ignored":"a session in setup mode sells nothing"}`:         http.StatusOK,
		`{"ignored":"test events are not accepted here"}`:             http.StatusOK,
		`{"ignored":"no order has this payment"}`:                     http.StatusOK,
		`{"ignored":"charge.refunded says what went back"}`:           http.StatusOK,
		`{"error":"the event could not be stored; try again"}`:        http.StatusServiceUnavailable,
		`{"ignored":"the events of its session say that it is paid"}`: http.StatusOK,
	}
	if status, ok := known[strings.TrimSpace(string(res.Body))]; ok {
		if status != res.StatusCode || len(b.recorded)+len(b.invoked) > 0 {
			t.Errorf("%d %s, with %d writes and %d calls", res.StatusCode, res.Body, len(b.recorded), len(b.invoked))
		}
		return
	}
	var out stored
	if err := json.Unmarshal(res.Body, &out); err != nil || res.StatusCode != http.StatusOK || !order.ValidID(out.ID) || !out.Queued {
		t.Errorf("an unknown answer: %d %s", res.StatusCode, res.Body)
	}
	if len(b.payloads) != 1 || b.payloads[0] != string(body) {
		t.Errorf("what was stored is not what came: %q", b.payloads)
	}
	news := "id"
	if env, _ := order.ParseEnvelope(body); order.OfCharge(env.Type) {
		news = "charge"
	}
	if want := []string{fmt.Sprintf(`send-email {"%s":"%s"}`, news, out.ID)}; !slices.Equal(b.invoked, want) {
		t.Errorf("calls %q, want %q", b.invoked, want)
	}
}

// personal is what an event says of its buyer, where that is long enough not to be in the log by
// chance.
func personal(body []byte) []string {
	e, err := order.ParseEvent(body, time.Now())
	if err != nil {
		return nil
	}
	id, facts, _ := e.Session()
	logged := `level=INFO msg="event stored" call_id="" order= event= event_type= new=true payment_status= queued=true duration=` + e.ID + e.Type + id + string(facts.PaymentStatus)
	words := []string{facts.CustomerName, facts.CustomerEmail, facts.ClientReferenceID}
	for _, p := range facts.Metadata {
		words = append(words, p.Key, p.Value)
	}
	return slices.DeleteFunc(words, func(w string) bool {
		return len(w) < 8 || strings.Contains(logged, w)
	})
}
