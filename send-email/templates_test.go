package function

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/templates"
)

var shop = maildata.Shop{Name: "Ada's <shop>", Email: "shop@example.com"}

func shipped(t *testing.T) *templates.Set {
	t.Helper()
	s, err := templates.Read(os.DirFS("templates"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// deliveryOf is one that a template of this name is for.
func deliveryOf(template string) order.Delivery {
	if template == maildata.ReportSeries {
		return order.Delivery{Email: order.Email{Key: reportKey}}
	}
	if !slices.Contains(noticeKinds, notice(template)) {
		return order.Delivery{Email: order.Email{Key: "ebook/" + template}}
	}
	return order.Delivery{Email: order.Email{Key: noticeSeries + "/" + template, About: "ebook/delivery"}}
}

func TestShippedTemplates(t *testing.T) {
	t.Parallel()

	set := shipped(t)
	for _, tmpl := range set.All() {
		for name, o := range sampleOrders(t) {
			t.Run(tmpl.Name+" of "+name, func(t *testing.T) {
				t.Parallel()

				data := sample.Mail(o, deliveryOf(tmpl.Name).Key, "").Data(shop)
				if err := tmpl.Check(data, "metadata"); err != nil {
					t.Error(err)
				}
				got, err := tmpl.Render(data)
				if err != nil {
					t.Fatal(err)
				}
				for part, text := range map[string]string{"subject": got.Subject, "HTML": got.HTML, "text": got.Text} {
					if strings.TrimSpace(text) == "" || strings.Contains(text, "{{") || strings.Contains(text, "[object") {
						t.Errorf("%s: %q", part, text)
					}
				}
				if o.CustomerName != "" && strings.Contains(got.Text, "Thank you") && !strings.Contains(got.Text, o.CustomerName) {
					t.Errorf("the text thanks nobody: %s", got.Text)
				}
				if err := wellFormed(got.HTML); err != "" {
					t.Errorf("%s\n%s", err, got.HTML)
				}
			})
		}
	}
	t.Run("there is one for each notice", func(t *testing.T) {
		t.Parallel()

		for _, kind := range noticeKinds {
			if _, ok := set.Find(string(kind), ""); !ok {
				t.Errorf("none for %s", kind)
			}
		}
	})
}

func TestShippedTemplatesOfAnOrderWithEverything(t *testing.T) {
	t.Parallel()

	o := sampleOrders(t)["completed_two_products"]
	o.CustomerName = "Zoë <b>&\"'\r\nBcc: x@example.com"
	o.AmountDiscount, o.AmountShipping, o.AmountTax = 1000, 495, 321
	o.AmountTotal = o.AmountSubtotal - 1000 + 495 + 321
	o.Items[0].Quantity, o.Items[0].AmountSubtotal = 3, 14700
	o.Items[1].Quantity, o.Items[1].AmountSubtotal = 3, 2200 // a price with parts of a cent
	o.PaymentLink, o.ClientReferenceID, o.Mode, o.Livemode = "plink_1", "ref <i>", "subscription", true
	o.Emails = map[string]order.Delivery{"ebook/delivery": {LastError: "the address <b> bounced"}}
	o.Report = sample.Mail(o, reportKey, "").Order.Report
	o.Metadata = []order.Pair{{Key: "download_url", Value: "https://example.com/get?a=1&b=2"}}

	for _, tmpl := range shipped(t).All() {
		got, err := tmpl.Render(maildata.Of(shop, o, deliveryOf(tmpl.Name)))
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(got.Subject, "\r\n") || strings.Contains(got.HTML, "<b>&") || strings.Contains(got.HTML, "<i>") {
			t.Errorf("%s: a name got through: %q\n%s", tmpl.Name, got.Subject, got.HTML)
		}
		if strings.Contains(got.Subject+got.Text, "&amp;") || strings.Contains(got.Subject+got.Text, "&apos;") {
			t.Errorf("%s: HTML in the text: %q\n%s", tmpl.Name, got.Subject, got.Text)
		}
		if strings.Contains(got.Subject, "[test]") || strings.Contains(got.HTML+got.Text, "a test order") {
			t.Errorf("%s: a live order is called a test", tmpl.Name)
		}
		if err := wellFormed(got.HTML); err != "" {
			t.Errorf("%s: %s\n%s", tmpl.Name, err, got.HTML)
		}
	}
	delivery, _ := shipped(t).Find("delivery", "")
	got, err := delivery.Render(maildata.Of(shop, o, deliveryOf("delivery")))
	if err != nil {
		t.Fatal(err)
	}
	if want := "Your download from Ada's <shop>"; got.Subject != want {
		t.Errorf("subject %q, want %q", got.Subject, want)
	}
	for _, want := range []string{"Ada&apos;s &lt;shop&gt; &middot; Order", `href="https://example.com/get?a=1&amp;b=2"`, "3 &times; €49.00", "Quantity: 3<", "&minus;€10.00", "€4.95", "€3.21"} {
		if !strings.Contains(got.HTML, want) {
			t.Errorf("no %s in\n%s", want, got.HTML)
		}
	}
	if strings.Contains(got.HTML+got.Text, "Includes tax") {
		t.Error("tax that was added is said to be in the price")
	}
	for _, want := range []string{"\nhttps://example.com/get?a=1&b=2\n", "The e-book, 3 x €49.00: €147.00", "The course, quantity 3: €22.00", "Discount: -€10.00", "Zoë <b>&\"'"} {
		if !strings.Contains(got.Text, want) {
			t.Errorf("no %s in\n%s", want, got.Text)
		}
	}
}

func TestReceiptAddsUp(t *testing.T) {
	t.Parallel()

	o := sampleOrders(t)["completed_two_products"] // whose prices have the tax in them
	o.AmountDiscount, o.AmountShipping, o.AmountTotal = 1000, 495, o.AmountTotal-1000+495
	receipt, _ := shipped(t).Find("receipt", "")
	got, err := receipt.Render(maildata.Of(shop, o, deliveryOf("receipt")))
	if err != nil {
		t.Fatal(err)
	}
	want := "Subtotal: €169.00\nDiscount: -€10.00\nShipping: €4.95\nTotal: €163.95\nIncludes tax: €29.33\n"
	if !strings.Contains(got.Text, want) {
		t.Errorf("no %s in\n%s", want, got.Text)
	}
	if above, below, _ := strings.Cut(got.HTML, ">Total<"); strings.Contains(above, "€29.33") || !strings.Contains(below, "Includes tax") || !strings.Contains(below, "€29.33") {
		t.Errorf("the tax is not below the total: %s", got.HTML)
	}
}

// wellFormed says what is wrong with an e-mail's HTML: a tag that is not closed where it should be, or
// something that mail programs do not show.
func wellFormed(text string) string {
	var open []string
	z := html.NewTokenizer(strings.NewReader(text))
	for {
		kind := z.Next()
		name, _ := z.TagName()
		tag := string(name)
		switch {
		case kind == html.ErrorToken && len(open) > 0:
			return "not closed: " + strings.Join(open, ", ")
		case kind == html.ErrorToken:
			return ""
		case slices.Contains([]string{"img", "script", "link", "iframe", "form"}, tag):
			return "an e-mail has no " + tag
		case kind == html.StartTagToken && !slices.Contains([]string{"meta", "br"}, tag):
			open = append(open, tag)
		case kind == html.EndTagToken && (len(open) == 0 || open[len(open)-1] != tag):
			return "closed but not open: " + tag + " in " + strings.Join(open, ", ")
		case kind == html.EndTagToken:
			open = open[:len(open)-1]
		}
	}
}
