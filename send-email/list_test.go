package function

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/commands"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/view"
)

// shelve puts copies of an order into the store, each made the given time before the clock and
// changed, and named by what it is.
func (b *bench) shelve(t *testing.T, id, of string, ago time.Duration, change func(*order.Order)) {
	t.Helper()
	placed := b.place(t, of)
	o := b.memory.orders[placed].Clone()
	delete(b.memory.orders, placed)
	o.ID, o.CreatedAt, o.NextDueAt = id, b.clock.Add(-ago), nil
	if o.Fetch.DoneAt = b.clock; o.Settled() {
		o.PaidAt = o.CreatedAt
	}
	o.Plans = map[order.Reason]time.Time{order.ForPaid: b.clock}
	if change != nil {
		change(o)
	}
	b.memory.orders[id] = o
}

// asked is the answer to a call, which must be good.
func asked[T any](t *testing.T, b *bench, body string) T {
	t.Helper()
	var answer T
	res := b.invoke(body)
	if err := json.Unmarshal(res.Body, &answer); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", body, res.StatusCode, res.Body)
	}
	return answer
}

func ids(list commands.OrderList) []string {
	all := []string{}
	for _, r := range list.Orders {
		all = append(all, r.ID)
	}
	return all
}

func TestOrdersSinceADayOfTheShops(t *testing.T) {
	t.Parallel()

	b := withCatalogue(t, sample.SmallCatalogue+"\ntime_zone: Europe/Berlin\n")
	b.shelve(t, "cs_of_it", "completed_paid", 13*time.Hour, nil) // 23:00 UTC: midnight of the 24th
	b.shelve(t, "cs_before", "completed_paid", 13*time.Hour+time.Millisecond, nil)
	for since, want := range map[string][]string{
		"2024-11-24": {"cs_of_it"}, "2024-11-23T23:00:00Z": {"cs_of_it"}, "2024-11-24T00:00:00+01:00": {"cs_of_it"}, "2024-11-23": {"cs_of_it", "cs_before"},
	} {
		list := asked[commands.OrderList](t, b, `{"orders": {"since": "`+since+`"}}`)
		if d := cmp.Diff(want, ids(list)); d != "" || list.TimeZone != "Europe/Berlin" {
			t.Errorf("since %s, in %s (-want +got):\n%s", since, list.TimeZone, d)
		}
	}
	if s := asked[view.Summary](t, b, `{"summary": true}`); s.Test[0].Orders != 1 || s.TimeZone != "Europe/Berlin" {
		t.Errorf("today %+v in %s", s.Test[0], s.TimeZone)
	}
	if o := asked[view.Order](t, b, `{"order": "cs_of_it"}`); o.TimeZone != "Europe/Berlin" {
		t.Errorf("an order in %q", o.TimeZone)
	}
}

func TestOrders(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	b.shelve(t, "cs_done", "completed_paid", time.Hour, func(o *order.Order) {
		o.Items = []order.Item{{Description: "The E-Book", Product: "prod_ebook", Price: "price_ebook"}}
	})
	b.shelve(t, "cs_stuck", "completed_paid", 2*time.Hour, func(o *order.Order) {
		due := b.clock.Add(-view.Patience - time.Millisecond)
		o.Emails = map[string]order.Delivery{"a/b": {State: order.Retry, DueAt: due}}
		o.NextDueAt = &due
	})
	b.shelve(t, "cs_failed", "completed_paid", 3*time.Hour, func(o *order.Order) {
		o.Emails = map[string]order.Delivery{"a/b": {State: order.Failed}}
		o.CustomerEmail = "Joan@Example.com"
		o.Emails["a/b/again-0"] = order.Delivery{Email: order.Email{Audience: order.Other, To: []order.Address{{Email: "Joan@work.example"}}}, State: order.Sent}
		o.Emails["a/sale"] = order.Delivery{Email: order.Email{Audience: order.Admins, To: []order.Address{{Email: "owner@example.com"}}}, State: order.Sent}
	})
	b.shelve(t, "cs_unpaid", "completed_unpaid", 24*time.Hour, nil)
	b.shelve(t, "cs_ahead", "completed_paid", -time.Minute, nil) // by a clock that is

	for _, c := range []struct {
		arguments string
		want      []string
	}{
		{`{}`, []string{"cs_ahead", "cs_done", "cs_stuck", "cs_failed", "cs_unpaid"}},
		{`{"state": "stuck"}`, []string{"cs_stuck"}},
		{`{"state": "failed"}`, []string{"cs_failed"}},
		{`{"state": "unpaid"}`, []string{"cs_unpaid"}},
		{`{"state": "done"}`, []string{"cs_ahead", "cs_done"}},
		{`{"state": "waiting"}`, []string{}},
		{`{"since": "` + b.clock.Add(-2*time.Hour).Format(time.RFC3339) + `"}`, []string{"cs_ahead", "cs_done", "cs_stuck"}},
		{`{"before": "` + b.clock.Add(-2*time.Hour).Format(time.RFC3339) + `"}`, []string{"cs_failed", "cs_unpaid"}},
		{`{"email": "jOAN@example.COM"}`, []string{"cs_failed"}},
		{`{"email": "joan@example.co"}`, []string{}},
		{`{"email": "joan@work.example"}`, []string{"cs_failed"}},
		{`{"email": "owner@example.com"}`, []string{}},
		{`{"product": "prod_ebook"}`, []string{"cs_done"}},
		{`{"product": "price_ebook"}`, []string{"cs_done"}},
		{`{"product": "e-book"}`, []string{"cs_done"}},
		{`{"product": "ebook"}`, []string{}},
		{`{"state": "done", "product": "book", "email": "ada@example.com", "limit": 1}`, []string{"cs_done"}},
	} {
		if d := cmp.Diff(c.want, ids(asked[commands.OrderList](t, b, `{"orders": `+c.arguments+`}`))); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.arguments, d)
		}
	}

	t.Run("go into a log by their number only", func(t *testing.T) {
		t.Parallel()

		mustLog(t, b, `"msg":"orders listed"`)
		if log := strings.ToLower(b.logged.String()); strings.Contains(log, "joan") || strings.Contains(log, "ada@") {
			t.Errorf("the log says %s", log)
		}
	})
}

func mustLog(t *testing.T, b *bench, want string) {
	t.Helper()
	if !strings.Contains(b.logged.String(), want) {
		t.Errorf("no %s in %s", want, b.logged)
	}
}

func TestOrdersInPages(t *testing.T) {
	t.Parallel()

	t.Run("come once each, also those of one millisecond", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		for i := range 23 {
			b.shelve(t, fmt.Sprintf("cs_%02d", i), "completed_paid", time.Duration(i/7)*time.Millisecond, nil)
		}
		for _, limit := range []int{1, 4, 7, 22, 23} {
			seen, next, calls := map[string]int{}, "", 0
			for calls = 1; ; calls++ {
				list := asked[commands.OrderList](t, b, fmt.Sprintf(`{"orders": {"limit": %d, "before": %q}}`, limit, next))
				for _, id := range ids(list) {
					seen[id]++
				}
				if next = list.Next; next == "" || calls > 30 {
					break
				}
				if len(list.Orders) != limit {
					t.Errorf("%d orders in a page of %d", len(list.Orders), limit)
				}
			}
			if want := (23 + limit - 1) / limit; len(seen) != 23 || calls != want {
				t.Errorf("limit %d: %d orders in %d calls, want %d", limit, len(seen), calls, want)
			}
			for id, n := range seen {
				if n != 1 {
					t.Errorf("limit %d: %s came %d times", limit, id, n)
				}
			}
		}
	})

	t.Run("end after a time, where few of many are asked for", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		for i := range 10 {
			b.shelve(t, fmt.Sprintf("cs_%d", i), "completed_paid", time.Duration(i)*time.Hour, nil)
		}
		began := b.clock
		b.now = func() time.Time { b.clock = b.clock.Add(4 * time.Second); return b.clock }
		list := asked[commands.OrderList](t, b, `{"orders": {"state": "failed"}}`)
		if want := began.Add(-2*time.Hour).Format(time.RFC3339) + "/cs_2"; list.Next != want || len(list.Orders) != 0 {
			t.Errorf("got %+v, want to go on at %s", list, want)
		}
	})

	t.Run("end after a number, and have all in the end", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.shelve(t, "cs_one", "completed_paid", 9*time.Hour, func(o *order.Order) { o.CustomerEmail = "grace@example.com" })
		for i := range 2*commands.MaxLooked + 1 {
			o := b.memory.orders["cs_one"].Clone()
			o.ID, o.CreatedAt, o.CustomerEmail = fmt.Sprintf("cs_%d", i), b.clock.Add(-time.Duration(i)*time.Second), ""
			b.memory.orders[o.ID] = o
		}
		list, calls := commands.OrderList{}, 0
		for calls = 1; calls == 1 || list.Next != ""; calls++ {
			list = asked[commands.OrderList](t, b, fmt.Sprintf(`{"orders": {"email": "grace@example.com", "before": %q}}`, list.Next))
		}
		if d := cmp.Diff([]string{"cs_one"}, ids(list)); d != "" || calls-1 != 3 {
			t.Errorf("%d calls (-want +got):\n%s", calls-1, d)
		}
	})
}

func TestOrdersRefused(t *testing.T) {
	t.Parallel()

	for arguments, want := range map[string]string{
		`{"state": "lost"}`:      "orders.state: want " + strings.Join(view.StateNames(), ", "),
		`{"since": "yesterday"}`: "orders.since: want a day such as 2026-11-01, or a time such as 2026-11-01T00:00:00Z",
		`{"limit": -1}`:          "orders.limit: want 1 to 500",
		`{"limit": 501}`:         "orders.limit: want 1 to 500",
		`{"before": "cs_1"}`:     "orders.before: want the next of an earlier answer, or a time such as 2026-11-01T00:00:00Z",
		`{"before": "2026-11-24T12:00:00Z/ada@example.com"}`: "orders.before: want the next of an earlier answer, or a time such as 2026-11-01T00:00:00Z",
		`{"email": "joan"}`: "orders.email: want an e-mail address without a name",
		`{"limit": "all"}`:  "orders.limit: want a whole number",
		`{"order": "asc"}`:  "orders: want no arguments but state, since, email, product, limit, before",
	} {
		t.Run(arguments, func(t *testing.T) {
			t.Parallel()

			b := setUp(t)
			res := b.invoke(`{"orders": ` + arguments + `}`)
			var body map[string]string
			if err := json.Unmarshal(res.Body, &body); err != nil || res.StatusCode != http.StatusBadRequest || body["error"] != want {
				t.Errorf("got %d %s", res.StatusCode, res.Body)
			}
			if b.memory.calls != 0 {
				t.Errorf("%d calls of the database", b.memory.calls)
			}
		})
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	b.sendOrder(t, id)

	t.Run("is answered whole", func(t *testing.T) {
		t.Parallel()

		v := asked[view.Order](t, b, `{"order": "`+id+`"}`)
		if v.ID != id || v.State != view.Done || len(v.Emails) != 2 || len(v.Items) != 1 || len(v.Events) != 1 || len(v.Timeline) < 6 {
			t.Errorf("got %+v", v)
		}
		mustLog(t, b, `"msg":"order shown"`)
	})

	t.Run("is 404 where there is none", func(t *testing.T) {
		t.Parallel()

		if res := b.invoke(`{"order": "cs_none"}`); res.StatusCode != http.StatusNotFound {
			t.Errorf("got %d %s", res.StatusCode, res.Body)
		}
	})

}

// An unreachable database is named as such: no sweep answers the call.
func TestReadingWithoutADatabase(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	b.memory.loadFunc = func(string) error { return errors.New("connection refused by mongodb://user:password@host") }
	b.memory.walkErr = b.memory.loadFunc("")
	calls := []string{
		`{"order": "cs_1"}`, `{"orders": {}}`, `{"summary": true}`, `{"export": {"email": "ada@example.com"}}`, `{"export": {"order": "cs_1"}}`,
		b.dated("forget", `{"email": "ada@example.com"}`), b.dated("forget", `{"order": "cs_1"}`),
	}
	for i, body := range append(calls, calls...) {
		if i == len(calls) { // nor is its name known
			b.store = func() (Store, error) { return nil, b.memory.walkErr }
		}
		res := b.invoke(body)
		if got := strings.TrimSpace(string(res.Body)); res.StatusCode != http.StatusServiceUnavailable || got != `{"error":"the database does not answer; ask again"}` {
			t.Errorf("%s: %d %s", body, res.StatusCode, got)
		}
	}
}

// What an owner asks for is not done by a sweep, and may have been done though the answer was lost.
func TestChangingWithoutADatabase(t *testing.T) {
	t.Parallel()

	b := reporting(t, "")
	b.memory.updateFunc = func(string) error { return errors.New("connection refused by mongodb://user:password@host") }
	b.memory.loadFunc = b.memory.updateFunc
	for _, body := range []string{b.dated("resend", `{"order":"cs_1","reason":"x"}`), `{"report": true}`} {
		res := b.invoke(body)
		if got := string(res.Body); res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(got, "it may not be done; look before you ask again") {
			t.Errorf("%s: %d %s", body, res.StatusCode, got)
		}
	}
	if res := b.invoke(`{"id": "cs_1"}`); !strings.Contains(string(res.Body), "the sweep will try again") {
		t.Errorf("an order's e-mails: %d %s", res.StatusCode, res.Body)
	}
}
