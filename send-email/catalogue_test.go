package function

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

// small is a catalogue with nothing wrong in it.
const small = `from: {email: shop@example.com}
admins: [owner@example.com]
series:
  - name: ebook
    match: {products: [prod_ebook]}
    emails:
      - {key: delivery, template: d-00000000000000000000000000000001, to: customer}
default:
  emails:
    - {key: receipt, template: d-00000000000000000000000000000003, to: customer}
notices:
  payment_failed: d-00000000000000000000000000000006
  email_failed: d-00000000000000000000000000000007
  unknown_product: d-00000000000000000000000000000008
  items_missing: d-00000000000000000000000000000009
`

// Stripe's IDs are told apart by the case of their letters.
func TestIDsThatDifferInCase(t *testing.T) {
	t.Parallel()

	if _, err := parseCatalogue("c.yml", []byte(strings.Replace(small, "[prod_ebook]", "[prod_Ab, prod_aB]", 1))); err != nil {
		t.Error(err)
	}
}

func TestRouting(t *testing.T) {
	t.Parallel()

	const emails = `emails: [{key: a, template: d-00000000000000000000000000000001, to: customer}]`
	source := strings.Replace(small, "default:", `  - {name: by-session, match: {metadata: {site: b}}, `+emails+`}
  - {name: by-metadata, match: {metadata: {tillbell: gift}}, `+emails+`}
  - {name: by-link, match: {payment_links: [plink_1]}, `+emails+`}
  - {name: by-price, match: {prices: [price_special]}, `+emails+`}
default:`, 1)
	c, err := parseCatalogue("c.yml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	ebook := order.Item{Product: "prod_ebook", Price: "price_1"}
	special := order.Item{Product: "prod_ebook", Price: "price_special"}
	other := order.Item{Product: "prod_other", Price: "price_2"}
	gift := order.Facts{PaymentLink: "plink_1", Metadata: []order.Pair{{Key: "tillbell", Value: "gift"}}}
	for name, x := range map[string]struct {
		facts   order.Facts
		items   []order.Item
		want    []string
		unknown []string
	}{
		"the price before the product":          {order.Facts{}, []order.Item{special}, []string{"by-price"}, nil},
		"the product before the link":           {gift, []order.Item{ebook}, []string{"ebook"}, nil},
		"the link before the metadata":          {gift, []order.Item{other}, []string{"by-link"}, nil},
		"the session's metadata":                {order.Facts{Metadata: gift.Metadata}, []order.Item{other}, []string{"by-metadata"}, nil},
		"the product's metadata":                {order.Facts{}, []order.Item{{Product: "prod_x", Metadata: gift.Metadata}}, []string{"by-metadata"}, nil},
		"the session's metadata of two pairs":   {order.Facts{Metadata: []order.Pair{{Key: "a", Value: "b"}, {Key: "tillbell", Value: "gift"}}}, nil, []string{"by-metadata"}, nil},
		"another value of the metadata":         {order.Facts{Metadata: []order.Pair{{Key: "tillbell", Value: "gifts"}}}, nil, []string{"default"}, nil},
		"the product's before the session's":    {order.Facts{Metadata: []order.Pair{{Key: "site", Value: "b"}}}, []order.Item{{Product: "prod_x", Metadata: gift.Metadata}, other}, []string{"by-session", "by-metadata"}, nil},
		"a series once for many items":          {order.Facts{}, []order.Item{ebook, ebook}, []string{"ebook"}, nil},
		"each item its own":                     {order.Facts{}, []order.Item{special, ebook}, []string{"ebook", "by-price"}, nil},
		"what nobody names gets the default":    {order.Facts{}, []order.Item{other, ebook, other}, []string{"ebook", "default"}, []string{"prod_other"}},
		"no items, but a link":                  {order.Facts{PaymentLink: "plink_1"}, nil, []string{"by-link"}, nil},
		"no items, and nothing to tell them by": {order.Facts{}, nil, []string{"default"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			chosen, unknown := c.choose(&order.Order{Facts: x.facts, Items: x.items})
			var got []string
			for _, s := range chosen {
				got = append(got, s.Name.Value)
			}
			if d := cmp.Diff(x.want, got); d != "" {
				t.Errorf("series (-want +got):\n%s", d)
			}
			if d := cmp.Diff(x.unknown, unknown); d != "" {
				t.Errorf("unknown products (-want +got):\n%s", d)
			}
		})
	}
}

func TestOnly(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	b.catalogue.Only = &match{Products: []text{{Value: "prod_course"}}, PaymentLinks: []text{{Value: "plink_ebook0000000000000000"}}}
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
	b.catalogue.Only = &match{Products: []text{{Value: "prod_ebook"}}}
	p := b.sendOrder(t, b.place(t, "completed_unpaid", "async_payment_failed")) // a course
	if sent := b.sendgrid.sent(); len(sent) != 0 || p.Ignored == "" {
		t.Errorf("sent %v, ignored %q", sent, p.Ignored)
	}
}

func TestAfter(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	c, err := parseCatalogue("c.yml", []byte(strings.Replace(small, "to: customer}\ndefault", "to: customer, after: 375d}\ndefault", 1)))
	if err != nil {
		t.Fatal(err)
	}
	b.catalogue = c
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

	b := setUp(t)
	c, err := parseCatalogue("c.yml", []byte(strings.NewReplacer(
		"[owner@example.com]", "{live: [owner@example.com], test: [dev@example.com, qa@example.com]}",
		"default:", "      - {key: sale, template: d-00000000000000000000000000000001, to: admins}\ndefault:").Replace(small)))
	if err != nil {
		t.Fatal(err)
	}
	b.catalogue = c
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
