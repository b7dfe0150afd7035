package inbox

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/view"
)

// sampleOrder is an order that a template can be tried with.
type sampleOrder struct {
	Name, Label string
	order       *order.Order
	// charges are events of charges by their type, for an order that has none of that type.
	charges map[string]order.Event
}

// sampleOrders are those of the sample events, and one of a customer whose name is unusual.
func sampleOrders() ([]sampleOrder, error) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	orders, err := sample.Orders(now)
	if err != nil {
		return nil, err
	}
	unusual := *orders["completed_two_products"]
	unusual.CustomerName = `Zoë <b>&"' 🎉 דנה`
	unusual.AmountDiscount, unusual.AmountShipping, unusual.AmountTax = 1000, 495, 321
	unusual.AmountTotal = unusual.AmountSubtotal - 1000 + 495 + 321
	unusual.Items = slices.Clone(unusual.Items)
	unusual.Items[0].Description = `A very long name of a thing, with <i>markup</i> & "quotes" in it, that needs more than one line`
	orders["unusual"] = &unusual

	charges := map[string]order.Event{}
	for _, name := range []string{"charge_refunded", "charge_dispute_created"} {
		for _, e := range orders[name].Events {
			charges[e.Type] = e
		}
	}
	var all []sampleOrder
	for name, o := range orders {
		all = append(all, sampleOrder{name, label(name), o, charges})
	}
	// The usual case first.
	slices.SortFunc(all, func(a, b sampleOrder) int {
		if (a.Name == "completed_paid") != (b.Name == "completed_paid") {
			return map[bool]int{true: -1, false: 1}[a.Name == "completed_paid"]
		}
		return strings.Compare(a.Label, b.Label)
	})
	return all, nil
}

// label is the name of a sample event, for a person.
func label(name string) string {
	switch name {
	case "completed_paid":
		return "One product, paid"
	case "completed_two_products":
		return "Two products, in euros with tax in the price"
	case "completed_unpaid":
		return "Bank debit, not paid yet"
	case "async_payment_failed":
		return "Bank debit, declined"
	case "async_payment_succeeded":
		return "Bank debit, paid"
	case "completed_no_payment_required":
		return "Free of charge"
	case "completed_jpy":
		return "In yen"
	case "charge_refunded":
		return "One product, refunded"
	case "charge_refunded_partly":
		return "Two products, refunded in part"
	case "charge_dispute_created":
		return "In yen, disputed"
	case "unusual":
		return "Unusual name, discount, shipping and tax"
	}
	return strings.ReplaceAll(name, "_", " ")
}

// sample is the one of a name, and the first one where none is asked for.
func (i *Inbox) sample(name string) (sampleOrder, bool) {
	if name == "" {
		return i.samples[0], true
	}
	at := slices.IndexFunc(i.samples, func(s sampleOrder) bool { return s.Name == name })
	if at < 0 {
		return sampleOrder{}, false
	}
	return i.samples[at], true
}

// data is what a template in some language is sent of the order by a shop, for the e-mail of a key.
func (s sampleOrder) data(shop maildata.Shop, language, key string) map[string]any {
	o := *s.order
	o.Locale = cmp.Or(language, o.Locale)
	o.Fetch.LastError = "Stripe answered 404 invalid_request_error resource_missing"
	o.Emails = map[string]order.Delivery{"ebook/delivery": {
		LastError: "SendGrid answered 400: Does not contain a valid address.",
		Arrivals:  []order.Arrival{{Kind: order.Bounced, Reason: "550 5.1.1 no such mailbox"}},
	}}
	d := order.Delivery{Email: order.Email{Key: key}}
	switch series, kind, _ := strings.Cut(key, "/"); {
	case series == maildata.ReportSeries:
		o.Report = view.SampleReport(&o).JSON()
	case series != maildata.NoticeSeries:
	case kind == maildata.EmailFailed, kind == maildata.Bounced:
		d.Key, d.About = key+"/ebook/delivery", "ebook/delivery"
	case kind == maildata.UnknownProduct:
		d.About = "prod_unknown"
	case kind == maildata.Refunded:
		d.About = s.withCharge(&o, order.ChargeRefunded)
	case kind == maildata.Disputed:
		d.About = s.withCharge(&o, order.DisputeCreated)
	}
	return maildata.Of(shop, &o, d)
}

// withCharge is the ID of an event of this type in an order, which is given one where it has none.
func (s sampleOrder) withCharge(o *order.Order, eventType string) string {
	for id, e := range o.Events {
		if e.Type == eventType {
			return id
		}
	}
	e := s.charges[eventType]
	o.Events = maps.Clone(o.Events)
	o.Events[e.ID] = e
	return e.ID
}
