package function

import (
	"strings"
	"testing"

	"handler/function/internal/catalogue"
	"handler/function/internal/published"
	"handler/function/internal/sample"

	"github.com/google/go-cmp/cmp"
)

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
	c, err := catalogue.Parse("c.yml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	b.catalogue = c
	b.publish(published.Placeholders(catalogue.TemplatesIn(sample.Shop())))
}

// publish gives templates other IDs. Those that are left out have none.
func (b *bench) publish(ids published.IDs) {
	_ = b.catalogue.Resolve(func() (published.IDs, error) { return ids, nil })
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
		"beside one series":   {sample.EveryOrderCatalogue, "completed_paid", "", []string{"ebook/delivery", "every-order/receipt", "every-order/sale"}},
		"once for two series": {sample.EveryOrderCatalogue, "completed_two_products", "", []string{"course/access", "ebook/delivery", "every-order/receipt", "every-order/sale"}},
		"alone for a product that no series names, which is no news without a default": {
			strings.Replace(sample.EveryOrderCatalogue, "prod_ebook", "prod_other", 1), "completed_paid", "", []string{"every-order/receipt", "every-order/sale"}},
		"beside the default, which is for what no series names": {
			strings.Replace(sample.EveryOrderCatalogue, "prod_ebook", "prod_other", 1) + unknown, "completed_paid", "",
			[]string{"default/by-hand", "every-order/receipt", "every-order/sale", "notice/unknown-product"}},
		"for an order without line items": {sample.EveryOrderCatalogue, "completed_paid", `{"object":"list","data":[],"has_more":false}`,
			[]string{"every-order/receipt", "every-order/sale"}},
		"not for another shop's order": {"only: {products: [prod_course]}\n" + sample.EveryOrderCatalogue, "completed_paid", "", nil},
		"not for an unpaid order":      {sample.EveryOrderCatalogue, "completed_unpaid", "", nil},
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

	b := withCatalogue(t, sample.EveryOrderCatalogue)
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

		b := withCatalogue(t, sample.EveryOrderCatalogue)
		id := b.place(t, "completed_two_products")
		b.sendOrder(t, id)
		b.use(t, strings.Replace(sample.EveryOrderCatalogue, "[prod_ebook]", "[prod_ebook, prod_gift]", 1))
		again := b.resent(t, `{"order":"`+id+`","key":"ebook/delivery","reason":"it was lost"}`)
		if d := cmp.Diff([]string{"prod_ebook"}, ownItems(t, b)[again[0].Key]); d != "" {
			t.Errorf("a copy (-want +got):\n%s", d)
		}
	})
	t.Run("are those that no series names in the default", func(t *testing.T) {
		t.Parallel()

		b := withCatalogue(t, strings.NewReplacer(
			"prod_course", "prod_other", "notices:", "default:\n  emails: [{key: by-hand, template: delivery, to: customer}]\nnotices:\n  unknown_product: unknown-product").Replace(sample.EveryOrderCatalogue))
		b.sendOrder(t, b.place(t, "completed_two_products"))
		if d := cmp.Diff([]string{"prod_course"}, ownItems(t, b)["default/by-hand"]); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
	t.Run("are all where the order was planned before they were kept", func(t *testing.T) {
		t.Parallel()

		b := withCatalogue(t, sample.EveryOrderCatalogue)
		b.sendgrid.answers, b.sendgrid.sales = append(b.sendgrid.answers, status(503), status(503), status(503), status(503)), true
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
