package function

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sendgrid/rest"

	"handler/function/internal/catalogue"
	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

func TestSweep(t *testing.T) {
	t.Parallel()

	t.Run("finds what was never dispatched, the oldest first", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.place(t, "completed_paid")
		if res := b.invoke(`{"sweep":true}`); strings.TrimSpace(string(res.Body)) != `{"orders":0,"errors":0}` {
			t.Errorf("within the queue's time: %s", res.Body)
		}
		b.clock = b.clock.Add(order.DispatchGrace)
		if res := b.invoke(`{"sweep":true}`); strings.TrimSpace(string(res.Body)) != `{"orders":1,"errors":0}` {
			t.Errorf("after it: %s", res.Body)
		}
		if d := cmp.Diff([]string{"ebook/delivery", "ebook/sale"}, b.sendgrid.sent()); d != "" {
			t.Errorf("sent (-want +got):\n%s", d)
		}
	})

	t.Run("is not held up by orders that break it", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_paid")
		good := b.memory.orders[id]
		early := b.clock.Add(-overdue / 2)
		for i := range 2*batch + 1 {
			broken := *good
			broken.ID, broken.NextDueAt = fmt.Sprintf("cs_broken%d", i), &early
			b.memory.orders[broken.ID] = &broken
		}
		b.memory.loadFunc = func(id string) error {
			switch {
			case !strings.HasPrefix(id, "cs_broken"):
				return nil
			case strings.HasSuffix(id, "7"):
				panic("on purpose")
			}
			return fmt.Errorf("cannot read %s", id)
		}
		b.clock = b.clock.Add(time.Minute)
		want := fmt.Sprintf(`{"orders":%d,"errors":%d}`, 2*batch+2, 2*batch+1)
		if res := b.invoke(`{"sweep":true}`); strings.TrimSpace(string(res.Body)) != want {
			t.Errorf("got %s, want %s", res.Body, want)
		}
		if n := len(b.sendgrid.sent()); n != 2 {
			t.Errorf("%d mails of the good order, want 2", n)
		}
	})
}

// A missing key is said once in a sweep, whatever is due, and paces it like a call.
func TestSweepWithoutAKey(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	for i := range 20 {
		o := *b.memory.orders[id]
		o.ID = fmt.Sprintf("cs_%d", i)
		b.memory.orders[o.ID] = &o
	}
	b.items = newStripeItems(Service{URL: "http://127.0.0.1:1", Key: func() (string, error) { return openfaas.Secrets{Dir: t.TempDir()}.First("stripe-api-key") }})
	b.clock = b.clock.Add(time.Minute)
	if res := b.invoke(`{"sweep":true}`); strings.TrimSpace(string(res.Body)) != `{"orders":21,"errors":21}` {
		t.Errorf("got %s", res.Body)
	}
	if n := strings.Count(b.logged.String(), "secret stripe-api-key is missing"); n != 1 {
		t.Errorf("said %d times: %s", n, b.logged)
	}
}

// What is wrong with the whole database ends a sweep at the first orders that meet it.
func TestSweepOfAFullDatabase(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	for i := range 20 {
		o := *b.memory.orders[id]
		o.ID = fmt.Sprintf("cs_%d", i)
		b.memory.orders[o.ID] = &o
	}
	var writes atomic.Int64
	b.memory.updateFunc = func(string) error {
		writes.Add(1)
		return fmt.Errorf("%w: using 513 MB of 512 MB", mongodb.ErrFull)
	}
	b.clock = b.clock.Add(time.Minute)
	res := b.invoke(`{"sweep":true}`)
	if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(res.Body), mongodb.ErrFull.Error()) || writes.Load() > sweepers {
		t.Errorf("got %d %s after %d writes", res.StatusCode, res.Body, writes.Load())
	}
	if n := strings.Count(b.logged.String(), "using 513 MB of 512 MB"); n != 1 {
		t.Errorf("logged %d times: %s", n, b.logged)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		header, value string
		want          time.Duration
	}{
		"seconds":            {"Retry-After", "90", 90 * time.Second},
		"a date":             {"Retry-After", "Tue, 24 Nov 2026 12:01:00 GMT", time.Minute},
		"a date that passed": {"Retry-After", "Tue, 24 Nov 2026 11:00:00 GMT", 0},
		"SendGrid's reset":   {"X-RateLimit-Reset", fmt.Sprint(now.Add(30 * time.Second).Unix()), 30 * time.Second},
		"a reset that was":   {"X-RateLimit-Reset", fmt.Sprint(now.Add(-time.Second).Unix()), 0},
		"nonsense":           {"Retry-After", "soon", 0},
		"nothing":            {"X-Other", "1", 0},
	} {
		for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
			header := http.Header{}
			header.Set(c.header, c.value)
			r := resultOf(&rest.Response{StatusCode: status, Headers: header}, now)
			if r.RetryAfter != c.want || r.Permanent {
				t.Errorf("%d with %s: after %v, permanent %v; want %v", status, name, r.RetryAfter, r.Permanent, c.want)
			}
		}
	}
}

func TestAlarm(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		set  []time.Duration
		want time.Duration
	}{
		"the interval, if nothing is set":    {nil, time.Minute},
		"the earliest":                       {[]time.Duration{30 * time.Second, 10 * time.Second, 20 * time.Second}, 10 * time.Second},
		"the interval, if all else is later": {[]time.Duration{time.Hour}, time.Minute},
		"a pause at least":                   {[]time.Duration{-time.Hour}, minPause},
		"what comes after any number":        {append(slices.Repeat([]time.Duration{48 * time.Hour}, 1000), 5*time.Second), 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				a := newAlarm()
				began := time.Now()
				for _, d := range c.set {
					at := began.Add(d)
					a.set(&at)
				}
				a.set(nil)
				a.wait(t.Context(), time.Now, time.Minute)
				if got := time.Since(began); got != c.want {
					t.Errorf("woke after %v, want %v", got, c.want)
				}
				again := time.Now()
				a.wait(t.Context(), time.Now, time.Minute)
				if got := time.Since(again); got != time.Minute {
					t.Errorf("woke again after %v, with nothing set", got)
				}
			})
		})
	}
}

func TestItemsThatSomebodyElseFetched(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	b.stripe.status = http.StatusBadGateway
	stale, err := b.memory.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	b.stripe.status = 0
	b.sendOrder(t, id)
	b.stripe.status = http.StatusNotFound
	v := &visit{log: b.log, orders: b.memory, order: stale, pace: b.unpaced(), until: noDeadline, tried: map[string]bool{}}
	if err := b.advance(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if o := b.memory.orders[id]; o.Fetch.Attempts != 0 || o.NextDueAt != nil {
		t.Errorf("a late failure changed the order: %+v, due %v", o.Fetch, o.NextDueAt)
	}
}

func TestWhatStripeAnswersIsNotKept(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	for _, status := range []int{http.StatusBadGateway, http.StatusNotFound, http.StatusUnauthorized} {
		b.stripe.status = status
		b.sendOrder(t, id)
		b.clock = b.clock.Add(2 * time.Hour)
	}
	b.items = newStripeItems(Service{URL: serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte(`{"customer":"ada@example.com"}`))
	})), Key: func() (string, error) { return "rk_test_1", nil }})
	b.sendOrder(t, id)
	if kept := b.memory.orders[id].Fetch.LastError; strings.Contains(kept+b.logged.String(), "ada@") || kept == "" {
		t.Errorf("kept %q, log %s", kept, b.logged)
	}
}

func TestAcceptedThoughTheAnswerBrokeOff(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	b.sendgrid.answers = []func(http.ResponseWriter){func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", "100")
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte("x"))
	}}
	b.sendOrder(t, id)
	if d := b.memory.orders[id].Emails["ebook/delivery"]; d.State != order.Sent || d.Unsure {
		t.Errorf("got %+v, want it sent and sure", d)
	}
}

// An order that cannot be planned owes notices all the same, and a lease of theirs is taken over soon,
// however seldom this process sweeps.
func TestALeaseOfAnOrderThatCannotBePlanned(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	b.interval = 15 * time.Minute
	b.items = newStripeItems(Service{Key: func() (string, error) { return "", openfaas.NewMisconfigured("secret stripe-api-key is missing") }})
	id := b.place(t, "completed_paid")
	b.catalogue.OweNotice(b.memory.orders[id], catalogue.OrderOverdue, "", b.clock)
	key := catalogue.NoticeKey(catalogue.OrderOverdue)
	d := b.memory.orders[id].Emails[key]
	d.State, d.Lease, d.DueAt = order.Sending, "the dead", b.clock
	b.memory.orders[id].Emails[key] = d
	b.clock = b.clock.Add(order.DispatchGrace)
	for range 3 { // what is observed and reported at first wakes the sweep as well
		b.sweepOnce(t.Context())
		b.clock = b.clock.Add(b.interval)
	}
	b.alarm = newAlarm()
	b.sweepOnce(t.Context())
	if got := b.email(id, key); got.State != order.Sending || !b.alarm.at.Equal(b.clock) {
		t.Errorf("it is %s, and the next sweep is at %v", got.State, b.alarm.at)
	}
	b.clock = b.clock.Add(steadyAfter)
	if b.sweepOnce(t.Context()); b.email(id, key).State != order.Sent {
		t.Errorf("it is %s: %s", b.email(id, key).State, b.logged)
	}
}
