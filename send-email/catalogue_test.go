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

func TestCatalogueMistakes(t *testing.T) {
	t.Parallel()

	if _, err := parseCatalogue("c.yml", []byte(small)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"an unknown field":          {"default:", "defaults: {}\ndefault:", `c.yml:8: unknown field defaults`},
		"an unknown field deep in":  {"to: customer}\ndefault", "to: customer, cc: x}\ndefault", `c.yml:7: unknown field cc`},
		"a field twice":             {"default:", "admins: [a@example.com]\ndefault:", `c.yml:8: mapping key "admins" already defined at line 2`},
		"a key twice":               {"default:", "      - {key: delivery, template: d-00000000000000000000000000000001, to: admins}\ndefault:", `c.yml:8: key "delivery" is on line 7 already`},
		"a key that is a path":      {"key: delivery", "key: a.b", `c.yml:7: key "a.b": want lower-case letters, digits and hyphens`},
		"a bad template ID":         {"d-00000000000000000000000000000001", "d-1", `c.yml:7: "d-1" is not the ID of a dynamic template`},
		"a template that is none":   {"d-00000000000000000000000000000001", "Receipt!", `c.yml:7: "Receipt!" is neither the name of a template`},
		"no e-mail to the customer": {"to: customer}\ndefault", "to: admins}\ndefault", `c.yml:4: series "ebook" has no e-mail to the customer`},
		"a default to admins alone": {"to: customer}\nnotices", "to: admins}\nnotices", `c.yml:10: default has no e-mail to the customer`},
		"admins of nothing":         {"[owner@example.com]", "{dev: [a@example.com]}", `c.yml:2: unknown field dev: admins are a list, or live and test`},
		"admins of live alone":      {"[owner@example.com]", "{live: [a@example.com]}", `c.yml:2: admins has no test`},
		"a bad admin of test":       {"[owner@example.com]", "{live: [a@example.com], test: [b]}", `c.yml:2: "b" is not an e-mail address`},
		"an admin that is no list":  {"[owner@example.com]", "owner@example.com", `c.yml:2: admins are a list of addresses`},
		"a bad address":             {"owner@example.com", "owner", `c.yml:2: "owner" is not an e-mail address`},
		"an address with a name":    {"owner@example.com", "Owner <owner@example.com>", `c.yml:2: "Owner <owner@example.com>" is not an e-mail address`},
		"an admin that is empty":    {"[owner@example.com]", "[owner@example.com, null]", `c.yml:2: an entry of the list is empty`},
		"an admin twice":            {"[owner@example.com]", "[owner@example.com, Owner@example.com]", `c.yml:2: admin "Owner@example.com" is on line 2 already`},
		"an entry empty elsewhere":  {small, "reply_to: &none null\n" + strings.Replace(small, "[prod_ebook]", "[prod_ebook, *none]", 1), `c.yml:6: an entry of the list is empty`},
		"a text of two lines":       {"{email: shop@example.com}", `"a\nb"`, "c.yml:1: cannot unmarshal !!str `a\\nb`"},
		"a field of two lines":      {"default:", "\"a b\\nc\": 1\ndefault:", `c.yml:8: unknown field a b\nc`},
		"a series without a name":   {"  - name: ebook\n    match", "  - match", `c.yml:1: series "": want lower-case`},
		"no admins":                 {"[owner@example.com]", "[]", `admins is empty`},
		"nobody to send to":         {", to: customer}\ndefault", "}\ndefault", `c.yml:7: e-mail "delivery" has no to`},
		"an admin who is not ASCII": {"owner@example.com", "müller@example.com", `c.yml:2: SendGrid refuses "müller@example.com": it takes ASCII, and a domain such as bücher.example as xn--bcher-kva.example`},
		"a sender who is not":       {"shop@example.com", "shop@bücher.example", `c.yml:1: from: SendGrid refuses "shop@bücher.example": it takes ASCII, and a domain such as bücher.example as xn--bcher-kva.example`},
		"a recipient who is not":    {"to: customer}\ndefault", "to: info@bücher.example}\ndefault", `c.yml:7: SendGrid refuses "info@bücher.example": it takes ASCII, and a domain such as bücher.example as xn--bcher-kva.example`},
		"an unknown recipient":      {"to: customer}\ndefault", "to: everybody}\ndefault", `c.yml:7: "everybody" is not customer, admins or an e-mail address`},
		"a bad delay":               {"to: customer}\ndefault", "to: customer, after: tomorrow}\ndefault", `c.yml:7: "tomorrow" is not a time span such as 30m, 12h, 3d or 2w`},
		"a negative delay":          {"to: customer}\ndefault", "to: customer, after: -1h}\ndefault", `c.yml:7: "-1h" is not a time span`},
		"a series that matches no":  {"{products: [prod_ebook]}", "{}", `c.yml:4: series "ebook" matches nothing`},
		"a product that is a price": {"prod_ebook", "price_1", `c.yml:5: "price_1" is not the ID of a product`},
		"a product of two series":   {"default:", "  - {name: b, match: {products: [prod_ebook]}, emails: [{key: a, template: d-00000000000000000000000000000001, to: customer}]}\ndefault:", `c.yml:8: product "prod_ebook" is on line 5 already`},
		"a series named default":    {"name: ebook", "name: default", `c.yml:4: series "default": the name is taken`},
		"no default":                {"    - {key: receipt, template: d-00000000000000000000000000000003, to: customer}\n", "    []\n", `default has no emails`},
		"no notice of a failure":    {"  email_failed: d-00000000000000000000000000000007\n", "", `notices has no email_failed`},
		"half a product":            {"prod_ebook", "prod_", `c.yml:5: "prod_" is not the ID of a product`},
		"two products in one":       {"[prod_ebook]", "[prod_ebook prod_course]", `c.yml:5: "prod_ebook prod_course" is not the ID of a product`},
		"an answer to nobody":       {"admins:", "reply_to: {name: Help}\nadmins:", `reply_to has no email`},
		"an only that names nobody": {"admins:", "only: {}\nadmins:", `only names nothing`},
		"metadata of two series":    {"default:", "  - {name: b, match: {metadata: {a: b}}, emails: [{key: a, template: d-00000000000000000000000000000001, to: customer}]}\n  - {name: c, match: {metadata: {a: b}}, emails: [{key: a, template: d-00000000000000000000000000000001, to: customer}]}\ndefault:", `c.yml:9: metadata "a: b" is on line 8 already`},
		"two documents":             {"notices:", "---\nnotices:", `c.yml:`},
		"no YAML":                   {"from: {", "from: {{", `c.yml:`},
		"nothing at all":            {small, "", `c.yml:1: the catalogue is empty`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			source := strings.Replace(small, c.old, c.new, 1)
			if source == small {
				t.Fatal("the case changes nothing")
			}
			_, err := parseCatalogue("c.yml", []byte(source))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()

	source := strings.NewReplacer(
		"shop@example.com", "shop",
		"[owner@example.com]", "[owner, null]",
		"match: {products: [prod_ebook]}", "match: {products: [price_1], color: red}",
		"template: d-00000000000000000000000000000001, to: customer", "template: d-1, to: everybody, after: soon",
		"  items_missing", "  items_mising",
	).Replace(small)
	_, err := parseCatalogue("c.yml", []byte(source))
	if err == nil {
		t.Fatal("no error")
	}
	want := `c.yml:1: from: "shop" is not an e-mail address
c.yml:1: notices has no items_missing
c.yml:2: an entry of the list is empty
c.yml:2: "owner" is not an e-mail address
c.yml:4: series "ebook" has no e-mail to the customer
c.yml:5: unknown field color
c.yml:5: "price_1" is not the ID of a product
c.yml:7: "d-1" is not the ID of a dynamic template: want d- and 32 digits of 0-9 and a-f
c.yml:7: "everybody" is not customer, admins or an e-mail address
c.yml:7: "soon" is not a time span such as 30m, 12h, 3d or 2w
c.yml:15: unknown field items_mising`
	if d := cmp.Diff(want, err.Error()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

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
