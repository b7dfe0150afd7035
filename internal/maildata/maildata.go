// Package maildata builds an e-mail's dynamic template data from an order, with the names in
// docs/template-data.md. send-email sends it, and the laptop's preview builds it from sample
// orders.
package maildata

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"handler/function/internal/condition"
	"handler/function/internal/order"
)

// NoticeSeries is the first part of the key of a notice to the admins.
const NoticeSeries = order.NoticeSeries

// ReportSeries is the first part of the key of the e-mail that a report is.
const ReportSeries = "report"

// The kinds of notices to the admins.
const (
	PaymentFailed  = "payment-failed"
	EmailFailed    = "email-failed"
	UnknownProduct = "unknown-product"
	ItemsMissing   = "items-missing"
	Refunded       = "refunded"
	Disputed       = "disputed"
	Bounced        = "bounced"
	DatabaseFull   = "database-full"
	// These have the templates of others, which show notice.text: see Shared.
	ItemsGivenUp = "items-given-up"
	OrderOverdue = "order-overdue"
	StillUnpaid  = "still-unpaid"
	Unheard      = "unheard"
	// RefundFailed has that of refunded, and these others have that of disputed.
	RefundFailed  = "refund-failed"
	DisputeWon    = "dispute-won"
	DisputeLost   = "dispute-lost"
	Inquiry       = "inquiry"
	InquiryClosed = "inquiry-closed"
	Condition     = "condition"
)

type orderData struct {
	ID            string `json:"id"`
	Date          string `json:"date"`
	TimeZone      string `json:"time_zone"`
	UTCOffset     string `json:"utc_offset"`
	PaymentStatus string `json:"payment_status"`
	Mode          string `json:"mode"`
	PaymentLink   string `json:"payment_link"`
	Reference     string `json:"reference"`
	Test          bool   `json:"test"`
}

type customerData struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

type itemData struct {
	Description string `json:"description"`
	Product     string `json:"product"`
	Price       string `json:"price"`
	Quantity    int64  `json:"quantity"`
	Unit        Money  `json:"unit"`
	Subtotal    Money  `json:"subtotal"`
	Discount    Money  `json:"discount"`
	Tax         Money  `json:"tax"`
	Total       Money  `json:"total"`
	// Metadata is the product's, by its keys.
	Metadata map[string]string `json:"metadata"`
}

type noticeData struct {
	Kind string `json:"kind"`
	// About is the delivery that failed or did not arrive, the products that no series names, or
	// the event of a refund or a dispute.
	About string `json:"about"`
	// Reason is why it failed, or why a payment is disputed.
	Reason string `json:"reason"`
	// Amount is what went back so far, did not go back, or is disputed; none in other notices.
	Amount Money `json:"amount"`
	// Whole: all of the payment is refunded.
	Whole bool `json:"whole"`
	// Title is what happened in a few words, Text in a sentence or two, and Command is what the
	// owner types to go on: for the kinds that share a template.
	Title   string `json:"title"`
	Text    string `json:"text"`
	Command string `json:"command"`
}

// Shop is who sends the e-mails.
type Shop struct {
	// Name is the sender's; the address where it has none.
	Name  string `json:"name"`
	Email string `json:"email"`
	// Zone is its time zone; UTC where it is nil.
	Zone *time.Location `json:"-"`
}

// Location is the shop's time zone.
func (s Shop) Location() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// Mail is an e-mail as its template sees it: a delivery of an order.
type Mail struct {
	Order    *order.Order
	Delivery order.Delivery
}

// Data is the template data of an e-mail of the shop.
func (m Mail) Data(shop Shop) map[string]any { return Of(shop, m.Order, m.Delivery) }

// Of is the template data, by the names of its variables. A report has few of them. All e-mails of
// an order have the same data, except for the series, its own items, and the notice in e-mails to
// the admins. Each text from outside is one line, since SendGrid puts it into subjects, and a
// subject is a header.
func Of(shop Shop, o *order.Order, d order.Delivery) map[string]any {
	series, rest, _ := strings.Cut(d.Key, "/")
	switch kind, _, _ := strings.Cut(rest, "/"); {
	case series == ReportSeries:
		return reportData(shop, o)
	case series == NoticeSeries && kind == DatabaseFull:
		return shopNotice(shop, o, noticeData{Kind: kind})
	case series == NoticeSeries && kind == Condition:
		return shopNotice(shop, o, conditionNotice(d))
	}
	in := func(amount int64) Money { return MoneyOf(amount, o.Currency, o.Locale) }
	items, own := itemsData(o, d)
	out := map[string]any{
		"shop":   shop,
		"series": series,
		"order": orderData{
			ID:            o.ID,
			Date:          o.SessionCreated.UTC().Format(time.RFC3339),
			TimeZone:      shop.Location().String(),
			UTCOffset:     o.SessionCreated.In(shop.Location()).Format("-0700"),
			PaymentStatus: string(o.PaymentStatus),
			Mode:          o.Mode,
			PaymentLink:   o.PaymentLink,
			Reference:     oneLine(o.ClientReferenceID),
			Test:          !o.Livemode,
		},
		"customer":  customerOf(o.Customer()),
		"items":     items,
		"own_items": own,
		"subtotal":  in(o.AmountSubtotal),
		"discount":  in(o.AmountDiscount),
		"shipping":  in(o.AmountShipping),
		"tax":       in(o.AmountTax),
		"total":     in(o.AmountTotal),
		// The subtotal already includes tax that is in the prices.
		"tax_included": o.AmountTax != 0 && o.AmountTotal == o.AmountSubtotal-o.AmountDiscount+o.AmountShipping,
		"metadata":     metadataOf(o.Metadata),
	}
	if series == NoticeSeries {
		out["notice"] = noticeOf(o, d, rest)
	}
	return out
}

func customerOf(a order.Address) customerData { return customerData{oneLine(a.Name), oneLine(a.Email)} }

// reportData is the data of a report's template. It has no order; the shared partials use
// order.test.
func reportData(shop Shop, o *order.Order) map[string]any {
	return map[string]any{
		"shop":   shop,
		"series": ReportSeries,
		"order":  map[string]bool{"test": false},
		"report": json.RawMessage(cmp.Or(o.Report, "{}")),
	}
}

// shopNotice is the data of a notice about the shop itself. Like a report, it has no order.
func shopNotice(shop Shop, o *order.Order, notice noticeData) map[string]any {
	return map[string]any{
		"shop":     shop,
		"series":   NoticeSeries,
		"order":    map[string]bool{"test": false},
		"notice":   notice,
		"database": spaceOf(o.Report),
	}
}

// spaceData is how full the database is, as its document says, without what else that says.
type spaceData struct {
	UsedMB  int64 `json:"used_mb"`
	QuotaMB int64 `json:"quota_mb"`
	Percent int   `json:"percent"`
	Level   int   `json:"level"`
}

func spaceOf(report string) spaceData {
	var s spaceData
	if json.Unmarshal([]byte(report), &s) != nil {
		return spaceData{}
	}
	return s
}

// conditionNotice says what keeps the shop from working, and what the owner does.
func conditionNotice(d order.Delivery) noticeData {
	n, _ := condition.ParseRef(d.About)
	return noticeData{Kind: Condition, Title: n.Title(), Text: oneLine(n.Text())}
}

func noticeOf(o *order.Order, d order.Delivery, rest string) noticeData {
	kind, _, _ := strings.Cut(rest, "/")
	n := noticeData{Kind: kind, About: d.About, Reason: o.Emails[d.About].LastError}
	switch kind {
	case ItemsMissing, ItemsGivenUp:
		n.Reason = o.Fetch.LastError
	case OrderOverdue:
		n.Reason = d.About
	case Refunded, RefundFailed, Disputed, DisputeWon, DisputeLost, Inquiry, InquiryClosed:
		c, _ := o.Events[d.About].Charge() // it was read before; one that is gone says nothing
		n.Amount, n.Whole, n.Reason = MoneyOf(c.Amount, c.Currency, o.Locale), c.Whole, c.Reason
	case Bounced:
		n.Reason = bounceReason(o.Emails[d.About])
	}
	n.Reason = oneLine(n.Reason)
	n.Title, n.Text, n.Command = titleOf(kind), textOf(kind, n.Amount.Formatted, o), commandOf(kind, o, d.About)
	return n
}

// bounceReason is why an e-mail did not arrive: what happened, and what the mail server said of it.
func bounceReason(d order.Delivery) string {
	a, ok := d.Trouble()
	if !ok {
		return ""
	}
	what := TroubleOf(a.Kind)
	if a.Reason == "" {
		return what
	}
	return what + ": " + a.Reason
}

// TroubleOf says what happened to an e-mail that did not arrive.
func TroubleOf(kind order.ArrivalKind) string {
	return map[order.ArrivalKind]string{
		order.Bounced: "it bounced", order.Blocked: "the mail server refused it for now, and SendGrid does not try again",
		order.Dropped: "SendGrid dropped it", order.SpamReport: "the recipient reported it as spam",
	}[kind]
}

// itemsData are all items of an order, and those that chose the series of an e-mail.
func itemsData(o *order.Order, d order.Delivery) (all, own []itemData) {
	all, own = []itemData{}, []itemData{}
	for _, i := range o.Items {
		item := itemDataOf(i, o.Locale)
		all = append(all, item)
		if len(d.Items) == 0 || slices.Contains(d.Items, i.ID) {
			own = append(own, item)
		}
	}
	return all, own
}

func metadataOf(pairs []order.Pair) map[string]string {
	metadata := map[string]string{}
	for _, p := range pairs {
		metadata[p.Key] = oneLine(p.Value)
	}
	return metadata
}

func itemDataOf(i order.Item, locale string) itemData {
	in := func(amount int64) Money { return MoneyOf(amount, i.Currency, locale) }
	description := i.Description
	if description == "" {
		description = i.ProductName
	}
	return itemData{
		Description: oneLine(description),
		Product:     i.Product,
		Price:       i.Price,
		Quantity:    i.Quantity,
		Unit:        in(unitOf(i)),
		Subtotal:    in(i.AmountSubtotal),
		Discount:    in(i.AmountDiscount),
		Tax:         in(i.AmountTax),
		Total:       in(i.AmountTotal),
		Metadata:    metadataOf(i.Metadata),
	}
}

// unitOf is the price of one unit of an item, in the order's currency; 0 if that is not an integer.
// It is not the price's unit amount, which may be in another currency, and is missing for tiers or
// fractions of a cent.
func unitOf(i order.Item) int64 {
	if i.Quantity <= 0 || i.AmountSubtotal%i.Quantity != 0 {
		return 0
	}
	return i.AmountSubtotal / i.Quantity
}

// oneLine replaces line breaks and other control characters by spaces.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp)
	}), " ")
}
