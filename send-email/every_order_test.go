package function

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

// everyOrderShop mails a receipt and a sale notice for every order, and a product's own e-mail to its buyers.
const everyOrderShop = `from: {email: shop@example.com}
admins: [owner@example.com]
every_order:
  emails:
    - {key: receipt, template: receipt, to: customer}
    - {key: sale, template: sale, to: admins}
series:
  - name: ebook
    match: {products: [prod_ebook]}
    emails: [{key: delivery, template: delivery, to: customer}]
  - name: course
    match: {products: [prod_course]}
    emails: [{key: access, template: delivery, to: admins}]
notices:
  payment_failed: payment-failed
  email_failed: email-failed
  items_missing: items-missing
`

// withCatalogue is a function with a catalogue of its own.
func withCatalogue(t *testing.T, source string) *bench {
	t.Helper()
	b := setUp(t)
	b.use(t, source)
	return b
}

// use gives the function another catalogue.
func (b *bench) use(t *testing.T, source string) {
	t.Helper()
	c, err := parseCatalogue("c.yml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	c.ids = b.catalogue.ids
	b.catalogue = c
}

func TestEveryOrder(t *testing.T) {
	t.Parallel()

	const unknown = `  unknown_product: unknown-product
default:
  emails: [{key: by-hand, template: delivery, to: customer}]
`
	for name, c := range map[string]struct {
		catalogue, event string
		items            string
		want             []string
	}{
		"beside one series":   {everyOrderShop, "completed_paid", "", []string{"ebook/delivery", "every-order/receipt", "every-order/sale"}},
		"once for two series": {everyOrderShop, "completed_two_products", "", []string{"course/access", "ebook/delivery", "every-order/receipt", "every-order/sale"}},
		"alone for a product that no series names, which is no news without a default": {
			strings.Replace(everyOrderShop, "prod_ebook", "prod_other", 1), "completed_paid", "", []string{"every-order/receipt", "every-order/sale"}},
		"beside the default, which is for what no series names": {
			strings.Replace(everyOrderShop, "prod_ebook", "prod_other", 1) + unknown, "completed_paid", "",
			[]string{"default/by-hand", "every-order/receipt", "every-order/sale", "notice/unknown-product"}},
		"for an order without line items": {everyOrderShop, "completed_paid", `{"object":"list","data":[],"has_more":false}`,
			[]string{"every-order/receipt", "every-order/sale"}},
		"not for another shop's order": {"only: {products: [prod_course]}\n" + everyOrderShop, "completed_paid", "", nil},
		"not for an unpaid order":      {everyOrderShop, "completed_unpaid", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := withCatalogue(t, c.catalogue)
			id := b.place(t, c.event)
			if c.items != "" {
				b.stripe.lists[id] = []byte(c.items)
			}
			b.sendOrder(t, id)
			if d := cmp.Diff(c.want, b.sendgrid.sent()); d != "" {
				t.Errorf("sent (-want +got):\n%s\nlog: %s", d, b.logged)
			}
		})
	}
}

// ownItems are the products of each sent e-mail's own items, by the delivery's key.
func ownItems(t *testing.T, b *bench) map[string][]string {
	t.Helper()
	own := map[string][]string{}
	for _, m := range b.sendgrid.mails {
		p := m.Personalizations[0]
		_, key, _ := strings.Cut(p.CustomArgs["delivery"], "/")
		own[key] = nil
		for _, i := range p.Data["own_items"].([]any) {
			own[key] = append(own[key], i.(map[string]any)["product"].(string))
		}
	}
	return own
}

func TestOwnItems(t *testing.T) {
	t.Parallel()

	b := withCatalogue(t, everyOrderShop)
	id := b.place(t, "completed_two_products")
	b.sendOrder(t, id)
	want := map[string][]string{
		"every-order/receipt": {"prod_ebook", "prod_course"},
		"every-order/sale":    {"prod_ebook", "prod_course"},
		"ebook/delivery":      {"prod_ebook"},
		"course/access":       {"prod_course"},
	}
	if d := cmp.Diff(want, ownItems(t, b)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}

	t.Run("stay as they were planned when the catalogue changes", func(t *testing.T) {
		t.Parallel()

		b := withCatalogue(t, everyOrderShop)
		id := b.place(t, "completed_two_products")
		b.sendOrder(t, id)
		b.use(t, strings.Replace(everyOrderShop, "[prod_ebook]", "[prod_ebook, prod_gift]", 1))
		again := b.resent(t, `{"order":"`+id+`","key":"ebook/delivery","reason":"it was lost"}`)
		if d := cmp.Diff([]string{"prod_ebook"}, ownItems(t, b)[again[0].Key]); d != "" {
			t.Errorf("a copy (-want +got):\n%s", d)
		}
	})
	t.Run("are those that no series names in the default", func(t *testing.T) {
		t.Parallel()

		b := withCatalogue(t, strings.NewReplacer(
			"prod_course", "prod_other", "notices:", "default:\n  emails: [{key: by-hand, template: delivery, to: customer}]\nnotices:\n  unknown_product: unknown-product").Replace(everyOrderShop))
		b.sendOrder(t, b.place(t, "completed_two_products"))
		if d := cmp.Diff([]string{"prod_course"}, ownItems(t, b)["default/by-hand"]); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
	t.Run("are all where the order was planned before they were kept", func(t *testing.T) {
		t.Parallel()

		b := withCatalogue(t, everyOrderShop)
		b.sendgrid.answers = append(b.sendgrid.answers, status(503), status(503), status(503), status(503))
		id := b.place(t, "completed_two_products")
		b.sendOrder(t, id)
		o := b.memory.orders[id]
		for key, d := range o.Emails {
			d.Items = nil
			o.Emails[key] = d
		}
		b.clock = *o.NextDueAt
		b.invoke(`{"sweep":true}`)
		if d := cmp.Diff([]string{"prod_ebook", "prod_course"}, ownItems(t, b)["ebook/delivery"]); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}

func TestEveryOrderMistakes(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct{ old, new, want string }{
		"nobody writes to a course's buyers":    {"template: receipt, to: customer", "template: receipt, to: admins", `c.yml:11: series "course" has no e-mail to the customer`},
		"nor to those of what nobody names":     {"template: receipt, to: customer", "template: receipt, to: admins", `c.yml:13: default has no emails`},
		"a series of that name":                 {"name: course", "name: every-order", `c.yml:11: series "every-order": the name is taken`},
		"an e-mail without a template":          {"template: receipt, ", "", `c.yml:5: e-mail "receipt" has no template`},
		"a key twice":                           {"key: sale", "key: receipt", `c.yml:6: key "receipt" is on line 5 already`},
		"a default whose products are not told": {"notices:", "default: {emails: [{key: a, template: delivery, to: admins}]}\nnotices:", `c.yml:15: notices has no unknown_product`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := parseCatalogue("c.yml", []byte(strings.Replace(everyOrderShop, c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestEveryOrderIsPrintedFirst(t *testing.T) {
	t.Parallel()

	c, err := CheckCatalogue("c.yml", []byte(everyOrderShop), "", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	c.Print(&out)
	want := `From shop@example.com <shop@example.com>. Admins: owner@example.com.

WHAT IS BOUGHT                   SERIES        E-MAIL           TEMPLATE         TO         AFTER
every order                      every-order   receipt          receipt          customer   at once
                                               sale             sale             admins     at once
product prod_ebook               ebook         delivery         delivery         customer   at once
product prod_course              course        access           delivery         admins     at once
when a payment fails             notice        payment-failed   payment-failed   admins     at once
when an e-mail fails             notice        email-failed     email-failed     admins     at once
when an e-mail does not arrive   notice        bounced          email-failed     admins     at once
when Stripe does not say what    notice        items-missing    items-missing    admins     at once

The notices have no refunded and no disputed and no database_full: nobody is told of that by mail.
`
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := c.Use("receipt"); got != "every-order/receipt" {
		t.Errorf("receipt is for %s", got)
	}
}

func TestNamesWithoutDefault(t *testing.T) {
	t.Parallel()

	c, err := CheckCatalogue("c.yml", []byte(everyOrderShop), "", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if named, ours := c.Names(&order.Order{Items: []order.Item{{Product: "prod_new"}}}); !named || !ours {
		t.Errorf("a product whose buyers get the e-mails of every order: named %v, ours %v", named, ours)
	}
}
