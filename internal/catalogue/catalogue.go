// Package catalogue reads the owner's catalogue.yml: which e-mails each product causes, and their
// recipients.
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

// Catalogue maps products to their e-mails. Its file's comments explain each field.
type Catalogue struct {
	From    mailbox  `yaml:"from"`
	ReplyTo *mailbox `yaml:"reply_to"`
	Admins  admins   `yaml:"admins"`
	Only    *match   `yaml:"only"`
	// EveryOrder is the series that each order gets in addition to those of its line items.
	EveryOrder unmatched `yaml:"every_order"`
	Series     []series  `yaml:"series"`
	// Default is the series of line items that no other series names.
	Default unmatched `yaml:"default"`
	// MetadataKeys are keys that products, payment links or sessions may have, in addition to those
	// of the samples.
	MetadataKeys []text  `yaml:"metadata_keys"`
	Notices      notices `yaml:"notices"`
	Report       *report `yaml:"report"`
	// TimeZone decides what a day is, and how times are shown; UTC without one.
	TimeZone timeZone `yaml:"time_zone"`

	// ids are the IDs of the named templates; New sets them.
	ids published.IDs
	// alertsOn reports whether there is an alert channel; nil if there is none.
	alertsOn func() bool
}

// unmatched is a series without a match.
type unmatched struct {
	Emails []email `yaml:"emails"`
}

type series struct {
	Name   text    `yaml:"name"`
	Match  match   `yaml:"match"`
	Emails []email `yaml:"emails"`
}

// match selects the items of a series, or the orders of a shop.
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

// notices are the templates of e-mails that only the admins get.
type notices struct {
	PaymentFailed  template `yaml:"payment_failed"`
	EmailFailed    template `yaml:"email_failed"`
	UnknownProduct template `yaml:"unknown_product"`
	ItemsMissing   template `yaml:"items_missing"`
	// Refunded and Disputed are optional: older catalogues do not have them.
	Refunded template `yaml:"refunded"`
	Disputed template `yaml:"disputed"`
	// EmailBounced is optional: the default is EmailFailed's template.
	EmailBounced template `yaml:"email_bounced"`
	// DatabaseFull is optional: without it there is only a log line.
	DatabaseFull template `yaml:"database_full"`
}

// text is a value with its line, so that a mistake found later can name it.
type text struct {
	Value string
	Line  int
}

func (t *text) set(value string, line int) { *t = text{value, line} }

// template is the name of a template of the shop, or the ID of a dynamic template that was made at
// SendGrid.
type template struct{ text }

func (t template) isID() bool { return published.ValidID(t.Value) }

// recipient is customer, admins, or an address. Any other text has no audience.
type recipient struct {
	text
	audience order.Audience
}

// set decides which of the three a text is.
func (r *recipient) set(value string, line int) {
	r.text.set(value, line)
	switch {
	case value == string(order.Customer), value == string(order.Admins):
		r.audience = order.Audience(value)
	case order.IsAddress(value):
		r.audience = order.Other
	}
}

// delay is how long after the plan an e-mail is due, such as 3d; there is no upper limit. It is
// negative for an invalid time span.
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
	return maildata.Shop{Name: cmp.Or(c.From.Name, c.From.Email.Value), Email: c.From.Email.Value, Zone: c.Zone()}
}
