package catalogue

import (
	"strings"
	"time"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
)

// The first parts of delivery keys that are not the name of a series in the catalogue.
const (
	defaultSeries = "default"
	everyOrder    = "every-order"
	noticeSeries  = maildata.NoticeSeries
)

// Plan freezes in the order the e-mails that it owes for a reason, according to the current
// catalogue.
func (c *Catalogue) Plan(o *order.Order, reason order.Reason, now time.Time) {
	news, ofMoney := o.NewsOf(reason)
	switch {
	case !c.claims(o, reason):
		o.Ignore(reason, "the catalogue's only does not name it", now)
	case ofMoney:
		c.planNews(o, news, now)
	case reason == order.ForPaymentFailed:
		o.Plan(reason, []order.Email{c.notice(o, PaymentFailed, "", now)}, now)
	case reason == order.ForStillUnpaid:
		o.Plan(reason, c.notify(o, StillUnpaid, "", now), now)
	default:
		c.planPaid(o, now)
	}
}

// claims reports whether an order is this shop's for a plan. The plan of its payment decides that
// for good: later catalogue changes do not affect it. A charge whose items are unknown is reported
// rather than ignored.
func (c *Catalogue) claims(o *order.Order, reason order.Reason) bool {
	if o.Planned(order.ForPaid) {
		return o.Ignored == ""
	}
	return c.ours(o) || !reason.OfPayment() && o.Fetch.DoneAt.IsZero()
}

// planPaid freezes the e-mails of the series of the bought items.
func (c *Catalogue) planPaid(o *order.Order, now time.Time) {
	chosen, unknown := c.choose(o)
	var emails []order.Email
	for _, s := range chosen {
		emails = append(emails, c.emails(s, o, now)...)
	}
	if len(unknown) > 0 {
		emails = append(emails, c.notice(o, UnknownProduct, strings.Join(unknown, ", "), now))
	}
	for _, e := range emails {
		if len(e.To) == 0 {
			emails = append(emails, c.notify(o, EmailFailed, e.Key, now)...)
		}
	}
	o.Plan(order.ForPaid, emails, now)
}

// NeedsItems reports whether a plan requires the line items.
func (c *Catalogue) NeedsItems(reason order.Reason) bool {
	return reason == order.ForPaid || c.Only != nil && reason.OfPayment()
}

func (c *Catalogue) emails(s choice, o *order.Order, now time.Time) []order.Email {
	var out []order.Email
	for _, e := range s.Emails {
		id, name := c.template(e.Template, o)
		out = append(out, order.Email{
			Key:          s.Name.Value + "/" + e.Key.Value,
			Template:     id,
			TemplateName: name,
			Audience:     e.To.audience,
			To:           c.addresses(e.To, o),
			Items:        s.items,
			NotBefore:    now.Add(e.After.Duration),
		})
	}
	return out
}

// template is the ID by which a template is sent, and its name, in the language of the order. A
// template that the catalogue names by ID has no name, and one language.
func (c *Catalogue) template(t template, o *order.Order) (id, name string) {
	if t.isID() {
		return t.Value, ""
	}
	name, id, _ = c.ids.Find(t.Value, o.Locale) // New has made sure that there is one
	return id, name
}

// addresses are the recipient's addresses for an order; none if the customer has no address.
func (c *Catalogue) addresses(r recipient, o *order.Order) []order.Address {
	switch r.audience {
	case order.Customer:
		customer := o.Customer()
		if customer.Email == "" {
			return nil
		}
		return []order.Address{customer}
	case order.Admins:
		var to []order.Address
		for _, a := range c.Admins.of(o) {
			to = append(to, order.Address{Email: a.Value})
		}
		return to
	}
	return []order.Address{{Email: r.Value}}
}
