package function

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	handler "github.com/openfaas/templates-sdk/go-http"
	"github.com/stripe/stripe-go/v76/webhook"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/sample"
)

const (
	secret    = "whsec_test"
	ownersKey = "a key of the test"
)

// bench is an endpoint with all that it touches.
type bench struct {
	// recordUntil is the deadline of the last event's recording.
	recordUntil time.Time
	*Endpoint
	recordFunc func(order.Event) (bool, error)
	chargeFunc func(order.Event) (string, bool, error)
	invokeFunc func(ctx context.Context, function, body string) error
	// known is what the store holds; known is asked knownAsked times.
	known      map[string]*order.Order
	knownAsked int
	// payments are the orders, by their payment intents.
	payments      map[string]string
	paymentsAsked int
	// first and until are what the store keeps of the looks at Stripe, by modes; they are now where
	// they are not there.
	first, until map[string]time.Time
	recorded     []string
	charged      []string
	events       []order.Event
	payloads     []string
	invoked      []string
	// conditions is the document of that ID; nil while there is none.
	conditions *order.Order
	log        bytes.Buffer
}

func setUp(t testing.TB) *bench {
	t.Helper()
	b := &bench{
		recordFunc: func(order.Event) (bool, error) { return true, nil },
		chargeFunc: func(order.Event) (string, bool, error) { return "cs_paid", true, nil },
		invokeFunc: func(context.Context, string, string) error { return nil },
		first:      map[string]time.Time{},
		until:      map[string]time.Time{},
	}
	b.Endpoint = &Endpoint{
		Secrets:          func() ([]string, error) { return []string{secret}, nil },
		Keys:             func() ([]string, error) { return []string{ownersKey}, nil },
		Store:            func() (Recorder, error) { return b, nil },
		Queue:            b,
		AcceptTestEvents: true,
		Log:              slog.New(slog.NewTextHandler(&b.log, nil)),
	}
	return b
}

func (b *bench) Record(ctx context.Context, e order.Event) (bool, error) {
	b.recordUntil, _ = ctx.Deadline()
	b.recorded = append(b.recorded, e.ID)
	b.events = append(b.events, e)
	b.payloads = append(b.payloads, e.Payload)
	return b.recordFunc(e)
}

func (b *bench) RecordCharge(_ context.Context, e order.Event) (string, bool, error) {
	b.charged = append(b.charged, e.ID)
	id, added, err := b.chargeFunc(e)
	if err == nil {
		b.recorded = append(b.recorded, e.ID)
		b.payloads = append(b.payloads, e.Payload)
	}
	return id, added, err
}

func (b *bench) Known(_ context.Context, events map[string][]string) (map[string]*order.Order, error) {
	if len(events) > 0 { // of nothing the store knows without asking
		b.knownAsked++
	}
	return b.known, nil
}

func (b *bench) OfPayments(_ context.Context, paymentIntents []string) (map[string]string, error) {
	if len(paymentIntents) > 0 { // as with Known
		b.paymentsAsked++
	}
	return b.payments, nil
}

func (b *bench) Watched(_ context.Context, mode string, now time.Time) (since, until time.Time, err error) {
	if _, ok := b.first[mode]; !ok {
		b.first[mode], b.until[mode] = now, now
	}
	return b.first[mode], b.until[mode], nil
}

func (b *bench) WatchedUntil(_ context.Context, mode string, until time.Time) error {
	b.until[mode] = until
	return nil
}

func (b *bench) Load(context.Context, string) (*order.Order, error) {
	if b.conditions == nil {
		return nil, order.ErrNotFound
	}
	return b.conditions.Clone(), nil
}

func (b *bench) Create(_ context.Context, o *order.Order) (bool, error) {
	b.conditions = o.Clone()
	return true, nil
}

func (b *bench) UpdateFrom(_ context.Context, o *order.Order, change func(*order.Order) error) (*order.Order, error) {
	o = o.Clone()
	if err := change(o); err != nil {
		return nil, err
	}
	b.conditions = o
	return o, nil
}

func (b *bench) InvokeAsync(ctx context.Context, function string, body []byte) error {
	b.invoked = append(b.invoked, function+" "+string(body))
	return b.invokeFunc(ctx, function, string(body))
}

func body(t testing.TB, name string) []byte {
	t.Helper()
	b, err := sample.Event(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// signed is a POST as Stripe makes it.
func signed(body []byte, secret string, at time.Time) handler.Request {
	p := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: at})
	return handler.Request{Method: http.MethodPost, Body: body, Header: http.Header{"Stripe-Signature": {p.Header}}}
}

func change(body []byte, old, new string) []byte {
	return []byte(strings.Replace(string(body), old, new, 1))
}

func TestReceiveAnswers(t *testing.T) {
	t.Parallel()

	paid := body(t, "completed_paid")
	now := time.Now()
	const session = "cs_test_a100000000000000000000000000000000000000000000000000000001"
	const refused = `{"error":"invalid signature"}`
	const nonsense = `{"error":"not a Stripe event"}`
	for name, c := range map[string]struct {
		request  handler.Request
		status   int
		body     string
		recorded int
	}{
		"a paid session":                   {signed(paid, secret, now), 200, `{"id":"` + session + `","queued":true}`, 1},
		"an unpaid session":                {signed(body(t, "completed_unpaid"), secret, now), 200, `{"id":"` + strings.Replace(session, "01", "03", 1) + `","queued":true}`, 1},
		"a delayed payment that came":      {signed(body(t, "async_payment_succeeded"), secret, now), 200, `{"id":"` + strings.Replace(session, "01", "03", 1) + `","queued":true}`, 1},
		"a delayed payment that failed":    {signed(body(t, "async_payment_failed"), secret, now), 200, `{"id":"` + strings.Replace(session, "01", "03", 1) + `","queued":true}`, 1},
		"a refund":                         {signed(body(t, "charge_refunded"), secret, now), 200, `{"id":"cs_paid","queued":true}`, 1},
		"a refund of a part":               {signed(body(t, "charge_refunded_partly"), secret, now), 200, `{"id":"cs_paid","queued":true}`, 1},
		"a dispute":                        {signed(body(t, "charge_dispute_created"), secret, now), 200, `{"id":"cs_paid","queued":true}`, 1},
		"a refund of no charge":            {signed(change(body(t, "charge_refunded"), `"object": "charge"`, `"object": "refund"`), secret, now), 400, nonsense, 0},
		"a refund with another secret":     {signed(body(t, "charge_refunded"), "whsec_other", now), 400, refused, 0},
		"a refund that failed":             {signed(body(t, "refund_failed"), secret, now), 200, `{"id":"cs_paid","queued":true}`, 1},
		"a refund that stands":             {signed(change(body(t, "refund_failed"), `"status": "failed"`, `"status": "succeeded"`), secret, now), 200, `{"ignored":"charge.refunded says what went back"}`, 0},
		"a dispute that is won":            {signed(body(t, "dispute_won"), secret, now), 200, `{"id":"cs_paid","queued":true}`, 1},
		"a capture by hand":                {signed(body(t, "payment_captured"), secret, now), 200, `{"id":"cs_paid","queued":true}`, 1},
		"the payment of any sale":          {signed(body(t, "payment_intent_succeeded"), secret, now), 200, `{"ignored":"the events of its session say that it is paid"}`, 0},
		"a kind that is not handled":       {signed(change(paid, `"checkout.session.completed"`, `"checkout.session.expired"`), secret, now), 200, `{"ignored":"events of this type are not handled"}`, 0},
		"setup mode":                       {signed(change(paid, `"mode": "payment"`, `"mode": "setup"`), secret, now), 200, `{"ignored":"a session in setup mode sells nothing"}`, 0},
		"no signature":                     {handler.Request{Method: "POST", Body: paid, Header: http.Header{}}, 400, refused, 0},
		"no header at all":                 {handler.Request{Method: "POST", Body: paid}, 400, refused, 0},
		"another secret":                   {signed(paid, "whsec_other", now), 400, refused, 0},
		"an empty secret":                  {signed(paid, "", now), 400, refused, 0},
		"a signature of something else":    {handler.Request{Method: "POST", Body: change(paid, "4900", "1"), Header: signed(paid, secret, now).Header}, 400, refused, 0},
		"a signature too old":              {signed(paid, secret, now.Add(-tolerance-2*time.Second)), 400, refused, 0},
		"a signature from the future":      {signed(paid, secret, now.Add(tolerance+time.Minute)), 400, refused, 0},
		"a signature just within the past": {signed(paid, secret, now.Add(-tolerance+time.Minute)), 200, `{"id":"` + session + `","queued":true}`, 1},
		"a clock a little ahead":           {signed(paid, secret, now.Add(tolerance-time.Minute)), 200, `{"id":"` + session + `","queued":true}`, 1},
		"a signature that is nonsense":     {handler.Request{Method: "POST", Body: paid, Header: http.Header{"Stripe-Signature": {"t=x,v1=zz,,="}}}, 400, refused, 0},
		"a signature that is endless":      {handler.Request{Method: "POST", Body: paid, Header: http.Header{"Stripe-Signature": {signed(paid, secret, now).Header.Get("Stripe-Signature") + strings.Repeat(",v1=00", 1000)}}}, 400, refused, 0},
		"a thin event of another type":     {signed([]byte(thin("v2.core.account[requirements].updated")), secret, now), 200, `{"ignored":"` + errThin.Error() + `"}`, 0},
		"a thin event of a session":        {signed([]byte(thin("v1.checkout.session.completed")), secret, now), 400, `{"error":"` + errThin.Error() + `"}`, 0},
		"no JSON":                          {signed([]byte("hello"), secret, now), 400, nonsense, 0},
		"an empty body":                    {signed(nil, secret, now), 400, nonsense, 0},
		"no data":                          {signed([]byte(`{"id":"evt_1","object":"event","type":"checkout.session.completed"}`), secret, now), 400, nonsense, 0},
		"a GET":                            {handler.Request{Method: "GET"}, 405, `{"error":"only POST"}`, 0},
		"over 1 MiB":                       {signed(make([]byte, maxBody+1), secret, now), 413, `{"error":"the body is over 1 MiB"}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := setUp(t)
			res := b.Receive(c.request)
			if res.StatusCode != c.status || strings.TrimSpace(string(res.Body)) != c.body {
				t.Errorf("got %d %s, want %d %s", res.StatusCode, res.Body, c.status, c.body)
			}
			if len(b.recorded) != c.recorded || len(b.invoked) != c.recorded {
				t.Errorf("recorded %v and called %v, want %d of each", b.recorded, b.invoked, c.recorded)
			}
		})
	}
}

// thin is a thin event of a type.
func thin(eventType string) string {
	return `{"id":"evt_test_65","object":"v2.core.event","type":"` + eventType + `","livemode":false,"created":"2026-11-30T12:00:00.000Z",` +
		`"related_object":{"id":"acct_1","type":"v2.core.account","url":"/v2/core/accounts/acct_1"}}`
}

func TestThinEventsAreNamedInTheLog(t *testing.T) {
	t.Parallel()

	for eventType, want := range map[string]string{"v2.core.account[requirements].updated": "level=WARN", "v1.checkout.session.completed": "level=ERROR"} {
		b := setUp(t)
		b.Receive(signed([]byte(thin(eventType)), secret, time.Now()))
		for _, part := range []string{want, "event=evt_test_65 event_type=" + eventType, "snapshot payloads"} {
			if !strings.Contains(b.log.String(), part) {
				t.Errorf("%s: no %s in %s", eventType, part, b.log.String())
			}
		}
	}
}

// Checkout waits ten seconds for the answer.
func TestRecordingHasALimit(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		b := setUp(t)
		b.Receive(signed(body(t, "completed_paid"), secret, time.Now()))
		if left := time.Until(b.recordUntil); b.recordUntil.IsZero() || left > 6*time.Second {
			t.Errorf("recording may take %v, want 6 s at most", left)
		}
	})
}

func TestReceive(t *testing.T) {
	t.Parallel()

	t.Run("takes what any of the secrets signed", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.Secrets = func() ([]string, error) { return []string{"whsec_new", "whsec_old"}, nil }
		for _, s := range []string{"whsec_new", "whsec_old"} {
			if res := b.Receive(signed(body(t, "completed_paid"), s, time.Now())); res.StatusCode != 200 {
				t.Errorf("%s: %d %s", s, res.StatusCode, res.Body)
			}
		}
	})

	t.Run("refuses test events where they are not wanted, and takes live ones", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.AcceptTestEvents = false
		test := body(t, "completed_paid")
		res := b.Receive(signed(test, secret, time.Now()))
		if want := `{"ignored":"test events are not accepted here"}`; strings.TrimSpace(string(res.Body)) != want {
			t.Errorf("got %s, want %s", res.Body, want)
		}
		live := []byte(strings.ReplaceAll(string(test), `"livemode": false`, `"livemode": true`))
		if res := b.Receive(signed(live, secret, time.Now())); res.StatusCode != 200 || len(b.recorded) != 1 {
			t.Errorf("a live event: %d %s, recorded %v", res.StatusCode, res.Body, b.recorded)
		}
	})

	t.Run("names what Stripe signed and it cannot read", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		res := b.Receive(signed(change(body(t, "completed_paid"), `"amount_total": 4900`, `"amount_total": "ada"`), secret, time.Now()))
		log := b.log.String()
		for _, want := range []string{"level=ERROR", "event=evt_", "event_type=checkout.session.completed", "status=400"} {
			if !strings.Contains(log, want) || strings.Contains(log, "ada") || res.StatusCode != http.StatusBadRequest {
				t.Errorf("answered %d; the log does not say %s:\n%s", res.StatusCode, want, log)
			}
		}
	})

	t.Run("acknowledges only what is stored", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.recordFunc = func(order.Event) (bool, error) { return false, errors.New("database away") }
		res := b.Receive(signed(body(t, "completed_paid"), secret, time.Now()))
		if res.StatusCode != http.StatusServiceUnavailable || len(b.invoked) != 0 {
			t.Errorf("got %d %s and calls %v, want 503 and none", res.StatusCode, res.Body, b.invoked)
		}
		if strings.Contains(string(res.Body), "away") {
			t.Errorf("the answer reveals internal facts: %s", res.Body)
		}
	})

	t.Run("acknowledges a redelivery, and hands it on again", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.recordFunc = func(order.Event) (bool, error) { return false, nil }
		if res := b.Receive(signed(body(t, "completed_paid"), secret, time.Now())); res.StatusCode != 200 || len(b.invoked) != 1 {
			t.Errorf("got %d, calls %v", res.StatusCode, b.invoked)
		}
	})

	t.Run("says so when the queue does not take it", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.invokeFunc = func(context.Context, string, string) error { return errors.New("no route") }
		res := b.Receive(signed(body(t, "completed_paid"), secret, time.Now()))
		if res.StatusCode != 200 || !strings.Contains(string(res.Body), `"queued":false`) {
			t.Errorf("got %d %s", res.StatusCode, res.Body)
		}
	})

	t.Run("gives the queue two seconds, however long Stripe would wait", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.invokeFunc = func(ctx context.Context, _, _ string) error {
			deadline, ok := ctx.Deadline()
			if left := time.Until(deadline); !ok || left > queueTimeout {
				t.Errorf("the queue may take %v, want at most %v", left, queueTimeout)
			}
			return nil
		}
		b.Receive(signed(body(t, "completed_paid"), secret, time.Now()))
	})

	t.Run("stores what Stripe said though it hung up", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		req := signed(body(t, "completed_paid"), secret, time.Now())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		req.WithContext(ctx)
		b.invokeFunc = func(ctx context.Context, _, _ string) error { return ctx.Err() }
		if res := b.Receive(req); res.StatusCode != 200 || !strings.Contains(string(res.Body), `"queued":true`) {
			t.Errorf("got %d %s", res.StatusCode, res.Body)
		}
	})

	t.Run("puts nothing but the ID into the queue", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.Receive(signed(body(t, "completed_paid"), secret, time.Now()))
		want := []string{`send-email {"id":"cs_test_a100000000000000000000000000000000000000000000000000000001"}`}
		if d := cmp.Diff(want, b.invoked); d != "" {
			t.Errorf("calls (-want +got):\n%s", d)
		}
	})

	t.Run("logs no name, no address, no secret", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.Receive(signed(body(t, "completed_paid"), secret, time.Now()))
		b.recordFunc = func(order.Event) (bool, error) { return false, errors.New("away") }
		b.Receive(signed(body(t, "completed_two_products"), secret, time.Now()))
		b.Receive(signed(body(t, "completed_two_products"), "whsec_wrong", time.Now()))
		for _, word := range []string{"Ada", "ada@", "José", "jose@", "whsec_", "v1="} {
			if strings.Contains(b.log.String(), word) {
				t.Errorf("the log holds %q:\n%s", word, b.log.String())
			}
		}
		if !strings.Contains(b.log.String(), "evt_100000000000000000000001") {
			t.Errorf("the log does not name the event:\n%s", b.log.String())
		}
	})
}

func TestMisconfigured(t *testing.T) {
	t.Parallel()

	mount := func(t *testing.T, secrets map[string]string) openfaas.Secrets {
		t.Helper()
		return openfaas.Secrets{Dir: writeSecrets(t, secrets)}
	}
	for name, c := range map[string]struct {
		secrets map[string]string
		want    string
	}{
		"a missing secret":   {nil, "secret stripe-webhook-secret is missing"},
		"an empty secret":    {map[string]string{"stripe-webhook-secret": "\n"}, "secret stripe-webhook-secret is empty"},
		"a malformed secret": {map[string]string{"stripe-webhook-secret": "sk_live_oops"}, "secret stripe-webhook-secret does not start with whsec_"},
		"only its beginning": {map[string]string{"stripe-webhook-secret": "whsec_"}, "secret stripe-webhook-secret does not start with whsec_"},
	} {
		t.Run(name+" stops the function", func(t *testing.T) {
			t.Parallel()

			b := setUp(t)
			s := mount(t, c.secrets)
			b.Secrets = func() ([]string, error) { return s.Lines("stripe-webhook-secret", "whsec_") }
			// stripe-go would take this one for signed.
			res := b.Receive(signed(body(t, "completed_paid"), "", time.Now()))
			if res.StatusCode != 503 || !strings.Contains(string(res.Body), c.want) || !strings.Contains(b.log.String(), c.want) {
				t.Errorf("got %d %s, log %s; want %q in both", res.StatusCode, res.Body, b.log.String(), c.want)
			}
			if strings.Contains(b.log.String(), "oops") || len(b.recorded) != 0 {
				t.Errorf("log %s, recorded %v", b.log.String(), b.recorded)
			}
		})
	}

	t.Run("a missing key of send-email is reported after the event is stored", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		s := mount(t, nil)
		b.Queue = openfaas.NewGateway("http://127.0.0.1:1", func() (string, error) { return s.First("send-email-key") })
		res := b.Receive(signed(body(t, "completed_paid"), secret, time.Now()))
		if res.StatusCode != 503 || !strings.Contains(string(res.Body), "secret send-email-key is missing") || len(b.recorded) != 1 {
			t.Errorf("got %d %s, recorded %v", res.StatusCode, res.Body, b.recorded)
		}
	})
}

func TestHandleNamesWrongSettings(t *testing.T) {
	t.Setenv("gateway_url", "gateway")
	t.Setenv("accept_test_events", "perhaps")
	e, err := newEndpoint()
	if err == nil || e.Log == nil {
		t.Fatalf("err %v, log %v", err, e.Log)
	}
	e.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	for _, want := range []string{"setting gateway_url", "setting accept_test_events"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
}
