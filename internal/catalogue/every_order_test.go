package catalogue

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

func TestEveryOrderMistakes(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct{ old, new, want string }{
		"buyers of a course get no e-mail":           {"template: receipt, to: customer", "template: receipt, to: admins", `c.yml:11: series "course" has no e-mail to the customer`},
		"buyers of an unnamed product get no e-mail": {"template: receipt, to: customer", "template: receipt, to: admins", `c.yml:13: default has no emails`},
		"a series of that name":                      {"name: course", "name: every-order", `c.yml:11: series "every-order": the name is taken`},
		"an e-mail without a template":               {"template: receipt, ", "", `c.yml:5: e-mail "receipt" has no template`},
		"a key twice":                                {"key: sale", "key: receipt", `c.yml:6: key "receipt" is on line 5 already`},
		"a default whose products are not told":      {"notices:", "default: {emails: [{key: a, template: delivery, to: admins}]}\nnotices:", `c.yml:15: notices has no unknown_product`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := Parse("c.yml", []byte(strings.Replace(sample.EveryOrderCatalogue, c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestEveryOrderIsPrintedFirst(t *testing.T) {
	t.Parallel()

	c, err := Check("c.yml", []byte(sample.EveryOrderCatalogue), "", nil, nil)
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

The notices have no refunded and no disputed and no database_full: the admins get no e-mail about that.
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

	c, err := Check("c.yml", []byte(sample.EveryOrderCatalogue), "", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if named, ours := c.Names(&order.Order{Items: []order.Item{{Product: "prod_new"}}}); !named || !ours {
		t.Errorf("a product whose buyers get the e-mails of every order: named %v, ours %v", named, ours)
	}
}
