package catalogue

import (
	"strings"
	"unicode"

	"github.com/sendgrid/sendgrid-go/helpers/mail"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
)

// Message is the request to SendGrid for a delivery. Its custom arguments, which SendGrid stores
// for a long time, are only IDs.
func (c *Catalogue) Message(o *order.Order, d order.Delivery) *mail.SGMailV3 {
	p := mail.NewPersonalization()
	for _, to := range d.To {
		p.AddTos(mail.NewEmail(recipientName(to.Name), to.Email))
	}
	p.SetCustomArg("delivery", o.ID+"/"+d.Key)
	p.SetCustomArg("order", o.ID)
	p.DynamicTemplateData = maildata.Of(c.Shop(), o, d)

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
// characters: a customer called "Lovelace, Ada" still gets her mail.
func recipientName(name string) string {
	return strings.Join(strings.FieldsFunc(name, func(r rune) bool {
		return r == ',' || r == ';' || unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}
