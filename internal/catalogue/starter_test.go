package catalogue

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/sample/sampletest"
	"handler/function/internal/templates"
)

var shop = maildata.Shop{Name: "Ada's <shop>", Email: "shop@example.com"}

// rendered is a template of the starter for a sample order, in the language of the template.
func rendered(t *testing.T, set *templates.Set, fullName string, o *order.Order) templates.Rendered {
	t.Helper()
	name, language, _ := strings.Cut(fullName, ".")
	tmpl, ok := set.Find(name, language)
	if !ok {
		t.Fatalf("no template %s", fullName)
	}
	got, err := tmpl.Render(sample.Mail(o, unusedKey(name), language).Data(shop))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestStarterCatalogue(t *testing.T) {
	t.Parallel()

	set := templates.NewCoverage(sampletest.TemplatesOf(t, sample.Starter()))
	c, err := Check("starter/catalogue.yml", sampletest.FileOf(t, sample.Starter(), "catalogue.yml"), "starter/templates", set, sample.Mails(sampletest.Orders(t)))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string(nil), c.Warnings); d != "" {
		t.Errorf("warnings (-want +got):\n%s", d)
	}
	if err := set.Unrendered(); err != nil {
		t.Errorf("the sample orders do not show all of it:\n%v", err)
	}
	if rendered, all := set.Branches(); rendered != all || all < 200 {
		t.Errorf("they render %d of %d branches", rendered, all)
	}
	for _, kind := range noticeKinds {
		if !slices.Contains(c.TemplateNames(), string(kind)) {
			t.Errorf("no notice %s", kind)
		}
	}
}

func TestStarterTemplates(t *testing.T) {
	t.Parallel()

	set := sampletest.TemplatesOf(t, sample.Starter())
	for _, tmpl := range set.All() {
		for name, o := range sampletest.Orders(t) {
			t.Run(tmpl.FullName()+" of "+name, func(t *testing.T) {
				t.Parallel()

				got := rendered(t, set, tmpl.FullName(), o)
				for part, text := range map[string]string{"subject": got.Subject, "HTML": got.HTML, "text": got.Text} {
					if strings.TrimSpace(text) == "" || strings.Contains(text, "{{") || strings.Contains(text, "[object") {
						t.Errorf("%s: %q", part, text)
					}
				}
				if thanks := slices.Contains([]string{"receipt", "delivery", "follow-up"}, tmpl.Name); thanks && !strings.Contains(got.Text, o.CustomerName) {
					t.Errorf("%s is not named: %s", o.CustomerName, got.Text)
				}
				test := map[string]string{"": "no money has moved", "de": "kein Geld geflossen", "fr": "aucun paiement"}[tmpl.Locale]
				ofOrder := tmpl.Name != maildata.DatabaseFull
				if in := strings.Contains(got.HTML, test) && strings.Contains(got.Text, test); ofOrder && in == o.Livemode || strings.Contains(got.Subject, "[test]") && o.Livemode {
					t.Errorf("an order whose live mode is %v: %q\n%s", o.Livemode, got.Subject, got.Text)
				}
				if err := wellFormed(got.HTML); err != "" {
					t.Errorf("%s\n%s", err, got.HTML)
				}
			})
		}
	}
}

// A notice of an e-mail that did not reach the customer has the commands to paste.
func TestStarterNoticesGiveTheCommand(t *testing.T) {
	t.Parallel()

	set := sampletest.TemplatesOf(t, sample.Starter())
	o := sampletest.Orders(t)["completed_paid"]
	for _, kind := range []string{maildata.EmailFailed, maildata.Bounced} {
		got := rendered(t, set, kind, o)
		for _, command := range []string{"resend " + o.ID + " ebook/delivery", "correct " + o.ID + " --to ADDRESS"} {
			command = "go run ./cmd/tillbell " + command + ` --reason "…"`
			if !strings.Contains(got.Text, "\n    "+command+"\n") || !strings.Contains(html.UnescapeString(got.HTML), ">"+command+"<") {
				t.Errorf("%s: no %s in\n%s\n%s", kind, command, got.Text, got.HTML)
			}
		}
	}
}

func TestStarterTemplatesOfAnOrderWithEverything(t *testing.T) {
	t.Parallel()

	o := sampletest.Orders(t)["completed_two_products"]
	o.CustomerName = "Zoë <b>&\"'\r\nBcc: x@example.com"
	o.AmountDiscount, o.AmountShipping, o.AmountTax = 1000, 495, 321
	o.AmountTotal = o.AmountSubtotal - 1000 + 495 + 321
	o.Items[0].Quantity, o.Items[0].AmountSubtotal = 3, 14700
	o.Items[1].Quantity, o.Items[1].AmountSubtotal = 3, 2200 // a price with parts of a cent
	o.Items[0].Metadata = []order.Pair{{Key: "download_url", Value: "https://example.com/get?a=1&b=2"}}
	o.PaymentLink, o.ClientReferenceID, o.Mode, o.Livemode = "plink_1", "ref <i>", "subscription", true

	set := sampletest.TemplatesOf(t, sample.Starter())
	for _, tmpl := range set.All() {
		got := rendered(t, set, tmpl.FullName(), o)
		if strings.ContainsAny(got.Subject, "\r\n") || strings.Contains(got.HTML, "<b>&") || strings.Contains(got.HTML, "<i>") {
			t.Errorf("%s: a name is not escaped: %q\n%s", tmpl.FullName(), got.Subject, got.HTML)
		}
		if strings.Contains(got.Subject+got.Text, "&amp;") || strings.Contains(got.Subject+got.Text, "&apos;") || strings.Contains(got.Subject+got.Text, "&nbsp;") {
			t.Errorf("%s: HTML in the text: %q\n%s", tmpl.FullName(), got.Subject, got.Text)
		}
		if err := wellFormed(got.HTML); err != "" {
			t.Errorf("%s: %s\n%s", tmpl.FullName(), err, got.HTML)
		}
	}
	receipt := rendered(t, set, "receipt", o)
	if want := "Your receipt from Ada's <shop>: €167.16"; receipt.Subject != want {
		t.Errorf("subject %q, want %q", receipt.Subject, want)
	}
	for _, want := range []string{"Ada&apos;s &lt;shop&gt; &middot; Order", "3 &times; €49.00", "Quantity: 3<", "&minus;€10.00", "€4.95", "€3.21"} {
		if !strings.Contains(receipt.HTML, want) {
			t.Errorf("no %s in\n%s", want, receipt.HTML)
		}
	}
	if strings.Contains(receipt.HTML+receipt.Text, "Includes tax") {
		t.Error("tax that was added is said to be in the price")
	}
	for _, want := range []string{"The e-book, 3 x €49.00: €147.00", "The course, quantity 3: €22.00", "Discount: -€10.00", "Zoë <b>&\"'"} {
		if !strings.Contains(receipt.Text, want) {
			t.Errorf("no %s in\n%s", want, receipt.Text)
		}
	}
	delivery := rendered(t, set, "delivery", o)
	if !strings.Contains(delivery.HTML, `href="https://example.com/get?a=1&amp;b=2"`) || !strings.Contains(delivery.Text, "\nhttps://example.com/get?a=1&b=2\n") {
		t.Errorf("the download's address is not as it was given:\n%s\n%s", delivery.HTML, delivery.Text)
	}
}

func TestReceiptAddsUp(t *testing.T) {
	t.Parallel()

	set := sampletest.TemplatesOf(t, sample.Starter())
	o := sampletest.Orders(t)["completed_two_products"] // whose prices have the tax in them
	o.AmountDiscount, o.AmountShipping, o.AmountTotal = 1000, 495, o.AmountTotal-1000+495
	for name, c := range map[string]struct{ sum, total, tax, amount string }{
		"receipt":    {"Subtotal: €169.00\nDiscount: -€10.00\nShipping: €4.95\nTotal: €163.95\nIncludes tax: €29.33\n", ">Total<", "Includes tax", "€29.33"},
		"receipt.de": {"Zwischensumme: 169,00 €\nRabatt: -10,00 €\nVersand: 4,95 €\nGesamtbetrag: 163,95 €\nEnthaltene MwSt.: 29,33 €\n", ">Gesamtbetrag<", "Enthaltene MwSt.", "29,33 €"},
		"receipt.fr": {"Sous-total : 169,00 €\nRemise : -10,00 €\nLivraison : 4,95 €\nTotal : 163,95 €\nDont TVA : 29,33 €\n", ">Total<", "Dont TVA", "29,33 €"},
	} {
		got := rendered(t, set, name, o)
		spaces := strings.NewReplacer("\u00a0", " ", "\u202f", " ") // those that do not break
		if text := spaces.Replace(got.Text); !strings.Contains(text, c.sum) {
			t.Errorf("%s: no %s in\n%s", name, c.sum, text)
		}
		above, below, _ := strings.Cut(spaces.Replace(got.HTML), c.total)
		if strings.Contains(above, c.amount) || !strings.Contains(below, c.tax) || !strings.Contains(below, c.amount) {
			t.Errorf("%s: the tax is not below the total: %s", name, got.HTML)
		}
	}
}

// Each own item has the download of its product, else of the payment link, else a text that the
// shop delivers by hand.
func TestStarterDownloads(t *testing.T) {
	t.Parallel()

	set := sampletest.TemplatesOf(t, sample.Starter())
	o := sampletest.Orders(t)["completed_two_products"]
	o.Items = append(o.Items, order.Item{ID: "li_3", Product: "prod_mug", Description: "The mug"})
	for _, c := range []struct {
		name, button, hand string
	}{
		{"delivery", "Download</a>", "by hand"},
		{"delivery.de", "Herunterladen</a>", "Darum kümmern wir uns persönlich"},
		{"delivery.fr", "Télécharger</a>", "Nous nous en occupons personnellement"},
	} {
		o.Metadata = nil
		got := rendered(t, set, c.name, o)
		if n := strings.Count(got.HTML, c.button); n != 2 || strings.Count(got.HTML, c.hand) != 1 || strings.Count(got.Text, c.hand) != 1 {
			t.Errorf("%s: %d buttons; the mug is taken care of: %v\n%s", c.name, n, strings.Contains(got.HTML, c.hand), got.Text)
		}
		for _, address := range []string{"https://example.com/downloads/the-e-book.pdf", "https://example.com/course/start"} {
			if strings.Count(got.HTML, `href="`+address+`"`) != 2 || strings.Count(got.Text, address) != 1 {
				t.Errorf("%s: %s is not linked\n%s", c.name, address, got.HTML)
			}
		}
		o.Metadata = []order.Pair{{Key: "download_url", Value: "https://example.com/all.zip"}}
		if got := rendered(t, set, c.name, o); strings.Count(got.HTML, `href="https://example.com/all.zip"`) != 2 || strings.Contains(got.HTML, c.hand) {
			t.Errorf("%s: the mug has not the payment link's download\n%s", c.name, got.HTML)
		}
	}
}

// What customers get is in one language: no English word is left in the others.
func TestStarterLanguages(t *testing.T) {
	t.Parallel()

	set := sampletest.TemplatesOf(t, sample.Starter())
	english := []string{"Thank", "Your", "your", "receipt", "Item<", "Amount", "Quantity", "Subtotal", "Discount", "Shipping", "Tax", "Includes",
		"Questions", "Order", "order ", "Download<", "test order", "bought", "January", "November"}
	for _, name := range []string{"receipt", "delivery", "follow-up"} {
		for _, language := range []string{"de", "fr"} {
			for sampleName, o := range sampletest.Orders(t) {
				got := rendered(t, set, name+"."+language, o)
				all := got.Subject + got.HTML + got.Text
				for _, word := range english {
					if strings.Contains(all, word) {
						t.Errorf("%s.%s of %s says %q", name, language, sampleName, word)
					}
				}
				if !strings.Contains(got.HTML, `<html lang="`+language+`"`) {
					t.Errorf("%s.%s is not marked as such", name, language)
				}
			}
		}
	}
}

// wellFormed says what is wrong with an e-mail's HTML: a tag that is not closed where it should be,
// or something that mail programs do not show.
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

func TestReversalTemplates(t *testing.T) {
	t.Parallel()

	set, orders := sampletest.TemplatesOf(t, sample.Starter()), sampletest.Orders(t)
	for name, c := range map[string]struct{ template, subject, text string }{
		"charge_refunded":        {"refunded", "[test] Refunded: $49.00 to Ada Example", "All of the payment of Ada Example was refunded: $49.00."},
		"charge_refunded_partly": {"refunded", "[test] Refunded in part: €42.25 to José Ñandú", "A part of the payment of José Ñandú was refunded: €42.25 of €169.00 so far."},
		"charge_dispute_created": {"disputed", "[test] Payment disputed: ¥5,000 by 花子", "The bank of 花子 asks for ¥5,000 of the payment of ¥5,000; the reason is, in Stripe's word: fraudulent."},
	} {
		o := orders[name]
		about := ""
		for id, e := range o.Events {
			if order.OfCharge(e.Type) {
				about = id
			}
		}
		tmpl, _ := set.Find(c.template, "")
		got, err := tmpl.Render(maildata.Of(shop, o, order.Delivery{Email: order.Email{Key: noticeSeries + "/" + c.template + "/1", About: about}}))
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(strings.Fields(got.Text), " "); got.Subject != c.subject || !strings.Contains(text, c.text) {
			t.Errorf("%s: %q\n%s", name, got.Subject, text)
		}
	}
}

// Kinds that share a template say what happened in their own words.
func TestMoneyNoticesThatShareATemplate(t *testing.T) {
	t.Parallel()

	set, orders := sampletest.TemplatesOf(t, sample.Starter()), sampletest.Orders(t)
	for kind, c := range map[string]struct{ of, subject, text, command string }{
		"refund-failed": {"refund_failed", "[test] A refund failed: $49.00 to Ada Example",
			"A refund of $49.00 did not reach the customer", `resend ID ebook/follow-up --reason "the refund failed"`},
		"dispute-won": {"dispute_won", "[test] A dispute was won: ¥5,000 by 花子",
			"the disputed ¥5,000 are yours again. These e-mails stay cancelled: ebook/follow-up.", `resend ID ebook/follow-up --reason "the dispute was won"`},
		"dispute-lost":   {"dispute_lost", "[test] A dispute was lost: ¥5,000 by 花子", "who keeps the disputed ¥5,000. The reason is, in Stripe's word: fraudulent.", ""},
		"inquiry":        {"dispute_inquiry", "[test] A bank asks about a payment: ¥5,000 by 花子", "It asks for no money", ""},
		"inquiry-closed": {"dispute_inquiry", "[test] A bank's inquiry is closed: ¥5,000 by 花子", "question about this payment is closed", ""},
	} {
		o := orders[c.of]
		tmpl, _ := set.Find(maildata.Shared()[kind], "")
		got, err := tmpl.Render(sample.Mail(o, noticeSeries+"/"+kind, "").Data(shop))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(got.Text), " ")
		if got.Subject != c.subject || !strings.Contains(text, c.text) || strings.Contains(text, "asks for ¥") || strings.Contains(text, "was refunded") {
			t.Errorf("%s: %q\n%s", kind, got.Subject, got.Text)
		}
		command := "go run ./cmd/tillbell " + strings.Replace(c.command, "ID", o.ID, 1)
		for of, body := range map[string]string{"text": got.Text, "HTML": html.UnescapeString(got.HTML)} {
			if c.command == "" && strings.Contains(body, "tillbell resend") || c.command != "" && !strings.Contains(body, command) {
				t.Errorf("%s: no command %q in the %s:\n%s", kind, c.command, of, body)
			}
		}
	}
}
