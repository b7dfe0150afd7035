package see_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/cmd/tillbell/screen"
	"handler/function/cmd/tillbell/see"
	"handler/function/internal/condition"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/view"
	"handler/function/shared/owner"
)

const key = "the-key"

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// bundle is a viewer of a gateway whose send-email gives one answer after another.
type bundle struct {
	see.Viewer
	shown *strings.Builder
	// asked are the bodies of the calls, without their times.
	asked []string
}

func setup(t *testing.T, answers ...any) *bundle {
	t.Helper()
	b := &bundle{shown: &strings.Builder{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/function/send-email" || !openfaas.Signed(body, r.Header.Get(openfaas.SignatureHeader), []string{key}) {
			t.Errorf("%s %s is not signed", r.URL.Path, body)
		}
		var call map[string]json.RawMessage
		if err := json.Unmarshal(body, &call); err != nil || len(answers) == 0 {
			t.Errorf("asked %s, %v", body, err)
			return
		}
		delete(call, "at")
		rest, _ := json.Marshal(call)
		b.asked = append(b.asked, string(rest))
		_ = json.NewEncoder(w).Encode(answers[0])
		answers = answers[1:]
	}))
	t.Cleanup(server.Close)
	b.Viewer = see.Viewer{Client: &owner.Client{Gateway: server.URL, Key: key}, Screen: screen.Screen{Out: b.shown}, Now: now}
	return b
}

// sold is a sample order as send-email answers with it, some milliseconds after now.
func sold(t *testing.T) *order.Order {
	t.Helper()
	o, err := sample.HalfSent(now.Add(-2 * time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	o.Name()
	return o
}

func rows(t *testing.T, ids ...string) []view.Row {
	t.Helper()
	all := []view.Row{}
	for _, id := range ids {
		r := view.RowOf(sold(t), now)
		r.ID = id
		all = append(all, r)
	}
	return all
}

func (b *bundle) mustShow(t *testing.T, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(b.shown.String(), want) {
			t.Errorf("no %q in\n%s", want, b.shown)
		}
	}
}

type answer map[string]any

func TestOrders(t *testing.T) {
	t.Parallel()

	t.Run("are a table", func(t *testing.T) {
		t.Parallel()

		b := setup(t, answer{"orders": rows(t, "cs_1")})
		if err := b.Orders(t.Context(), see.Query{Limit: 50}); err != nil {
			t.Fatal(err)
		}
		const want = "CREATED, UTC         STATE    CUSTOMER                       BOUGHT          TOTAL          E-MAILS      ORDER\n" +
			"2026-11-24 11:58:00  waiting  Ada Example <ada@example.com>  1 × The e-book  $49.00 (test)  1 of 2 sent  cs_1\n"
		if d := cmp.Diff(want, b.shown.String()); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if d := cmp.Diff([]string{`{"orders":{"limit":50}}`}, b.asked); d != "" {
			t.Errorf("asked (-want +got):\n%s", d)
		}
	})

	t.Run("are asked for until there are enough, and more can be seen", func(t *testing.T) {
		t.Parallel()

		b := setup(t, answer{"orders": rows(t, "cs_1", "cs_2"), "next": "a/cs_2"}, answer{"orders": rows(t), "next": "b"}, answer{"orders": rows(t, "cs_3"), "next": "c"})
		q := see.Query{State: "stuck", Since: "2026-11-24T12:00:00Z", Email: "ada@example.com", Product: "it's an e-book", Limit: 3, Before: "z"}
		if err := b.Orders(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		same := `"state":"stuck","since":"2026-11-24T12:00:00Z","email":"ada@example.com","product":"it's an e-book"`
		want := []string{`{"orders":{` + same + `,"limit":3,"before":"z"}}`, `{"orders":{` + same + `,"limit":1,"before":"a/cs_2"}}`, `{"orders":{` + same + `,"limit":1,"before":"b"}}`}
		if d := cmp.Diff(want, b.asked); d != "" {
			t.Errorf("asked (-want +got):\n%s", d)
		}
		b.mustShow(t, "cs_1\n", "cs_3\n", "\nThere may be more: tillbell orders --state stuck --since 2026-11-24T12:00:00Z --email ada@example.com "+
			`--product 'it'\''s an e-book' --limit 3 --before c`+"\n")
	})

	t.Run("are asked for in pages", func(t *testing.T) {
		t.Parallel()

		b := setup(t, answer{"orders": rows(t)})
		if err := b.Orders(t.Context(), see.Query{Limit: 10_000}); err != nil || b.asked[0] != `{"orders":{"limit":200}}` {
			t.Errorf("asked %v, %v", b.asked, err)
		}
		b.mustShow(t, "There is no such order.\n")
	})

	t.Run("are the answers' JSON for a program", func(t *testing.T) {
		t.Parallel()

		b := setup(t, answer{"orders": rows(t, "cs_1"), "next": "a"}, answer{"orders": rows(t, "cs_2"), "next": "b"})
		b.Screen.JSON = true
		if err := b.Orders(t.Context(), see.Query{Limit: 2}); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Orders []view.Row
			Next   string
		}
		if err := json.Unmarshal([]byte(b.shown.String()), &got); err != nil || got.Next != "b" {
			t.Errorf("%v in\n%s", err, b.shown)
		}
		if d := cmp.Diff(rows(t, "cs_1", "cs_2"), got.Orders); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}

func TestOrder(t *testing.T) {
	t.Parallel()

	o := sold(t)
	o.Note(order.Entry{At: now.Add(-time.Minute), Command: "resend", Key: "ebook/delivery", Reason: "a typo\x1b[2J"})
	b := setup(t, view.Of(o, now))
	if err := b.Order(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf(`{"order":%q}`, o.ID); b.asked[0] != want {
		t.Errorf("asked %s, want %s", b.asked[0], want)
	}
	b.mustShow(t,
		"Order "+o.ID+"\n\nState     waiting\nCustomer  Ada Example <ada@example.com>\nTotal     $49.00 (test), paid\n"+
			"Created   2026-11-24 11:58:00 UTC, 2 min ago\nDue       2026-11-24 11:58:05 UTC, 1 min ago\n",
		"\nBought\n1 ×  The e-book  $49.00  prod_ebook  price_ebook\n",
		"\nE-mails, 1 of 2 sent\nSTATE  E-MAIL          TO                 TEMPLATE  TRIES  WHEN           SENDGRID SAID          MESSAGE\n"+
			"sent   ebook/delivery  ada@example.com              1      1 min ago      202                    m1\n"+
			"retry  ebook/sale      owner@example.com            1      due 1 min ago  SendGrid answered 503\n",
		"\nTimeline\nUTC                  AFTER      WHAT",
		"\n2026-11-24 11:58:00  + 60 ms    Sent to ada@example.com ebook/delivery  SendGrid answered 202\n",
		"\n2026-11-24 11:59:00  + 1 min    By hand: resend ebook/delivery          a typo\uFFFD[2J\n",
		"\n2026-11-24 11:58:05  1 min ago  Next attempt ebook/sale\n",
		"\nWhat Stripe said\n", "checkout.session.completed  evt_",
		"\nDone on purpose\nUTC                  WHAT    E-MAIL          WHY\n2026-11-24 11:59:00  resend  ebook/delivery  a typo\uFFFD[2J\n",
	)
	if strings.Contains(b.shown.String(), "First attempt ebook/delivery") {
		t.Errorf("the only attempt is told twice:\n%s", b.shown)
	}

	t.Run("is the answer's JSON for a program", func(t *testing.T) {
		t.Parallel()

		b := setup(t, view.Of(o, now))
		b.Screen.JSON = true
		if err := b.Order(t.Context(), o.ID); err != nil {
			t.Fatal(err)
		}
		var got view.Order
		if err := json.Unmarshal([]byte(b.shown.String()), &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(view.Of(o, now), got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}

func TestOrderWithAFollowUp(t *testing.T) {
	t.Parallel()

	o := sold(t)
	o.Cancel("ebook/sale", "refunded", now)
	o.Refunded, o.PaidAt = 1000, now.Add(-time.Minute)
	o.Owe([]order.Email{{Key: "ebook/follow-up", To: []order.Address{{Email: "ada@example.com"}}, NotBefore: now.Add(72 * time.Hour)}}, now)
	b := setup(t, view.Of(o, now))
	if err := b.Order(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	b.mustShow(t, "State     done\n", "Total     $49.00 (test), refunded $10.00, paid\nNet       $39.00\n", "Paid      2026-11-24 11:59:00 UTC, 1 min ago\n", "Later     1, the first at 2026-11-27 12:00:00 UTC, in 3 d\n", "\nE-mails, 1 of 3 sent, 1 cancelled, 1 later\n",
		"\nlater      ebook/follow-up  ada@example.com")
	if strings.Contains(b.shown.String(), "\nDue") {
		t.Errorf("nothing is due:\n%s", b.shown)
	}
}

func TestOrderWithACorrectedAddress(t *testing.T) {
	t.Parallel()

	o := sold(t)
	if _, err := o.Correct(order.Again{Call: "11111111", To: order.Address{Email: "ada@right.example"}, Reason: "a typo"}, nil, now); err != nil {
		t.Fatal(err)
	}
	b := setup(t, view.Of(o, now))
	if err := b.Order(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	b.mustShow(t, "Customer  Ada Example <ada@right.example> (corrected; Stripe says ada@example.com)\n",
		"Address corrected                       from ada@example.com to ada@right.example\n", "2026-11-24 12:00:00  correct          a typo\n")
}

func TestOrderThatIsNotTaken(t *testing.T) {
	t.Parallel()

	o := sold(t)
	o.Items, o.Emails, o.PaymentFailed, o.PaymentStatus = nil, nil, true, order.Unpaid
	o.CustomerName, o.CustomerEmail = "", ""
	b := setup(t, view.Of(o, now))
	if err := b.Order(t.Context(), o.ID); err != nil {
		t.Fatal(err)
	}
	b.mustShow(t, "Customer  –\n", "unpaid, declined\n", "Stripe was not asked yet, or did not say.\n", "E-mails, 0 of 0 sent\nNone are planned.\n")
	if strings.Contains(b.shown.String(), "Done on purpose") {
		t.Error("nothing was done to it")
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()

	summary := func(t *testing.T, live bool) view.Summary {
		t.Helper()
		tally := view.NewTally(now)
		for n := range 3 {
			o := sold(t)
			o.Livemode = live
			o.CreatedAt = now.AddDate(0, 0, -3*n)
			tally.Add(o)
		}
		return tally.Summary(view.Now{})
	}

	t.Run("is a table for each mode that has orders", func(t *testing.T) {
		t.Parallel()

		b := setup(t, summary(t, true))
		if err := b.Summary(t.Context()); err != nil {
			t.Fatal(err)
		}
		const want = `Days begin at 00:00 UTC, and today counts as the last of them. It is 2026-11-24 12:00:00 UTC.

Orders
              TODAY   7 DAYS   30 DAYS
ordered       1       3        3
paid          1       3        3
total         $49.00  $147.00  $147.00
refunded      0       0        0
disputed      0       0        0
net           $49.00  $147.00  $147.00
e-mails sent  1       3        3
bounced       0       0        0
unheard       0       0        0
waiting       1       3        3
later         0       0        0
failed        0       0        0
unsure        0       0        0
not ours      0       0        0

SOLD        TODAY      7 DAYS      30 DAYS
The e-book  1, $49.00  3, $147.00  3, $147.00

Now
due      0
stuck    0
failed   0
bounced  0
`
		if d := cmp.Diff(want, b.shown.String()); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if b.asked[0] != `{"summary":true}` {
			t.Errorf("asked %s", b.asked[0])
		}
	})

	t.Run("shows what came back, by currency", func(t *testing.T) {
		t.Parallel()

		tally := view.NewTally(now)
		for _, change := range []func(*order.Order){
			func(o *order.Order) { o.Refunded, o.RefundedWholly = o.AmountTotal, true },
			func(o *order.Order) { o.Refunded = 1000 },
			func(o *order.Order) { o.Currency, o.Refunded = "eur", 900 },
			func(o *order.Order) { o.Disputed, o.DisputedAmount = true, 4900 },
		} {
			o := sold(t)
			change(o)
			tally.Add(o)
		}
		b := setup(t, tally.Summary(view.Now{}))
		if err := b.Summary(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.mustShow(t, "\ntotal         €49.00 + $147.00 ", "\nrefunded      €9.00 + $59.00 ", "\ndisputed      $49.00 ", "\nnet           €40.00 + $39.00 ")
	})

	t.Run("says what to look at, and what it lacks", func(t *testing.T) {
		t.Parallel()

		s := summary(t, false)
		oldest, counted := now.Add(-3*time.Hour), now.Add(-40*time.Hour)
		s.CountedSince = &counted
		s.Now = view.Now{Due: 1000, AtLeast: true, Stuck: 7, Failed: 2, Bounced: 4, OldestDueAt: &oldest}
		b := setup(t, s)
		if err := b.Summary(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.mustShow(t, "those before 2026-11-22 20:00:00 UTC are left out", "\nTest orders\n", "due      1000 or more, the oldest for 3 h\n",
			"stuck    7: tillbell orders --state stuck\n", "failed   2: tillbell orders --state failed\n", "bounced  4: tillbell orders --state bounced\n")
		if strings.Contains(b.shown.String(), "\nOrders\n") {
			t.Errorf("there are no live orders:\n%s", b.shown)
		}
	})

	t.Run("says what keeps the shop from working, and the remedy", func(t *testing.T) {
		t.Parallel()

		s := summary(t, true)
		var set condition.Set
		set.Observe(condition.StripeItemsPermission, "rak_checkout_session_read", now.Add(-2*time.Hour))
		s.Conditions = view.ConditionsOf(set)
		b := setup(t, s)
		if err := b.Summary(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.mustShow(t, "\nWhat keeps the shop from working\nThe Stripe key may not read what was bought (rak_checkout_session_read), for 2 h  "+
			"give the restricted key Read for Checkout Sessions and Products at https://dashboard.stripe.com/apikeys\n")
	})

	t.Run("says that there was nothing", func(t *testing.T) {
		t.Parallel()

		b := setup(t, view.NewTally(now).Summary(view.Now{}))
		if err := b.Summary(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.mustShow(t, "There was no order in these days.\n")
	})
}

func TestTimesAreTheShops(t *testing.T) {
	t.Parallel()

	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	o := sold(t)
	tally := view.NewTally(now.In(berlin))
	tally.Add(o)
	for name, c := range map[string]struct {
		answer any
		show   func(*bundle) error
		want   []string
	}{
		"order":                          {view.Of(o, now.In(berlin)), func(b *bundle) error { return b.Order(t.Context(), o.ID) }, []string{"Created   2026-11-24 12:58:00 Europe/Berlin", "\nEurope/Berlin ", "\nRECEIVED, Europe/Berlin "}},
		"orders":                         {answer{"orders": []view.Row{view.RowOf(o, now)}, "time_zone": "Europe/Berlin"}, func(b *bundle) error { return b.Orders(t.Context(), see.Query{Limit: 1}) }, []string{"CREATED, Europe/Berlin ", "2026-11-24 12:58:00 "}},
		"summary":                        {tally.Summary(view.Now{}), func(b *bundle) error { return b.Summary(t.Context()) }, []string{"Days begin at 00:00 Europe/Berlin", "It is 2026-11-24 13:00:00 Europe/Berlin."}},
		"a zone that this machine lacks": {answer{"orders": []view.Row{view.RowOf(o, now)}, "time_zone": "Mars/Olympus"}, func(b *bundle) error { return b.Orders(t.Context(), see.Query{Limit: 1}) }, []string{"CREATED, UTC ", "2026-11-24 11:58:00 "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := setup(t, c.answer)
			if err := c.show(b); err != nil {
				t.Fatal(err)
			}
			b.mustShow(t, c.want...)
		})
	}
}

func TestSinceArgument(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		"": "", "2026-11-01": "2026-11-01", "24h": "2026-11-23T12:00:00Z", "2026-11-01T10:00:00+01:00": "2026-11-01T09:00:00Z",
	} {
		if got, err := see.SinceArgument(text, now); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
	if got, err := see.SinceArgument("2026-13-01", now); err == nil {
		t.Errorf("got %q", got)
	}
}

func TestSince(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]time.Time{
		"":                     {},
		"24h":                  now.Add(-24 * time.Hour),
		"90m":                  now.Add(-90 * time.Minute),
		"7d":                   now.AddDate(0, 0, -7),
		"3d12h":                now.Add(-84 * time.Hour),
		"2w":                   now.AddDate(0, 0, -14),
		"2026-11-01":           time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		"2026-11-01T10:00:00Z": time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC),
	} {
		if got, err := see.Since(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"yesterday", "-24h", "d", "-1d", "01.11.2026", "24", "999999999999d"} {
		if got, err := see.Since(text, now); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
