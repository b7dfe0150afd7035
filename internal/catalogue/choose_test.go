package catalogue

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// Stripe's IDs are case-sensitive.
func TestIDsThatDifferInCase(t *testing.T) {
	t.Parallel()

	if _, err := Parse("c.yml", []byte(strings.Replace(sample.SmallCatalogue, "[prod_ebook]", "[prod_Ab, prod_aB]", 1))); err != nil {
		t.Error(err)
	}
}

func TestRouting(t *testing.T) {
	t.Parallel()

	const emails = `emails: [{key: a, template: d-00000000000000000000000000000001, to: customer}]`
	source := strings.Replace(sample.SmallCatalogue, "default:", `  - {name: by-session, match: {metadata: {site: b}}, `+emails+`}
  - {name: by-metadata, match: {metadata: {tillbell: gift}}, `+emails+`}
  - {name: by-link, match: {payment_links: [plink_1]}, `+emails+`}
  - {name: by-price, match: {prices: [price_special]}, `+emails+`}
default:`, 1)
	c, err := Parse("c.yml", []byte(source))
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
		"another value of the metadata":         {order.Facts{Metadata: []order.Pair{{Key: "tillbell", Value: "gifts"}}}, nil, []string{"default"}, []string{"an order without line items"}},
		"the product's before the session's":    {order.Facts{Metadata: []order.Pair{{Key: "site", Value: "b"}}}, []order.Item{{Product: "prod_x", Metadata: gift.Metadata}, other}, []string{"by-session", "by-metadata"}, nil},
		"a series once for many items":          {order.Facts{}, []order.Item{ebook, ebook}, []string{"ebook"}, nil},
		"each item its own":                     {order.Facts{}, []order.Item{special, ebook}, []string{"ebook", "by-price"}, nil},
		"an unnamed product gets the default":   {order.Facts{}, []order.Item{other, ebook, other}, []string{"ebook", "default"}, []string{"prod_other"}},
		"no items, but a link":                  {order.Facts{PaymentLink: "plink_1"}, nil, []string{"by-link"}, nil},
		"no items, and nothing to tell them by": {order.Facts{}, nil, []string{"default"}, []string{"an order without line items"}},
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
