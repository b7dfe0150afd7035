package sample

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"handler/function/internal/condition"
	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/view"
)

// failed is the delivery that the notices of a failure are about.
const failed = "ebook/delivery"

// Mails gives for a key the e-mails of all these orders, in a language or, where that is empty,
// each in its own.
func Mails(orders map[string]*order.Order) func(key, language string) []maildata.Mail {
	return func(key, language string) (mails []maildata.Mail) {
		for _, name := range slices.Sorted(maps.Keys(orders)) {
			mails = append(mails, Mail(orders[name], key, language))
			for _, kind := range sharing(key) {
				mails = append(mails, Mail(orders[name], kind, language))
			}
		}
		return mails
	}
}

// sharing are the keys of the notices that have the template of the one with that key.
func sharing(key string) (keys []string) {
	for _, kind := range slices.Sorted(maps.Keys(maildata.Shared())) {
		if key == maildata.NoticeSeries+"/"+maildata.Shared()[kind] {
			keys = append(keys, maildata.NoticeSeries+"/"+kind)
		}
	}
	return keys
}

// Mail is an order's e-mail with that key, to render a template with: every-order/receipt,
// notice/refunded, report/daily. A notice has its cause, such as the refund, and a report the sales
// of some days. The order's language is the one that is given, if any is. The order itself is not
// changed.
func Mail(of *order.Order, key, language string) maildata.Mail {
	o := of.Clone()
	o.Locale = cmp.Or(language, o.Locale)
	o.Fetch.LastError = "Stripe answered 404 invalid_request_error resource_missing"
	o.Emails = map[string]order.Delivery{failed: {
		LastError: "SendGrid answered 400: Does not contain a valid address.",
		Arrivals:  []order.Arrival{{Kind: order.Bounced, Reason: "550 5.1.1 no such mailbox"}},
	}}
	m := maildata.Mail{Order: o, Delivery: order.Delivery{Email: order.Email{Key: key}}}
	switch series, kind, _ := strings.Cut(key, "/"); {
	case series == maildata.ReportSeries:
		o.Report = report(of)
	case series != maildata.NoticeSeries:
	case kind == maildata.DatabaseFull:
		o.Report = view.SpaceOf(430<<20, 512).JSON()
	case kind == maildata.Condition:
		m.Delivery.About = condition.News{Phase: condition.Begun, Condition: condition.Condition{Kind: condition.StripeKeyRefused}}.Ref()
	case kind == maildata.EmailFailed, kind == maildata.Bounced, kind == maildata.Unheard:
		m.Delivery.Key, m.Delivery.About = key+"/"+failed, failed
	case kind == maildata.OrderOverdue:
		m.Delivery.About = "secret stripe-api-key is missing"
	case kind == maildata.UnknownProduct:
		m.Delivery.About = "prod_unknown"
	case newsEvents[kind] != "":
		m.Delivery.About = charge(o, newsEvents[kind])
		o.Emails["ebook/follow-up"] = order.Delivery{State: order.Cancelled, LastError: "refunded"}
	}
	return m
}

// newsEvents are the sample events of what the notices about money say.
var newsEvents = map[string]string{
	maildata.Refunded: "charge_refunded", maildata.RefundFailed: "refund_failed",
	maildata.Disputed: "charge_dispute_created", maildata.DisputeWon: "dispute_won", maildata.DisputeLost: "dispute_lost",
	maildata.Inquiry: "dispute_inquiry", maildata.InquiryClosed: "dispute_inquiry",
}

// charge is the ID of an order's event of the type that a sample event has. An order that has none
// gets the sample.
func charge(o *order.Order, name string) string {
	e, err := parse(name, o.CreatedAt)
	if err != nil {
		return "" // impossible: the sample is embedded
	}
	for id, its := range o.Events {
		if its.Type == e.Type {
			return id
		}
	}
	o.Events[e.ID] = e
	return e.ID
}

// report is the data of the report of an order's day, with e-mails in each state. Ten days before
// that day the same was sold twice in another currency, and some of the money came back. Of test orders, not
// all could be counted.
func report(o *order.Order) string {
	today := o.Clone()
	after := func(d time.Duration) order.Email { return order.Email{NotBefore: o.CreatedAt.Add(d)} }
	today.Emails = map[string]order.Delivery{
		"every-order/receipt": {State: order.Sent}, "every-order/sale": {State: order.Failed},
		"ebook/delivery":  {State: order.Retry, Unsure: true},
		"ebook/follow-up": {Email: after(48 * time.Hour), State: order.Planned, PlannedAt: o.CreatedAt, DueAt: o.CreatedAt.Add(48 * time.Hour)},
	}
	earlier := today.Clone()
	earlier.Emails = map[string]order.Delivery{
		"ebook/delivery": {Email: order.Email{Audience: order.Customer}, State: order.Sent, Arrivals: []order.Arrival{{Kind: order.Bounced}}},
		"ebook/sale":     {State: order.Sent, UnheardAt: o.CreatedAt},
	}
	earlier.CreatedAt = o.CreatedAt.AddDate(0, 0, -10)
	earlier.PaymentStatus, earlier.Currency = order.Paid, "chf"
	earlier.Refunded = o.AmountTotal / 4
	earlier.Items = nil
	for _, i := range o.Items {
		i.Currency = earlier.Currency
		earlier.Items = append(earlier.Items, i)
	}
	disputed := earlier.Clone()
	disputed.Disputed = true
	tally := view.NewTally(o.CreatedAt)
	for _, o := range []*order.Order{today, earlier, disputed} {
		tally.Add(o)
	}
	sum := tally.Summary(view.Now{Due: 1, Stuck: 1})
	if !o.Livemode {
		sum.CountedSince = &earlier.CreatedAt
	}
	return view.ReportOf(sum).JSON()
}
