package catalogue

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/sample/sampletest"
	"handler/function/internal/templates"
)

const named = `from: {name: Shop, email: shop@example.com}
admins: {live: [owner@example.com], test: [dev@example.com, qa@example.com]}
only: {payment_links: [plink_1]}
series:
  - name: ebook
    match: {prices: [price_1], products: [prod_ebook, prod_pdf], metadata: {tillbell: ebook}}
    emails:
      - {key: delivery, template: letter, to: customer}
      - {key: later, template: letter, to: customer, after: 48h}
  - name: course
    match: {payment_links: [plink_1]}
    emails:
      - {key: welcome, template: letter, to: customer}
      - {key: sale, template: d-00000000000000000000000000000001, to: books@example.com}
default:
  emails:
    - {key: receipt, template: letter, to: customer}
notices:
  payment_failed: alarm
  email_failed: alarm
  unknown_product: alarm
  items_missing: alarm
`

func folder() fstest.MapFS {
	return fstest.MapFS{
		"letter/subject.hbs":      {Data: []byte("Hello {{{customer.name}}} from {{{shop.name}}}")},
		"letter/body.html.hbs":    {Data: []byte("<p>{{customer.email}} {{metadata.any}}</p>")},
		"letter.fr/subject.hbs":   {Data: []byte("Salut {{{customer.name}}}")},
		"letter.fr/body.html.hbs": {Data: []byte("<p>{{order.id}}</p>")},
		"alarm/subject.hbs":       {Data: []byte("Alarm: {{{notice.kind}}}")},
		"alarm/body.html.hbs":     {Data: []byte("<p>{{notice.reason}}</p>")},
	}
}

func checked(t *testing.T, source string, files fstest.MapFS) (*Checked, error) {
	t.Helper()
	set, err := templates.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	return Check("c.yml", []byte(source), "templates", set, sample.Mails(sampletest.Orders(t)))
}

func TestPrint(t *testing.T) {
	t.Parallel()

	c, err := checked(t, named, folder())
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	c.Print(&out)
	want := `From Shop <shop@example.com>. Admins: owner@example.com; of test orders: dev@example.com, qa@example.com.
Only orders of: payment link plink_1.

WHAT IS BOUGHT                   SERIES    E-MAIL            TEMPLATE                             TO                  AFTER
price price_1                    ebook     delivery          letter (fr)                          customer            at once
product prod_ebook                         later             letter (fr)                          customer            48h
product prod_pdf
metadata tillbell: ebook
payment link plink_1             course    welcome           letter (fr)                          customer            at once
                                           sale              d-00000000000000000000000000000001   books@example.com   at once
anything else                    default   receipt           letter (fr)                          customer            at once
when a payment fails             notice    payment-failed    alarm                                admins              at once
when an e-mail fails             notice    email-failed      alarm                                admins              at once
when an e-mail does not arrive   notice    bounced           alarm                                admins              at once
when no series names a product   notice    unknown-product   alarm                                admins              at once
when Stripe does not say what    notice    items-missing     alarm                                admins              at once

The notices have no refunded and no disputed and no database_full: the admins get no e-mail about that.
`
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"alarm", "letter"}, c.TemplateNames()); d != "" {
		t.Errorf("names (-want +got):\n%s", d)
	}
}

func TestCheckCatalogue(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		old, new string
		files    map[string]string
		want     string
	}{
		"a template that is not there": {"{key: later, template: letter", "{key: later, template: lettre", nil,
			`c.yml:9: there is no template lettre: did you mean letter?`},
		"a template by its language, which the order chooses": {"{key: later, template: letter", "{key: later, template: letter.fr", nil,
			`c.yml:9: "letter.fr" is neither the name of a template nor the ID of a dynamic template: write letter`},
		"a template that is like none": {"{key: later, template: letter", "{key: later, template: welcome", nil,
			`c.yml:9: there is no template welcome; there are alarm, letter`},
		"mistakes of both kinds at once": {"{key: later, template: letter, to: customer", "{key: later, template: lettre, to: me", nil,
			`c.yml:9: "me" is not customer, admins or an e-mail address
c.yml:9: there is no template lettre: did you mean letter?`},
		"an unknown variable, once for all orders": {"", "", map[string]string{"letter/body.html.hbs": "<p>\n{{customer.nme}}</p>"},
			`templates/letter/body.html.hbs:2: the data has no customer.nme: there are email, name (as ebook/delivery, c.yml:8)`},
		"an unknown variable of another language": {"", "", map[string]string{"letter.fr/subject.hbs": "{{{prix}}}"},
			`templates/letter.fr/subject.hbs:1: the data has no prix: there are customer, discount, items, metadata, order, own_items, series, shipping, shop, subtotal, tax, tax_included, total (as ebook/delivery, c.yml:8)`},
		"a notice's template for a customer": {"{key: receipt, template: letter", "{key: receipt, template: alarm", nil,
			`templates/alarm/body.html.hbs:1: the data has no notice.reason: there are customer, discount, items, metadata, order, own_items, series, shipping, shop, subtotal, tax, tax_included, total (as default/receipt, c.yml:17)
templates/alarm/subject.hbs:1: the data has no notice.kind: there are customer, discount, items, metadata, order, own_items, series, shipping, shop, subtotal, tax, tax_included, total (as default/receipt, c.yml:17)`},
		"a subject that says nothing": {"", "", map[string]string{"letter/subject.hbs": "{{#if metadata.x}}a{{/if}}"},
			`templates/letter/subject.hbs:1: the subject is empty (as ebook/delivery, c.yml:8)`},
		"a template that nothing names": {"", "", map[string]string{"other/subject.hbs": "x", "other/body.html.hbs": "{{x}}"},
			`templates/other/body.html.hbs:1: the data has no x: there are customer, discount, items, metadata, order, own_items, series, shipping, shop, subtotal, tax, tax_included, total`},
		"an order's variable in a report": {"notices:", "report: {template: day}\nnotices:", map[string]string{"day/subject.hbs": "{{{report.day}}}", "day/body.html.hbs": "{{order.date}} {{shop.name}}"},
			`templates/day/body.html.hbs:1: the data has no order.date: there are test (as report/daily, c.yml:18)`},
		"a product of two series": {"payment_links: [plink_1]}\n    emails", "products: [prod_pdf]}\n    emails", nil,
			`c.yml:11: product "prod_pdf" is on line 6 already`},
		"no YAML": {"from:", "from", nil, `c.yml:1: a field cannot stand here: check the indentation, and put quotes around a text with a colon in it`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			files := folder()
			for file, text := range c.files {
				files[file] = &fstest.MapFile{Data: []byte(text)}
			}
			_, err := checked(t, strings.Replace(named, c.old, c.new, 1), files)
			if err == nil {
				t.Fatal("no error")
			}
			if d := cmp.Diff(c.want, err.Error()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// heard is a set of templates that keeps how a paid order's total was given to each.
type heard map[string]any

func (h heard) FullNames() []string { return []string{"alarm", "letter", "letter.fr"} }

func (h heard) Check(name string, data any, _ []string) (warnings, err error) {
	if total := data.(map[string]any)["total"].(maildata.Money); total.Amount == 4900 && total.Currency == "USD" {
		h[name] = strings.ReplaceAll(total.Formatted, "\u00a0", " ")
	}
	return nil, nil
}

func TestCheckCatalogueInTheLanguageOfTheFolder(t *testing.T) {
	t.Parallel()

	got := heard{}
	if _, err := Check("c.yml", []byte(named), "templates", got, sample.Mails(sampletest.Orders(t))); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(heard{"alarm": "$49.00", "letter": "$49.00", "letter.fr": "49,00 $US"}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestUse(t *testing.T) {
	t.Parallel()

	c, err := Check("c.yml", []byte(named), "templates", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for template, want := range map[string]string{
		"letter": "ebook/delivery", "alarm": "notice/payment-failed",
		"refunded": "notice/refunded", "report": "report/daily", "other": "series/other",
	} {
		if got := c.Use(template); got != want {
			t.Errorf("%s is for %q, want %q", template, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()

	c, err := Check("c.yml", []byte(named), "templates", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		o           order.Order
		named, ours bool
	}{
		"a product that is not ours":                     {order.Order{Items: []order.Item{{Product: "prod_ebook"}}}, false, false},
		"a product that a series names":                  {order.Order{Facts: order.Facts{PaymentLink: "plink_1"}, Items: []order.Item{{Product: "prod_ebook"}}}, true, true},
		"a product that only its link names":             {order.Order{Facts: order.Facts{PaymentLink: "plink_1"}, Items: []order.Item{{Product: "prod_new"}}}, true, true},
		"a link of another shop with a product of ours":  {order.Order{Facts: order.Facts{PaymentLink: "plink_2"}, Items: []order.Item{{Product: "prod_pdf"}}}, false, false},
		"a link that names its series, without products": {order.Order{Facts: order.Facts{PaymentLink: "plink_1"}}, true, true},
	} {
		if named, ours := c.Names(&tt.o); named != tt.named || ours != tt.ours {
			t.Errorf("%s: named %v, ours %v", name, named, ours)
		}
	}
	all, err := Check("c.yml", []byte(sample.SmallCatalogue), "templates", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if named, ours := all.Names(&order.Order{Items: []order.Item{{Product: "prod_ebook"}, {Product: "prod_new"}}}); named || !ours {
		t.Errorf("one of two products: named %v, ours %v", named, ours)
	}
	if diff := cmp.Diff([]string{"d-00000000000000000000000000000001"}, c.TemplateIDs()); diff != "" {
		t.Error(diff)
	}
}
