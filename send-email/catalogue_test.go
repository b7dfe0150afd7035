package function

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/sample/sampletest"
)

func TestOnly(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	b.use(t, "only: {products: [prod_course], payment_links: [plink_ebook0000000000000000]}\n"+string(sampletest.File(t, "catalogue.yml")))
	for event, want := range map[string]int{
		"completed_no_payment_required": 0, // an e-book, by no link of ours
		"completed_paid":                2, // by our link
		"completed_two_products":        4, // with the course in it
	} {
		before := len(b.sendgrid.sent())
		id := b.place(t, event)
		p := b.sendOrder(t, id)
		if got := len(b.sendgrid.sent()) - before; got != want || (p.Ignored == "") != (want > 0) {
			t.Errorf("%s: %d mails, ignored %q; want %d", event, got, p.Ignored, want)
		}
	}
}

func TestOnlyLeavesAnothersFailedPaymentAlone(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	b.use(t, "only: {products: [prod_ebook]}\n"+string(sampletest.File(t, "catalogue.yml")))
	p := b.sendOrder(t, b.place(t, "completed_unpaid", "async_payment_failed")) // a course
	if sent := b.sendgrid.sent(); len(sent) != 0 || p.Ignored == "" {
		t.Errorf("sent %v, ignored %q", sent, p.Ignored)
	}
}

func TestAfter(t *testing.T) {
	t.Parallel()

	b := withCatalogue(t, strings.Replace(sample.SmallCatalogue, "to: customer}\ndefault", "to: customer, after: 375d}\ndefault", 1))
	b.sendOrder(t, b.place(t, "completed_paid"))
	b.clock = b.clock.Add(9000*time.Hour - time.Second)
	b.invoke(`{"sweep":true}`)
	if sent := b.sendgrid.sent(); len(sent) != 0 {
		t.Errorf("a second early: sent %v", sent)
	}
	b.clock = b.clock.Add(time.Second)
	b.invoke(`{"sweep":true}`)
	if d := cmp.Diff([]string{"ebook/delivery"}, b.sendgrid.sent()); d != "" {
		t.Errorf("in time (-want +got):\n%s", d)
	}
}

func TestAdminsOfTestOrders(t *testing.T) {
	t.Parallel()

	b := withCatalogue(t, strings.NewReplacer(
		"[owner@example.com]", "{live: [owner@example.com], test: [dev@example.com, qa@example.com]}",
		"default:", "      - {key: sale, template: d-00000000000000000000000000000001, to: admins}\ndefault:").Replace(sample.SmallCatalogue))
	id := b.place(t, "completed_paid")
	live := *b.memory.orders[id]
	live.ID, live.Livemode = "cs_live_1", true
	b.memory.orders[live.ID] = &live
	b.stripe.lists[live.ID] = b.stripe.lists[id]
	for id, want := range map[string][]order.Address{
		id:      {{Email: "dev@example.com"}, {Email: "qa@example.com"}},
		live.ID: {{Email: "owner@example.com"}},
	} {
		b.sendgrid.answers = append(b.sendgrid.answers, status(400))
		b.sendOrder(t, id)
		b.sendOrder(t, id)
		for _, key := range []string{"ebook/sale", "notice/email-failed/ebook/delivery"} {
			if d := cmp.Diff(want, b.memory.orders[id].Emails[key].To); d != "" {
				t.Errorf("%s of %s (-want +got):\n%s", key, id, d)
			}
		}
	}
}

// A new owner sees one receipt, one sale notice, and an e-mail for each product.
func TestStarterSale(t *testing.T) {
	t.Parallel()

	b := withCatalogue(t, string(sampletest.FileOf(t, sample.Starter(), "catalogue.yml")))
	b.sendOrder(t, b.place(t, "completed_two_products"))
	want := []string{"course/delivery", "ebook/delivery", "every-order/receipt", "every-order/sale"}
	if d := cmp.Diff(want, b.sendgrid.sent()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
