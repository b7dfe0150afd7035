package function

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	handler "github.com/openfaas/templates-sdk/go-http"
	"golang.org/x/time/rate"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// listed is a Stripe that lists what it is given, a few at a time.
type listed struct {
	// events of sessions, events of charges, captures, and sessions are the newest first.
	events, charges, captures, sessions []string
	pageSize                            int
	// answer, where it is set, is given in place of a list.
	answer func(w http.ResponseWriter)
	// before, where it is set, is called at each question.
	before func()
	// asked are the questions but those about charges and captures, of which the former are counted.
	asked        []url.Values
	askedCharges int
}

func (l *listed) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	query := r.URL.Query()
	if slices.Contains(query["types[]"], order.ChargeRefunded) {
		l.askedCharges++
		l.page(w, l.charges, query)
		return w.Result(), nil
	}
	if slices.Contains(query["types[]"], order.PaymentSucceeded) {
		l.page(w, l.captures, query)
		return w.Result(), nil
	}
	l.asked = append(l.asked, query)
	if l.before != nil {
		l.before()
	}
	switch {
	case l.answer != nil:
		l.answer(w)
	case r.URL.Path == "/v1/events":
		l.page(w, l.events, query)
	case r.URL.Path == "/v1/checkout/sessions":
		l.page(w, l.sessions, query)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
	return w.Result(), nil
}

func (l *listed) page(w http.ResponseWriter, all []string, query url.Values) {
	if after := query.Get("starting_after"); after != "" {
		i := slices.IndexFunc(all, func(o string) bool { return strings.Contains(o, `"`+after+`"`) })
		all = all[i+1:]
	}
	limit, _ := strconv.Atoi(query.Get("limit"))
	n := min(len(all), limit, l.pageSize)
	fmt.Fprintf(w, `{"object":"list","has_more":%t,"data":[%s]}`, n < len(all), strings.Join(all[:n], ","))
}

// stripe gives the bench a Stripe, and a store that keeps what is recorded.
func (b *bench) stripe(l *listed) *listed {
	l.pageSize = max(l.pageSize, 2)
	b.Stripe = NewStripe("https://stripe.invalid", l, func() (string, error) { return "rk_test_1", nil })
	b.Stripe.turn.SetLimit(rate.Inf)
	b.Random = func() float64 { return 0.5 }
	b.known = map[string]*order.Order{}
	b.recordFunc = func(e order.Event) (bool, error) {
		id, _, err := e.Session()
		if err != nil {
			return false, err
		}
		if b.known[id] == nil {
			b.known[id], err = order.New(e, time.Now())
			return err == nil, err
		}
		return b.known[id].Add(e, time.Now())
	}
	return l
}

// saleAt is an event of a sample, as Stripe's API lists it, of the nth sale.
func saleAt(t *testing.T, name string, n int) string {
	t.Helper()
	text := strings.TrimSpace(string(body(t, name)))
	e, err := order.ParseEvent([]byte(text), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	session, _, _ := e.Session()
	return strings.NewReplacer(e.ID, fmt.Sprintf("evt_%d", n), session, fmt.Sprintf("cs_test_%d", n)).Replace(text)
}

// sessionAt is the Checkout Session of such an event.
func sessionAt(t *testing.T, name string, n int) string {
	t.Helper()
	var e struct {
		Data struct {
			Object json.RawMessage `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(saleAt(t, name, n)), &e); err != nil {
		t.Fatal(err)
	}
	return string(e.Data.Object)
}

func signedByOwner(body, key string) handler.Request {
	return handler.Request{Method: http.MethodPost, Body: []byte(body), Header: http.Header{openfaas.SignatureHeader: {openfaas.Sign([]byte(body), key)}}}
}

// reconcileSince is the body of a call that was made at a time.
func reconcileSince(since, at time.Time, more string) string {
	return fmt.Sprintf(`{"reconcile": {"since": %q%s}, "at": %q}`, since.Format(time.RFC3339), more, at.Format(time.RFC3339))
}

// ask makes a call of the owner's, and gives its answer.
func (b *bench) ask(t *testing.T, since time.Duration, more string) tally {
	t.Helper()
	res := b.Receive(signedByOwner(reconcileSince(time.Now().Add(-since), time.Now(), more), ownersKey))
	var done tally
	if err := json.Unmarshal(res.Body, &done); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("got %d %s", res.StatusCode, res.Body)
	}
	return done
}

const threeDays = 72 * time.Hour

func TestReconcile(t *testing.T) {
	t.Parallel()

	t.Run("stores what the webhook did not bring, as Stripe lists it, and hands it on", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		l := b.stripe(&listed{})
		for n := range 5 {
			l.events = append(l.events, saleAt(t, "completed_paid", n))
		}
		b.Receive(signed([]byte(l.events[2]), secret, time.Now()))

		done := b.ask(t, threeDays, "")
		if done.Seen != 5 || done.Known != 1 || done.Recorded != 4 || done.Next != "" || len(done.Missing) != 4 {
			t.Errorf("%+v", done)
		}
		if d := cmp.Diff([]string{l.events[2], l.events[0], l.events[1], l.events[3], l.events[4]}, b.payloads); d != "" {
			t.Errorf("payloads (-want +got):\n%s", d)
		}
		if len(b.invoked) != 5 || b.invoked[4] != `send-email {"id":"cs_test_4"}` {
			t.Errorf("calls %q", b.invoked)
		}
		if e := b.events[1]; e.Found != order.FoundByOwner || e.Deliveries != 0 {
			t.Errorf("found by %q, delivered %d times", e.Found, e.Deliveries)
		}
		if b.events[0].Found != "" {
			t.Error("what the webhook brought is marked as found")
		}
		if len(l.asked) != 3 || b.knownAsked != 3 {
			t.Errorf("%d questions to Stripe and %d to the database for 3 pages", len(l.asked), b.knownAsked)
		}
		want := url.Values{"limit": {"100"}, "created[gte]": l.asked[0]["created[gte]"], "types[]": order.HandledTypes()[:3], "starting_after": {"evt_1"}}
		if d := cmp.Diff(want, l.asked[1]); d != "" {
			t.Errorf("the second question (-want +got):\n%s", d)
		}
		if again := b.ask(t, threeDays, ""); again.Known != 5 || again.Recorded != 0 || len(b.recorded) != 5 {
			t.Errorf("again: %+v, recorded %v", again, b.recorded)
		}
	})

	t.Run("finds a capture by hand, and no payment of any other sale", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.stripe(&listed{events: []string{saleAt(t, "completed_unpaid", 1)}, captures: []string{
			strings.TrimSpace(string(body(t, "payment_captured"))), strings.TrimSpace(string(body(t, "payment_intent_succeeded"))),
		}})
		b.payments = map[string]string{"pi_000000000000000000000003": "cs_test_1"}
		b.chargeFunc = func(e order.Event) (string, bool, error) {
			added, err := b.known["cs_test_1"].Add(e, time.Now())
			return "cs_test_1", added, err
		}
		done := b.ask(t, threeDays, "")
		if done.Seen != 3 || done.Recorded != 2 || done.Ignored != 1 || done.Missing[1].PaymentStatus != order.Paid {
			t.Errorf("%+v", done)
		}
		if o := b.known["cs_test_1"]; o.PaymentStatus != order.Paid {
			t.Errorf("the order is %s", o.PaymentStatus)
		}
		if again := b.ask(t, threeDays, ""); again.Known != 2 || again.Recorded != 0 {
			t.Errorf("again: %+v", again)
		}
	})

	t.Run("finds the order of a refund by its payment, after what makes orders", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		refund := strings.TrimSpace(string(body(t, "charge_refunded")))
		l := b.stripe(&listed{events: []string{saleAt(t, "completed_paid", 1)}, charges: []string{
			strings.NewReplacer("pi_000000000000000000000001", "pi_other", "evt_100000000000000000000009", "evt_other").Replace(refund), refund,
		}})
		b.payments = map[string]string{"pi_000000000000000000000001": "cs_test_1"}
		b.chargeFunc = func(e order.Event) (string, bool, error) {
			added, err := b.known["cs_test_1"].Add(e, time.Now())
			return "cs_test_1", added, err
		}
		if done := b.ask(t, threeDays, `, "dry_run": true`); done.Recorded != 2 || len(b.recorded) > 0 {
			t.Errorf("a dry run: %+v, recorded %v", done, b.recorded)
		}
		done := b.ask(t, threeDays, "")
		if done.Seen != 3 || done.Recorded != 2 || done.Ignored != 1 || done.Malformed != 0 {
			t.Errorf("%+v", done)
		}
		if d := cmp.Diff([]string{"evt_1", "evt_100000000000000000000009"}, b.recorded); d != "" {
			t.Errorf("recorded (-want +got):\n%s", d)
		}
		if m := done.Missing[1]; m.Order != "cs_test_1" || m.AmountTotal != 4900 || m.Type != order.ChargeRefunded {
			t.Errorf("the refund: %+v", m)
		}
		if !b.known["cs_test_1"].RefundedWholly || b.known["cs_test_1"].Events["evt_100000000000000000000009"].Found != order.FoundByOwner {
			t.Errorf("the order: %+v", b.known["cs_test_1"].Reversal)
		}
		if again := b.ask(t, threeDays, ""); again.Known != 2 || again.Recorded != 0 || l.askedCharges != 3 {
			t.Errorf("again: %+v", again)
		}
		if b.paymentsAsked != 3 {
			t.Errorf("%d questions to the database about the payments of 3 pages", b.paymentsAsked)
		}
	})

	t.Run("writes nothing where it is only to show what is missing", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.stripe(&listed{events: []string{saleAt(t, "completed_paid", 1), saleAt(t, "completed_jpy", 2), saleAt(t, "completed_unpaid", 3)}})
		done := b.ask(t, threeDays, `, "dry_run": true`)
		if len(b.recorded)+len(b.invoked) > 0 {
			t.Errorf("recorded %v and called %v", b.recorded, b.invoked)
		}
		e, _ := order.ParseEvent(body(t, "completed_paid"), time.Now())
		want := missing{"cs_test_1", "evt_1", order.Completed, e.Created, order.Paid, 4900, "usd"}
		if done.Recorded != 3 || cmp.Diff(want, done.Missing[0]) != "" {
			t.Errorf("%+v, want first %+v", done, want)
		}
	})

	t.Run("reads as the webhook reads, and goes on after what it cannot read", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.AcceptTestEvents = false
		live := func(s string) string { return strings.ReplaceAll(s, `"livemode": false`, `"livemode": true`) }
		b.stripe(&listed{events: []string{
			saleAt(t, "completed_paid", 1), live(string(change([]byte(saleAt(t, "completed_paid", 2)), `"mode": "payment"`, `"mode": "setup"`))),
			live(`{"id":"evt_3","object":"event","type":"checkout.session.completed","created":1,"livemode": false,"data":{"object":{"object":"charge","id":"ch_1"}}}`),
			`{"id":"evt_4","object":"event"}`, live(saleAt(t, "completed_paid", 5)),
		}})
		done := b.ask(t, threeDays, "")
		if done.Seen != 5 || done.Ignored != 3 || done.Malformed != 1 || done.Recorded != 1 || !slices.Equal(b.recorded, []string{"evt_5"}) {
			t.Errorf("%+v, recorded %v", done, b.recorded)
		}
	})

	t.Run("asks for sessions where Stripe has no events any more", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		l := b.stripe(&listed{sessions: []string{
			sessionAt(t, "completed_paid", 1), sessionAt(t, "completed_paid", 2), sessionAt(t, "completed_unpaid", 3),
			strings.Replace(sessionAt(t, "completed_unpaid", 4), `"payment_status": "unpaid"`, `"payment_status": "paid"`, 1),
			sessionAt(t, "completed_unpaid", 5),
		}})
		b.Receive(signed([]byte(saleAt(t, "completed_paid", 2)), secret, time.Now()))
		b.Receive(signed([]byte(saleAt(t, "completed_unpaid", 4)), secret, time.Now()))
		b.Receive(signed([]byte(saleAt(t, "completed_unpaid", 5)), secret, time.Now()))

		done := b.ask(t, 90*24*time.Hour, "")
		if done.Seen != 5 || done.Known != 2 || done.Recorded != 3 {
			t.Errorf("%+v", done)
		}
		if d := cmp.Diff([]string{"evt_2", "evt_4", "evt_5", "evt_paid_cs_test_1", "evt_unpaid_cs_test_3", "evt_paid_cs_test_4"}, b.recorded); d != "" {
			t.Errorf("recorded (-want +got):\n%s", d)
		}
		if !b.known["cs_test_4"].Settled() || b.known["cs_test_3"].Settled() {
			t.Error("what was paid is not, or what was not is")
		}
		q := l.asked[1]
		since, _ := strconv.ParseInt(q.Get("created[gte]"), 10, 64)
		until, _ := strconv.ParseInt(q.Get("created[lt]"), 10, 64)
		days := func(at int64) int { return int(time.Since(time.Unix(at, 0)).Round(time.Hour).Hours() / 24) }
		if q.Get("status") != "complete" || days(since) != 91 || days(until) != 29 {
			t.Errorf("it asked for %v: from %d to %d days ago", q, days(since), days(until))
		}
		if again := b.ask(t, 90*24*time.Hour, ""); again.Known != 5 {
			t.Errorf("again: %+v", again)
		}
		l.asked = nil
		if b.ask(t, threeDays, ""); len(l.asked) != 1 {
			t.Errorf("of three days it asked %v", l.asked)
		}
	})

	t.Run("goes on from where it stopped, until all is done", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		l := b.stripe(&listed{pageSize: 3, sessions: []string{sessionAt(t, "completed_paid", 100)}})
		for n := range 10 {
			l.events = append(l.events, saleAt(t, "completed_paid", n))
		}
		calls, from := 0, ""
		for first := true; first || from != ""; first = false {
			calls++
			left := 4 // things more that it may begin
			done, err := b.find(t.Context(), b.Log, search{
				since: time.Now().Add(-90 * 24 * time.Hour), who: order.FoundByOwner,
				more: func() bool { left--; return left >= 0 },
			}, from)
			if err != nil || calls > 20 {
				t.Fatalf("call %d: %v", calls, err)
			}
			from = done.Next
		}
		if len(b.recorded) != 11 || calls < 3 {
			t.Errorf("after %d calls %v is recorded", calls, b.recorded)
		}
	})

	t.Run("comes to its end though each call has time for one thing only", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.stripe(&listed{events: []string{saleAt(t, "completed_paid", 1), saleAt(t, "completed_paid", 2)}})
		from := ""
		for range 2 {
			begun := false
			done, err := b.find(t.Context(), b.Log, search{since: time.Now(), more: func() bool { was := begun; begun = true; return !was }}, from)
			if err != nil {
				t.Fatal(err)
			}
			from = done.Next
		}
		if !slices.Equal(b.recorded, []string{"evt_1", "evt_2"}) {
			t.Errorf("recorded %v", b.recorded)
		}
	})

	t.Run("counts what the webhook brought meanwhile as known", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.stripe(&listed{events: []string{saleAt(t, "completed_paid", 1)}})
		b.recordFunc = func(order.Event) (bool, error) { return false, nil }
		if done := b.ask(t, threeDays, ""); done.Known != 1 || done.Recorded != 0 {
			t.Errorf("%+v", done)
		}
	})
}
