package maildata

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

func TestCustomerIsTheCorrectedOne(t *testing.T) {
	t.Parallel()

	o := &order.Order{Facts: order.Facts{CustomerName: "Ada\nExample", CustomerEmail: "ada@exmaple.com"}}
	for _, want := range []customerData{{"Ada Example", "ada@exmaple.com"}, {"Ada Example", "ada@example.com"}, {"Countess Ada", "ada@work.example"}} {
		if got := Of(Shop{}, o, order.Delivery{})["customer"]; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
		to := order.Address{Email: "ada@example.com"}
		if len(o.Corrections) == 1 {
			to = order.Address{Email: "ada@work.example", Name: "Countess Ada"}
		}
		o.Corrections = append(o.Corrections, order.Correction{To: to})
	}
}

func TestNotice(t *testing.T) {
	t.Parallel()

	o := &order.Order{
		Fetch: order.Fetch{LastError: "Stripe answered 404"},
		Emails: map[string]order.Delivery{
			"ebook/delivery": {LastError: "SendGrid answered 400"},
			"ebook/sale":     {Arrivals: []order.Arrival{{Kind: order.Bounced, Reason: "550 no such mailbox\r\nBcc: eve@example.com"}}},
		},
		Events: map[string]order.Event{
			"evt_part":    charged("evt_part", order.ChargeRefunded, `"object":"charge","amount":4900,"amount_refunded":1250,"refunded":false,"currency":"usd"`),
			"evt_all":     charged("evt_all", order.ChargeRefunded, `"object":"charge","amount":4900,"amount_refunded":4900,"refunded":true,"currency":"usd"`),
			"evt_dispute": charged("evt_dispute", order.DisputeCreated, `"object":"dispute","amount":5000,"currency":"jpy","reason":"fraudulent"`),
		},
	}
	for _, c := range []struct {
		key, about string
		want       any
	}{
		{"ebook/delivery", "", nil},
		{"notice/email-failed/ebook/delivery", "ebook/delivery", noticeData{Kind: EmailFailed, About: "ebook/delivery", Reason: "SendGrid answered 400"}},
		{"notice/unknown-product", "prod_1, prod_2", noticeData{Kind: UnknownProduct, About: "prod_1, prod_2"}},
		{"notice/items-missing", "", noticeData{Kind: ItemsMissing, Reason: "Stripe answered 404"}},
		{"notice/bounced/ebook/sale", "ebook/sale", noticeData{Kind: Bounced, About: "ebook/sale", Reason: "it bounced: 550 no such mailbox Bcc: eve@example.com"}},
		{"notice/payment-failed", "", noticeData{Kind: PaymentFailed}},
		{"notice/refunded/0123456789ab", "evt_part", noticeData{Kind: Refunded, About: "evt_part",
			Amount: Money{1250, "USD", "12.50", "$12.50"}}},
		{"notice/refunded/0123456789ac", "evt_all", noticeData{Kind: Refunded, About: "evt_all", Whole: true,
			Amount: Money{4900, "USD", "49.00", "$49.00"}}},
		{"notice/disputed/0123456789ad", "evt_dispute", noticeData{Kind: Disputed, About: "evt_dispute", Reason: "fraudulent",
			Amount: Money{5000, "JPY", "5000", "¥5,000"}}},
	} {
		data := Of(Shop{}, o, order.Delivery{Email: order.Email{Key: c.key, About: c.about}})
		if d := cmp.Diff(c.want, data["notice"]); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.key, d)
		}
	}
}

// charged is an event of a charge, as it is stored.
func charged(id, eventType, fields string) order.Event {
	return order.Event{Type: eventType, Payload: `{"id":"` + id + `","type":"` + eventType + `","created":1,"data":{"object":{` + fields + `}}}`}
}

func TestUnit(t *testing.T) {
	t.Parallel()

	for _, c := range []struct{ subtotal, quantity, want int64 }{
		{4900, 1, 4900},
		{14700, 3, 4900},
		{1000, 3, 0}, // parts of a cent
		{0, 2, 0},
		{4900, 0, 0}, // as Stripe has it where it has none
	} {
		o := &order.Order{Items: []order.Item{{AmountSubtotal: c.subtotal, Quantity: c.quantity, Currency: "eur"}}}
		items, ok := Of(Shop{}, o, order.Delivery{})["items"].([]itemData)
		if !ok || items[0].Unit.Amount != c.want || items[0].Unit.Currency != "EUR" {
			t.Errorf("%d by %d: got %+v, want %d", c.subtotal, c.quantity, items, c.want)
		}
	}
}

func TestItems(t *testing.T) {
	t.Parallel()

	o := &order.Order{Items: []order.Item{
		{ID: "li_1", Product: "prod_ebook", Metadata: []order.Pair{{Key: "download_url", Value: "https://example.com/ebook.pdf"}, {Key: "note", Value: "two\nlines"}}},
		{ID: "li_2", Product: "prod_mug"},
	}}
	for name, c := range map[string]struct {
		ids  []string
		want []string
	}{
		"all, where none is named": {nil, []string{"prod_ebook", "prod_mug"}},
		"one":                      {[]string{"li_2"}, []string{"prod_mug"}},
		"both":                     {[]string{"li_2", "li_1"}, []string{"prod_ebook", "prod_mug"}},
	} {
		data := Of(Shop{}, o, order.Delivery{Email: order.Email{Key: "x/y", Items: c.ids}})
		var own []string
		for _, i := range data["own_items"].([]itemData) {
			own = append(own, i.Product)
		}
		if d := cmp.Diff(c.want, own); d != "" || len(data["items"].([]itemData)) != 2 {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	items := Of(Shop{}, o, order.Delivery{})["items"].([]itemData)
	if d := cmp.Diff([]map[string]string{{"download_url": "https://example.com/ebook.pdf", "note": "two lines"}, {}}, []map[string]string{items[0].Metadata, items[1].Metadata}); d != "" {
		t.Errorf("metadata (-want +got):\n%s", d)
	}
}

func TestTaxIncluded(t *testing.T) {
	t.Parallel()

	for what, c := range map[string]struct {
		subtotal, discount, shipping, tax, total int64
		want                                     bool
	}{
		"no tax":                               {4900, 0, 0, 0, 4900, false},
		"tax on top":                           {4900, 0, 0, 931, 5831, false},
		"tax in the price":                     {4900, 0, 0, 782, 4900, true},
		"with a discount, and shipping":        {4900, 1000, 495, 702, 4395, true},
		"on top, with a discount and shipping": {4900, 1000, 495, 835, 5230, false},
		"on top of a discount of as much":      {4900, 1000, 0, 1000, 4900, false},
	} {
		o := &order.Order{Facts: order.Facts{AmountSubtotal: c.subtotal, AmountDiscount: c.discount, AmountShipping: c.shipping, AmountTax: c.tax, AmountTotal: c.total}}
		if got := Of(Shop{}, o, order.Delivery{})["tax_included"]; got != c.want {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
}

func TestReport(t *testing.T) {
	t.Parallel()

	got := Of(Shop{Name: "Shop"}, &order.Order{Report: `{"day":"2026-11-28T00:00:00Z"}`}, order.Delivery{Email: order.Email{Key: ReportSeries + "/daily"}})
	want := map[string]any{"shop": Shop{Name: "Shop"}, "series": "report", "order": map[string]bool{"test": false},
		"report": json.RawMessage(`{"day":"2026-11-28T00:00:00Z"}`)}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
