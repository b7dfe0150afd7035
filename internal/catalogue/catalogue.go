// Package catalogue is the owner's catalogue.yml: which e-mails each product brings, and to whom.
//
// Parse reads a catalogue; Files.Check also renders every template with sample orders. A Catalogue
// plans what an order owes, and builds the request to SendGrid for each e-mail.
package catalogue

import (
	"cmp"
	"time"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/published"
	"handler/function/internal/span"
)

// Catalogue says which e-mails which product gets. Its file's comments explain each field.
type Catalogue struct {
	From    mailbox  `yaml:"from"`
	ReplyTo *mailbox `yaml:"reply_to"`
	Admins  admins   `yaml:"admins"`
	Only    *match   `yaml:"only"`
	// EveryOrder is what each order gets beside the series that its line items choose.
	EveryOrder unmatched `yaml:"every_order"`
	Series     []series  `yaml:"series"`
	// Default is what line items get that no series names.
	Default unmatched `yaml:"default"`
	// MetadataKeys are keys that products, payment links or sessions may have, beside those of the
	// samples.
	MetadataKeys []text  `yaml:"metadata_keys"`
	Notices      notices `yaml:"notices"`
	Report       *report `yaml:"report"`

	// ids are those of the templates that it names; New sets them.
	ids published.IDs
}

// unmatched is a series that claims nothing as its own.
type unmatched struct {
	Emails []email `yaml:"emails"`
}

type series struct {
	Name   text    `yaml:"name"`
	Match  match   `yaml:"match"`
	Emails []email `yaml:"emails"`
}

// match is what a series, or a shop, claims as its own.
type match struct {
	Prices       []text          `yaml:"prices"`
	Products     []text          `yaml:"products"`
	PaymentLinks []text          `yaml:"payment_links"`
	Metadata     map[string]text `yaml:"metadata"`
}

type email struct {
	Key      text      `yaml:"key"`
	Template template  `yaml:"template"`
	To       recipient `yaml:"to"`
	After    delay     `yaml:"after"`
}

type mailbox struct {
	Email text   `yaml:"email"`
	Name  string `yaml:"name"`
}

// admins get the notices of live orders and of test orders. In the file they are a list for both,
// or one for each.
type admins struct {
	Live []text `yaml:"live"`
	Test []text `yaml:"test"`
	// split: there is a list for each.
	split bool
}

func (a admins) of(o *order.Order) []text {
	if o.Livemode {
		return a.Live
	}
	return a.Test
}

// notices are the templates of what only the admins get.
type notices struct {
	PaymentFailed  template `yaml:"payment_failed"`
	EmailFailed    template `yaml:"email_failed"`
	UnknownProduct template `yaml:"unknown_product"`
	ItemsMissing   template `yaml:"items_missing"`
	// Refunded and Disputed may be left out, as in catalogues that are older than they are.
	Refunded template `yaml:"refunded"`
	Disputed template `yaml:"disputed"`
	// EmailBounced may be left out: then it is EmailFailed's.
	EmailBounced template `yaml:"email_bounced"`
	// DatabaseFull may be left out: then only the log says it.
	DatabaseFull template `yaml:"database_full"`
}

// text is a value that knows its line, so that a mistake found later can name it.
type text struct {
	Value string
	Line  int
}

func (t *text) set(value string, line int) { *t = text{value, line} }

// template is the name of one of the shop's own, or the ID of a dynamic template that was made at
// SendGrid.
type template struct{ text }

func (t template) isID() bool { return published.ValidID(t.Value) }

// recipient is customer, admins, or an address. What is none of the three has no audience.
type recipient struct {
	text
	audience order.Audience
}

// set tells the three apart.
func (r *recipient) set(value string, line int) {
	r.text.set(value, line)
	switch {
	case value == string(order.Customer), value == string(order.Admins):
		r.audience = order.Audience(value)
	case order.IsAddress(value):
		r.audience = order.Other
	}
}

// delay is how long after the plan an e-mail is due, such as 3d; there is no upper limit. What is
// no time span is negative.
type delay struct {
	text
	time.Duration
}

func (d *delay) set(value string, line int) {
	d.text.set(value, line)
	d.Duration = -1
	if parsed, err := span.Parse(value); err == nil {
		d.Duration = parsed
	}
}

// Shop is what the templates show of the sender.
func (c *Catalogue) Shop() maildata.Shop {
	return maildata.Shop{Name: cmp.Or(c.From.Name, c.From.Email.Value), Email: c.From.Email.Value}
}
