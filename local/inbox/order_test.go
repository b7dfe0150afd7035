package inbox

import (
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
	b.orders.list = []*order.Order{o}
	mustHave(t, b.get(t, "/orders/"+o.ID).body, `<span class="state done">done</span></h1>`, `<span class="reversed">refunded €42.25</span>`,
		"1 later, at 27 November 2026, 12:00:00 UTC", "E-mails, 0 of 2 sent, 1 cancelled, 1 later", `<span class="state later">later</span> <code class="strong">ebook/follow-up</code>`)
	mustHave(t, b.get(t, "/orders").body, `<span class="state done">done</span>`, "0 of 2 sent, 1 cancelled, 1 later")
}
