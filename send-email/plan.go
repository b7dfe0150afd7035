package function

import (
	"slices"
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

// notice is a kind of e-mail that only the admins get.
type notice string

const (
	noticePaymentFailed  notice = maildata.PaymentFailed
	noticeEmailFailed    notice = maildata.EmailFailed
	noticeUnknownProduct notice = maildata.UnknownProduct
	noticeItemsMissing   notice = maildata.ItemsMissing
	noticeRefunded       notice = maildata.Refunded
	noticeDisputed       notice = maildata.Disputed
	noticeBounced        notice = maildata.Bounced
	noticeDatabaseFull   notice = maildata.DatabaseFull
)

var noticeKinds = []notice{noticePaymentFailed, noticeEmailFailed, noticeBounced, noticeUnknownProduct, noticeItemsMissing, noticeRefunded, noticeDisputed, noticeDatabaseFull}

// optional reports whether the catalogue may do without the notice: without a default, no product is unknown.
func (c *catalogue) optional(n notice) bool {
	switch n {
	case noticeRefunded, noticeDisputed, noticeBounced, noticeDatabaseFull:
		return true
	}
	return n == noticeUnknownProduct && !c.hasDefault()
}

// field is the notice's name in the catalogue.
func (n notice) field() string { return strings.ReplaceAll(string(n), "-", "_") }

// template is that of a notice.
func (n notices) template(kind notice) template {
	if kind == noticeBounced && n.EmailBounced.Value == "" { // a catalogue from before there was this notice
		return n.EmailFailed
	}
	return *n.of(kind)
}

// of is the field of a notice.
func (n *notices) of(kind notice) *template {
	return map[notice]*template{
		noticePaymentFailed:  &n.PaymentFailed,
		noticeEmailFailed:    &n.EmailFailed,
		noticeUnknownProduct: &n.UnknownProduct,
		noticeItemsMissing:   &n.ItemsMissing,
		noticeRefunded:       &n.Refunded,
		noticeDisputed:       &n.Disputed,
		noticeBounced:        &n.EmailBounced,
		noticeDatabaseFull:   &n.DatabaseFull,
	}[kind]
}

// plan freezes in the order what it owes for a reason, as the catalogue says now. What was to come later is not owed
// any more where the money went back.
func (c *catalogue) plan(o *order.Order, reason order.Reason, now time.Time) {
	event, ofCharge := reason.Event()
	switch {
	case !c.claims(o, reason):
		o.Ignore(reason, "the catalogue's only does not name it", now)
	case ofCharge:
		c.planCharge(o, reason, event, now)
	case reason == order.ForPaymentFailed:
		o.Plan(reason, []order.Email{c.notice(o, noticePaymentFailed, "", now)}, now)
	default:
		c.planPaid(o, now)
	}
	stopLater(o, now)
}

// claims reports whether an order is ours as to a plan. What the plan of its payment found stays, however the catalogue
// changes; a charge of which nobody knows what it paid for is told rather than passed over.
func (c *catalogue) claims(o *order.Order, reason order.Reason) bool {
	if o.Planned(order.ForPaid) {
		return o.Ignored == ""
	}
	return c.ours(o) || !reason.OfPayment() && o.Fetch.DoneAt.IsZero()
}

// planPaid freezes what the series of what was bought owe.
func (c *catalogue) planPaid(o *order.Order, now time.Time) {
	chosen, unknown := c.choose(o)
	var emails []order.Email
	for _, s := range chosen {
		emails = append(emails, c.emails(s, o, now)...)
	}
	if len(unknown) > 0 {
		emails = append(emails, c.notice(o, noticeUnknownProduct, strings.Join(unknown, ", "), now))
	}
	for _, e := range emails {
		if len(e.To) == 0 {
			emails = append(emails, c.notice(o, noticeEmailFailed, e.Key, now))
		}
	}
	o.Plan(order.ForPaid, emails, now)
}

// needsItems reports whether a plan can only be made knowing what was bought.
func (c *catalogue) needsItems(reason order.Reason) bool {
	return reason == order.ForPaid || c.Only != nil && reason.OfPayment()
}

func (c *catalogue) emails(s choice, o *order.Order, now time.Time) []order.Email {
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

// template is the ID by which a template is sent, and its name, in the language of the order. One that was
// given by its ID has no name, and the language that it has.
func (c *catalogue) template(t template, o *order.Order) (id, name string) {
	if t.isID() {
		return t.Value, ""
	}
	name, id, _ = c.ids.Find(t.Value, o.Locale) // New has made sure that there is one
	return id, name
}

// addresses are whom a recipient is for an order: nobody, where the customer left no address.
func (c *catalogue) addresses(r recipient, o *order.Order) []order.Address {
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

// notice tells the admins of something about an order; of what, if there may be several.
func (c *catalogue) notice(o *order.Order, kind notice, about string, now time.Time) order.Email {
	key := noticeKey(kind)
	switch kind {
	case noticeEmailFailed, noticeBounced, noticeDatabaseFull:
		key += "/" + about
	case noticeRefunded, noticeDisputed:
		key += "/" + short(about)
	}
	id, name := c.template(c.Notices.template(kind), o)
	return order.Email{
		Key:          key,
		Template:     id,
		TemplateName: name,
		Audience:     order.Admins,
		To:           c.addresses(recipient{audience: order.Admins}, o),
		NotBefore:    now,
		About:        about,
	}
}

func (c *catalogue) oweNotice(o *order.Order, kind notice, about string, now time.Time) {
	o.Owe([]order.Email{c.notice(o, kind, about, now)}, now)
}

// failureNotices are what is owed when a delivery has failed for good: the admins are told once. Of a
// notice that failed they cannot be told by another one; the log and the order say so.
func (c *catalogue) failureNotices(o *order.Order, d order.Delivery, now time.Time) []order.Email {
	if isNotice(d.Key) || d.Key == reportKey {
		return nil
	}
	return []order.Email{c.notice(o, noticeEmailFailed, d.Key, now)}
}

// bounceNotices are what is owed when SendGrid could not deliver an e-mail, or it was not welcome: the admins are told
// once. Of their own they are not: that notice would go the same way.
func (c *catalogue) bounceNotices(o *order.Order, d order.Delivery, now time.Time) []order.Email {
	if _, trouble := d.Trouble(); !trouble || d.Audience == order.Admins {
		return nil
	}
	return []order.Email{c.notice(o, noticeBounced, d.Key, now)}
}

// ours reports whether the shop claims an order: all are its own, unless the catalogue says which.
func (c *catalogue) ours(o *order.Order) bool {
	if c.Only == nil || c.Only.link(o) || c.Only.metadata(o.Metadata) {
		return true
	}
	for _, item := range o.Items {
		if c.Only.price(item) || c.Only.product(item) || c.Only.metadata(item.Metadata) {
			return true
		}
	}
	return false
}

// choice is a series that an order gets.
type choice struct {
	series
	// items are the IDs of the line items that chose it; nil is all items.
	items []string
}

// choose finds what the order gets: the e-mails of every order, then the series of each line item, each once and in the
// catalogue's order, then the default. The unknown are the products that no series names and that get the default.
func (c *catalogue) choose(o *order.Order) (chosen []choice, unknown []string) {
	if len(c.EveryOrder.Emails) > 0 {
		chosen = append(chosen, choice{series: c.everyOrder()})
	}
	choosers := c.choosers(o)
	for i, s := range c.Series {
		if items := choosers[i]; items != nil {
			chosen = append(chosen, choice{s, idsOf(items, o)})
		}
	}
	items := choosers[noSeries]
	if items == nil || !c.hasDefault() {
		return chosen, nil
	}
	for _, item := range items {
		if item.Product != "" && !slices.Contains(unknown, item.Product) {
			unknown = append(unknown, item.Product)
		}
	}
	return append(chosen, choice{c.defaultSeries(), idsOf(items, o)}), unknown
}

// choosers are the order's items by the index of the series that they choose, which may be noSeries. An order without
// items counts as one: it can still be known by its payment link or its metadata.
func (c *catalogue) choosers(o *order.Order) map[int][]order.Item {
	items := o.Items
	if len(items) == 0 {
		items = []order.Item{{}}
	}
	choosers := map[int][]order.Item{}
	for _, item := range items {
		i := c.find(o, item)
		choosers[i] = append(choosers[i], item)
	}
	return choosers
}

// idsOf are the IDs of some of an order's items; nil where they are all.
func idsOf(items []order.Item, o *order.Order) (ids []string) {
	if len(items) >= len(o.Items) {
		return nil
	}
	for _, item := range items {
		ids = append(ids, item.ID)
	}
	return ids
}

// allSeries are all that an order may get, in the order of choose.
func (c *catalogue) allSeries() []series {
	return slices.Concat([]series{c.everyOrder()}, c.Series, []series{c.defaultSeries()})
}

func (c *catalogue) everyOrder() series {
	return series{Name: text{Value: everyOrder}, Emails: c.EveryOrder.Emails}
}

// hasDefault reports whether there are e-mails for items that no series names. Without them the e-mails of every order
// are meant to be all that such items get, and no product is unknown.
func (c *catalogue) hasDefault() bool { return len(c.Default.Emails) > 0 }

// defaultSeries is what an item gets that no series names.
func (c *catalogue) defaultSeries() series {
	return series{Name: text{Value: defaultSeries}, Emails: c.Default.Emails}
}

// noSeries is in the place of a series' index where none matches.
const noSeries = -1

// find is the index of the series that matches an item most specifically, or noSeries.
func (c *catalogue) find(o *order.Order, item order.Item) int {
	levels := []func(match) bool{
		func(m match) bool { return m.price(item) },
		func(m match) bool { return m.product(item) },
		func(m match) bool { return m.link(o) },
		func(m match) bool { return m.metadata(item.Metadata) },
		func(m match) bool { return m.metadata(o.Metadata) },
	}
	for _, matches := range levels {
		for i, s := range c.Series {
			if matches(s.Match) {
				return i
			}
		}
	}
	return noSeries
}

func (m match) price(i order.Item) bool   { return names(m.Prices, i.Price) }
func (m match) product(i order.Item) bool { return names(m.Products, i.Product) }
func (m match) link(o *order.Order) bool  { return names(m.PaymentLinks, o.PaymentLink) }

// metadata reports whether one of the pairs is among what is matched.
func (m match) metadata(pairs []order.Pair) bool {
	for _, p := range pairs {
		if want, ok := m.Metadata[p.Key]; ok && want.Value == p.Value {
			return true
		}
	}
	return false
}

func names(ids []text, id string) bool {
	for _, t := range ids {
		if t.Value == id && id != "" {
			return true
		}
	}
	return false
}
