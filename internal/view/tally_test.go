package view_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/view"
)

// ago is a sample order as if it had been made so long before start, and after change.
func ago(t *testing.T, name string, d time.Duration, change func(*order.Order)) *order.Order {
	t.Helper()
	o := fetched(t, name)
	if o.CreatedAt = later(-d); o.Settled() {
		o.PaidAt = o.CreatedAt.Add(-time.Second) // it is stored a little later
	}
	if change != nil {
		change(o)
	}
	return o
}

// states gives an order e-mails of these states, the last of them unsure.
func states(all ...order.State) func(*order.Order) {
	return func(o *order.Order) {
		o.Emails = map[string]order.Delivery{}
		for i, s := range all {
			o.Emails[fmt.Sprint(i)] = order.Delivery{State: s, Unsure: i == len(all)-1}
		}
	}
}

func TestTally(t *testing.T) {
	t.Parallel()

	const day = 24 * time.Hour
	tally := view.NewTally(start) // at noon
	if want := time.Date(2026, 10, 26, 0, 0, 0, 0, time.UTC); !tally.Since().Equal(want) {
		t.Errorf("since %v, want %v", tally.Since(), want)
	}
	for _, o := range []*order.Order{
		ago(t, "completed_paid", 12*time.Hour, states(order.Sent, order.Failed)), // the first moment of today
		ago(t, "completed_paid", 12*time.Hour+time.Millisecond, states(order.Sending, order.Retry, order.Cancelled)),
		ago(t, "completed_unpaid", 0, states(order.Planned)),
		ago(t, "completed_jpy", 7*day, func(o *order.Order) {
			states(order.Planned, order.Sent)(o)
			d := o.Emails["0"]
			d.PlannedAt, d.NotBefore, d.DueAt = start, later(day), later(day)
			o.Emails["0"] = d
		}),
		ago(t, "completed_two_products", 29*day, nil),
		ago(t, "completed_paid", time.Hour, func(o *order.Order) { o.Ignored = "not ours" }),
		ago(t, "completed_paid", time.Hour, func(o *order.Order) { o.Livemode = true }),
		ago(t, "completed_paid", 30*day, nil), // before all
	} {
		tally.Add(o)
	}
	oldest := later(-90 * time.Second)
	got := tally.Summary(view.Now{Due: 3, Stuck: 1, OldestDueAt: &oldest, OldestDue: 90})

	type row struct {
		Days, Orders, Ignored, Paid int
		Total                       []maildata.Money
		Emails                      view.Emails
	}
	rows := func(all []view.Period) (rows []row) {
		for _, p := range all {
			rows = append(rows, row{p.Days, p.Orders, p.Ignored, p.Paid, p.Total, p.Emails})
		}
		return rows
	}
	usd := func(n int64) maildata.Money { return maildata.MoneyOf(n, "usd", "") }
	yen := maildata.MoneyOf(fetched(t, "completed_jpy").AmountTotal, "jpy", "")
	eur := maildata.MoneyOf(fetched(t, "completed_two_products").AmountTotal, "eur", "")
	want := []row{
		{1, 2, 1, 1, []maildata.Money{usd(4900)}, view.Emails{Sent: 1, Waiting: 1, Failed: 1, Unsure: 2}},
		{7, 3, 1, 2, []maildata.Money{usd(9800)}, view.Emails{Sent: 1, Waiting: 3, Failed: 1, Unsure: 3}},
		{30, 5, 1, 4, []maildata.Money{eur, yen, usd(9800)}, view.Emails{Sent: 2, Waiting: 3, Later: 1, Failed: 1, Unsure: 4}},
	}
	if d := cmp.Diff(want, rows(got.Test)); d != "" {
		t.Errorf("test orders (-want +got):\n%s", d)
	}
	live := row{1, 1, 0, 1, []maildata.Money{usd(4900)}, view.Emails{}}
	if d := cmp.Diff(live, rows(got.Live)[0]); d != "" {
		t.Errorf("live orders of today (-want +got):\n%s", d)
	}
	ebook := view.Product{Product: "prod_ebook", Name: "The e-book", Quantity: 2, Amounts: []maildata.Money{usd(9800)}}
	if d := cmp.Diff([]view.Product{ebook}, got.Test[1].Products); d != "" {
		t.Errorf("products of seven days (-want +got):\n%s", d)
	}
	if d := cmp.Diff(view.Now{Due: 3, Stuck: 1, OldestDueAt: &oldest, OldestDue: 90, Failed: 1}, got.Now); d != "" {
		t.Errorf("now (-want +got):\n%s", d)
	}
}

func TestTallyOfDelayedPayments(t *testing.T) {
	t.Parallel()

	const day = 24 * time.Hour
	paid := func(d time.Duration) func(*order.Order) {
		return func(o *order.Order) { o.PaidAt = later(-d) }
	}
	tally := view.NewTally(start)
	for _, o := range []*order.Order{
		ago(t, "completed_paid", 5*day, paid(0)),                                                                 // today
		ago(t, "completed_paid", 40*day, paid(8*day)),                                                            // before the 30 days, and paid in them
		ago(t, "completed_paid", 40*day, paid(30*day)),                                                           // all before
		ago(t, "completed_paid", 2*time.Hour, paid(-12*time.Hour)),                                               // paid tomorrow: an earlier report is made late
		ago(t, "completed_paid", 40*day, func(o *order.Order) { o.Ignored, o.PaidAt = "not ours", later(-day) }), // not ours
		ago(t, "completed_paid", 3*day, func(o *order.Order) { o.PaidAt = time.Time{} }),                         // of an older version
	} {
		tally.Add(o)
	}
	var got [][3]int
	for _, p := range tally.Summary(view.Now{}).Test {
		got = append(got, [3]int{p.Orders, p.Paid, p.Ignored})
	}
	if d := cmp.Diff([][3]int{{1, 1, 0}, {3, 2, 0}, {3, 3, 0}}, got); d != "" {
		t.Errorf("ordered, paid, not ours (-want +got):\n%s", d)
	}
}

func TestTallyOfWhatCameBack(t *testing.T) {
	t.Parallel()

	tally := view.NewTally(start)
	for _, change := range []func(*order.Order){
		func(o *order.Order) { o.Refunded, o.RefundedWholly = 4900, true },
		func(o *order.Order) { o.Refunded = 1000 },
		func(o *order.Order) { o.Currency, o.Refunded = "eur", 900 },
		func(o *order.Order) { o.Disputed, o.DisputedAmount = true, 4000 },
		func(o *order.Order) { o.PaymentStatus, o.Refunded = order.Unpaid, 100 }, // nothing that was sold
	} {
		tally.Add(ago(t, "completed_paid", 24*time.Hour, change))
	}
	s := tally.Summary(view.Now{})
	if today := s.Test[0]; today.CameBack || len(today.Refunded)+len(today.Disputed)+len(today.Net) > 0 {
		t.Errorf("today %+v", today)
	}
	money := func(currency string, n int64) maildata.Money { return maildata.MoneyOf(n, currency, "") }
	type came struct{ Total, Refunded, Disputed, Net []maildata.Money }
	want := came{
		[]maildata.Money{money("eur", 4900), money("usd", 3*4900)}, []maildata.Money{money("eur", 900), money("usd", 5900)},
		[]maildata.Money{money("usd", 4000)}, []maildata.Money{money("eur", 4000), money("usd", 3900+900)},
	}
	week := s.Test[1]
	if d := cmp.Diff(want, came{week.Total, week.Refunded, week.Disputed, week.Net}); d != "" || !week.CameBack || week.Paid != 4 {
		t.Errorf("%d paid, came back %v (-want +got):\n%s", week.Paid, week.CameBack, d)
	}
}

func TestTallyOfManyProducts(t *testing.T) {
	t.Parallel()

	tally := view.NewTally(start)
	o := fetched(t, "completed_paid")
	for i := range 1000 {
		o.Items[0].Product = fmt.Sprintf("prod_%d", i)
		tally.Add(o)
	}
	products := tally.Summary(view.Now{}).Test[0].Products
	if len(products) != 201 || products[0].Quantity != 800 || products[0].Product != "" || products[0].Amounts[0].Amount != 800*4900 {
		t.Errorf("%d products, the first is %+v", len(products), products[0])
	}
}
