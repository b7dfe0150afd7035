package sample_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/sample"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// data is what a template sees of a sample order's e-mail with that key.
func data(t *testing.T, name, key, language string) (seen struct {
	Notice struct {
		About, Reason string
		Whole         bool
		Amount        maildata.Money
	}
	Total  maildata.Money
	Report struct {
		Test    bool
		Periods []struct {
			Paid   int
			Total  []maildata.Money
			Emails struct{ Sent, Waiting, Later, Failed, Unsure int }
		}
		Now struct{ Stuck, Failed int }
	}
}) {
	t.Helper()
	orders, err := sample.Orders(noon)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(sample.Mail(orders[name], key, language).Data(maildata.Shop{}))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &seen); err != nil {
		t.Fatal(err)
	}
	return seen
}

func TestMail(t *testing.T) {
	t.Parallel()

	for _, c := range []struct{ key, about, reason string }{
		{"notice/email-failed", "ebook/delivery", "SendGrid answered 400"},
		{"notice/bounced", "ebook/delivery", "it bounced: 550"},
		{"notice/unknown-product", "prod_unknown", ""},
		{"notice/items-missing", "", "Stripe answered 404"},
		{"notice/payment-failed", "", ""},
		{"notice/disputed", "evt_", "fraudulent"},
		{"notice/refunded", "evt_", ""},
	} {
		n := data(t, "completed_paid", c.key, "").Notice
		if !strings.HasPrefix(n.About, c.about) || !strings.HasPrefix(n.Reason, c.reason) || (n.Reason == "") != (c.reason == "") {
			t.Errorf("%s is about %q, for the reason %q", c.key, n.About, n.Reason)
		}
	}
	if whole, part := data(t, "charge_refunded", "notice/refunded", "").Notice, data(t, "charge_refunded_partly", "notice/refunded", "").Notice; !whole.Whole || part.Whole || part.Amount.Amount == 0 {
		t.Errorf("the whole refund is %+v, the part %+v", whole, part)
	}
	if got := data(t, "completed_two_products", "every-order/receipt", "de").Total.Formatted; got != "169,00\u00a0€" {
		t.Errorf("in German the total is %q", got)
	}
	if got := data(t, "completed_de", "every-order/receipt", "").Total.Formatted; got != "160,95\u00a0€" {
		t.Errorf("in the order's own language the total is %q", got)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()

	r := data(t, "completed_unpaid", "report/daily", "").Report
	day, month := r.Periods[0], r.Periods[2]
	if !r.Test || day.Paid != 0 || len(day.Total) != 0 || month.Paid != 2 || r.Now.Stuck == 0 || r.Now.Failed == 0 {
		t.Errorf("of a test order that is not paid: %+v", r)
	}
	if e := day.Emails; e.Sent != 1 || e.Waiting != 1 || e.Later != 1 || e.Failed != 1 || e.Unsure != 1 {
		t.Errorf("the e-mails are %+v", e)
	}
	if r := data(t, "completed_de", "report/daily", "").Report; r.Test || len(r.Periods[2].Total) != 2 {
		t.Errorf("of a live order: %+v", r)
	}
}

func TestMailLeavesTheOrderAlone(t *testing.T) {
	t.Parallel()

	orders, err := sample.Orders(noon)
	if err != nil {
		t.Fatal(err)
	}
	o := orders["completed_paid"]
	for _, key := range []string{"notice/refunded", "notice/email-failed", "report/daily", "every-order/receipt"} {
		sample.Mails(map[string]*order.Order{"completed_paid": o})(key, "de")
	}
	if len(o.Events) != 1 || len(o.Emails) != 0 || o.Locale != "" || o.Report != "" {
		t.Errorf("%d events, %d e-mails, locale %q", len(o.Events), len(o.Emails), o.Locale)
	}
}

func TestItemsWithTheirProducts(t *testing.T) {
	t.Parallel()

	orders, err := sample.Orders(noon)
	if err != nil {
		t.Fatal(err)
	}
	items := orders["completed_de"].Items
	if len(items) != 2 || items[0].Product != "prod_ebook" || items[0].ProductName != "The e-book" || len(items[0].Metadata) != 1 || len(items[1].Metadata) != 0 {
		t.Errorf("got %+v", items)
	}
}
