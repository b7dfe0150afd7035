package inbox

import (
	"slices"
	"strings"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// sampleOrder is an order that a template can be tried with.
type sampleOrder struct {
	Name, Label string
	order       *order.Order
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
	unusual.CustomerEmail = "zoe.with.an.address.that.is.longer.than.a.line@mail.department.example.com"
	unusual.AmountDiscount, unusual.AmountShipping, unusual.AmountTax = 1000, 495, 321
	unusual.AmountTotal = unusual.AmountSubtotal - 1000 + 495 + 321
	unusual.Items = slices.Clone(unusual.Items)
	unusual.Items[0].Description = `A very long name of a thing, with <i>markup</i> & "quotes" in it, that needs more than one line`
	orders["unusual"] = &unusual

	var all []sampleOrder
	for name, o := range orders {
		all = append(all, sampleOrder{name, label(name), o})
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
	case "completed_de":
		return "In German, with a discount and shipping"
	case "completed_fr":
		return "In French, a subscription with tax on top"
	case "completed_jpy":
		return "In yen"
	case "charge_refunded":
		return "One product, refunded"
	case "charge_refunded_partly":
		return "Two products, refunded in part"
	case "charge_dispute_created":
		return "In yen, disputed"
	case "dispute_inquiry":
		return "In yen, a bank asks about it"
	case "dispute_won":
		return "In yen, the dispute was won"
	case "dispute_lost":
		return "In yen, the dispute was lost"
	case "refund_failed":
		return "One product, whose refund failed"
	case "payment_captured":
		return "Captured by hand"
	case "unusual":
		return "Unusual name and address, discount, shipping and tax"
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

// has reports whether the label has all words of a search.
func (s sampleOrder) has(text string) bool {
	e := entry{text: strings.ToLower(s.Label + " " + s.Name)}
	return e.has(strings.Fields(strings.ToLower(text)))
}
