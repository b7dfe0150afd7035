package inbox

import (
	"strings"
	"testing"
	"time"

	"handler/function/internal/order"
)

func TestOrderPage(t *testing.T) {
	t.Parallel()

	b := setup(t)
	o := b.samples["charge_refunded_partly"]
	to := []order.Address{{Email: "ada@example.com"}}
	o.Plan(order.ForPaid, []order.Email{
		{Key: "ebook/sale", To: to, NotBefore: start}, {Key: "ebook/follow-up", To: to, NotBefore: later(72 * time.Hour)},
	}, start)
	for _, r := range []order.Reason{order.ForPaid, "refund_evt_100000000000000000000010"} {
		o.Plan(r, nil, start)
	}
	o.Cancel("ebook/sale", "refunded", start)
	o.PaidAt = later(time.Hour)
	b.orders.list = []*order.Order{o}
	mustHave(t, b.get(t, "/orders/"+o.ID).body, `<span class="state done">done</span></h1>`, `<span class="reversed">refunded €42.25</span>`,
		`<th scope="row">Net</th><td class="number">€126.75</td>`, "paid on 24 November 2026, 13:00:00 UTC",
		"1 later, at 27 November 2026, 12:00:00 UTC", "E-mails, 0 of 2 sent, 1 cancelled, 1 later", `<span class="state later">later</span> <code class="strong">ebook/follow-up</code>`)
	mustHave(t, b.get(t, "/orders").body, `<span class="state done">done</span>`, "0 of 2 sent, 1 cancelled, 1 later")
}

func TestPagesAreInTheShopsTime(t *testing.T) {
	t.Parallel()

	tokyo := shop
	var err error
	if tokyo.Zone, err = time.LoadLocation("Asia/Tokyo"); err != nil {
		t.Fatal(err)
	}
	b := setupFor(t, tokyo)
	o := b.samples["completed_paid"]
	b.orders.list = []*order.Order{o}
	mustHave(t, b.get(t, "/orders/"+o.ID).body, "24 November 2026, 21:00:00 Asia/Tokyo", "times in Asia/Tokyo", ">21:00:00.000</time>")
	mustHave(t, b.get(t, "/orders").body, ">24 Nov, 21:00:00</time>", `title="24 November 2026, 21:00:00 Asia/Tokyo"`)
}

func TestOrderPageOfABounce(t *testing.T) {
	t.Parallel()

	b := setup(t)
	o := b.samples["completed_paid"]
	o.Plan(order.ForPaid, nil, start)
	o.Emails = map[string]order.Delivery{"ebook/delivery": {
		Email: order.Email{Key: "ebook/delivery", Audience: order.Customer, To: []order.Address{{Email: "ada@example.com"}}},
		State: order.Sent, SentAt: start, Arrivals: []order.Arrival{{Kind: order.Bounced, At: start}},
	}}
	o.NextDueAt = nil
	b.orders.list = []*order.Order{o}
	page := b.get(t, "/orders/"+o.ID).body
	mustHave(t, page, `<span class="state bounced">bounced</span></h1>`, "E-mails, 0 of 1 sent, 1 bounced", `<span class="state bounced">bounced</span> <code class="strong">ebook/delivery</code>`)
	if strings.Contains(page, ">Net<") || strings.Contains(page, "paid on") {
		t.Errorf("nothing came back of what was paid at once:\n%s", page)
	}
	mustHave(t, b.get(t, "/orders?state=bounced").body, "0 of 1 sent, 1 bounced")
}
