package function

import (
	"strings"
	"time"
	"unicode"

	"github.com/sendgrid/sendgrid-go/helpers/mail"

	"handler/function/internal/order"
)

// message is the request to SendGrid for a delivery. What it carries for SendGrid's own records, the
// custom arguments, is IDs only: they are kept for long.
func (c *catalogue) message(o *order.Order, d order.Delivery) *mail.SGMailV3 {
	p := mail.NewPersonalization()
	for _, to := range d.To {
		p.AddTos(mail.NewEmail(recipientName(to.Name), to.Email))
	}
	p.SetCustomArg("delivery", o.ID+"/"+d.Key)
	p.SetCustomArg("order", o.ID)
	p.DynamicTemplateData = templateData(o, d)

	m := mail.NewV3Mail()
	m.SetFrom(mail.NewEmail(c.From.Name, c.From.Email.Value))
	if r := c.ReplyTo; r != nil {
		m.SetReplyTo(mail.NewEmail(r.Name, r.Email.Value))
	}
	m.SetTemplateID(d.Template)
	m.AddPersonalizations(p)
	return m
}

// recipientName is a name without what SendGrid refuses in a recipient's, commas and semicolons
// (https://www.twilio.com/docs/sendgrid/api-reference/mail-send/limitations), and without control
// characters: a customer called "Lovelace, Ada" gets her mail all the same.
func recipientName(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool {
		return r == ',' || r == ';' || unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}

type orderData struct {
	ID            string `json:"id"`
	Date          string `json:"date"`
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
	Unit        money  `json:"unit"`
	Subtotal    money  `json:"subtotal"`
	Discount    money  `json:"discount"`
	Tax         money  `json:"tax"`
	Total       money  `json:"total"`
}

type noticeData struct {
	Kind string `json:"kind"`
	// About is the delivery that failed, or the products that no series names.
	About string `json:"about"`
	// Reason is why it failed.
	Reason string `json:"reason"`
}

// templateData is what a template can show, by the names of its variables. It is the same for all
// e-mails of an order but for the series, and the notice in what only the admins get.
func templateData(o *order.Order, d order.Delivery) map[string]any {
	in := func(amount int64) money { return moneyOf(amount, o.Currency, o.Locale) }
	items := []itemData{}
	for _, i := range o.Items {
		items = append(items, itemDataOf(i, o.Locale))
	}
	metadata := map[string]string{}
	for _, p := range o.Metadata {
		metadata[p.Key] = p.Value
	}
	series, rest, _ := strings.Cut(d.Key, "/")
	out := map[string]any{
		"series": series,
		"order": orderData{
			ID:            o.ID,
			Date:          o.SessionCreated.UTC().Format(time.RFC3339),
			PaymentStatus: string(o.PaymentStatus),
			Mode:          o.Mode,
			PaymentLink:   o.PaymentLink,
			Reference:     o.ClientReferenceID,
			Test:          !o.Livemode,
		},
		"customer": customerData{o.CustomerName, o.CustomerEmail},
		"items":    items,
		"subtotal": in(o.AmountSubtotal),
		"discount": in(o.AmountDiscount),
		"shipping": in(o.AmountShipping),
		"tax":      in(o.AmountTax),
		"total":    in(o.AmountTotal),
		"metadata": metadata,
	}
	if series == noticeSeries {
		out["notice"] = noticeOf(o, d, rest)
	}
	return out
}

func noticeOf(o *order.Order, d order.Delivery, rest string) noticeData {
	kind, _, _ := strings.Cut(rest, "/")
	n := noticeData{Kind: kind, About: d.About, Reason: o.Emails[d.About].LastError}
	if kind == string(noticeItemsMissing) {
		n.Reason = o.Fetch.LastError
	}
	return n
}

func itemDataOf(i order.Item, locale string) itemData {
	in := func(amount int64) money { return moneyOf(amount, i.Currency, locale) }
	description := i.Description
	if description == "" {
		description = i.ProductName
	}
	return itemData{
		Description: description,
		Product:     i.Product,
		Price:       i.Price,
		Quantity:    i.Quantity,
		Unit:        in(i.UnitAmount),
		Subtotal:    in(i.AmountSubtotal),
		Discount:    in(i.AmountDiscount),
		Tax:         in(i.AmountTax),
		Total:       in(i.AmountTotal),
	}
}
