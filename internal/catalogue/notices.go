package catalogue

import (
	"slices"
	"strings"
	"time"

	"handler/function/internal/condition"
	"handler/function/internal/maildata"
	"handler/function/internal/order"
)

// Notice is a kind of e-mail that only the admins get.
type Notice string

const (
	PaymentFailed  Notice = maildata.PaymentFailed
	EmailFailed    Notice = maildata.EmailFailed
	UnknownProduct Notice = maildata.UnknownProduct
	ItemsMissing   Notice = maildata.ItemsMissing
	Refunded       Notice = maildata.Refunded
	Disputed       Notice = maildata.Disputed
	Bounced        Notice = maildata.Bounced
	DatabaseFull   Notice = maildata.DatabaseFull
	// These have the template of another kind.
	ItemsGivenUp Notice = maildata.ItemsGivenUp
	OrderOverdue Notice = maildata.OrderOverdue
	StillUnpaid  Notice = maildata.StillUnpaid
	Unheard      Notice = maildata.Unheard
	// RefundFailed has that of Refunded, and these others have that of Disputed.
	RefundFailed  Notice = maildata.RefundFailed
	DisputeWon    Notice = maildata.DisputeWon
	DisputeLost   Notice = maildata.DisputeLost
	Inquiry       Notice = maildata.Inquiry
	InquiryClosed Notice = maildata.InquiryClosed
	// Condition has the template of DatabaseFull, which speaks of no order either.
	Condition Notice = maildata.Condition
)

// noticeKinds are those that the catalogue names a template for.
var noticeKinds = []Notice{PaymentFailed, EmailFailed, Bounced, UnknownProduct, ItemsMissing, Refunded, Disputed, DatabaseFull}

// NoticeKinds are all kinds, in the sequence of their names.
func NoticeKinds() []Notice {
	all := slices.Clone(noticeKinds)
	for kind := range maildata.Shared() {
		all = append(all, Notice(kind))
	}
	slices.Sort(all)
	return all
}

// Alerts reports whether the alert channel gets the kind as well.
func (n Notice) Alerts() bool { return slices.Contains(alertKinds, n) }

// optional reports whether the notice may be missing: without a default, no product is unknown.
func (c *Catalogue) optional(n Notice) bool {
	switch n {
	case Refunded, Disputed, Bounced, DatabaseFull:
		return true
	}
	return n == UnknownProduct && !c.HasDefault()
}

// field is the notice's name in the catalogue.
func (n Notice) field() string { return strings.ReplaceAll(string(n), "-", "_") }

// template is that of a notice.
func (n notices) template(kind Notice) template {
	if other, shares := maildata.Shared()[string(kind)]; shares {
		kind = Notice(other)
	}
	if kind == Bounced && n.EmailBounced.Value == "" { // a catalogue from before there was this notice
		return n.EmailFailed
	}
	return *n.of(kind)
}

// Notifies reports whether the catalogue has a template for a notice.
func (c *Catalogue) Notifies(kind Notice) bool { return c.Notices.template(kind).Value != "" }

// of is the field of a notice.
func (n *notices) of(kind Notice) *template {
	return map[Notice]*template{
		PaymentFailed:  &n.PaymentFailed,
		EmailFailed:    &n.EmailFailed,
		UnknownProduct: &n.UnknownProduct,
		ItemsMissing:   &n.ItemsMissing,
		Refunded:       &n.Refunded,
		Disputed:       &n.Disputed,
		Bounced:        &n.EmailBounced,
		DatabaseFull:   &n.DatabaseFull,
	}[kind]
}

// about is the part of a delivery's key that names its subject, if an order may have several of the
// kind.
func (n Notice) about(about string) string {
	switch n {
	case EmailFailed, Bounced, DatabaseFull, ItemsGivenUp, Unheard:
		return "/" + about
	}
	return ""
}

// notice is the delivery of a notice about an order; about names the subject if there may be
// several. planNews adds that of news about its money to the key.
func (c *Catalogue) notice(o *order.Order, kind Notice, about string, now time.Time) order.Email {
	id, name := c.template(c.Notices.template(kind), o)
	return order.Email{
		Key:          NoticeKey(kind) + kind.about(about),
		Template:     id,
		TemplateName: name,
		Audience:     order.Admins,
		To:           c.addresses(recipient{audience: order.Admins}, o),
		NotBefore:    now,
		About:        about,
	}
}

// OweNotice adds a notice to what an order owes, and the alert of its kind. What it is about becomes
// part of its key for the kinds of which an order may have several.
func (c *Catalogue) OweNotice(o *order.Order, kind Notice, about string, now time.Time) {
	o.Owe(c.notify(o, kind, about, now), now)
}

// notify is a notice, and the alert of its kind.
func (c *Catalogue) notify(o *order.Order, kind Notice, about string, now time.Time) []order.Email {
	return append([]order.Email{c.notice(o, kind, about, now)}, c.alerts(kind, about, now)...)
}

// FailureNotices are the notices of a delivery that has failed for good: the admins are notified
// once. A failed notice or report has only an alert, and a failed alert nothing: the log and the
// order show it.
func (c *Catalogue) FailureNotices(o *order.Order, d order.Delivery, now time.Time) []order.Email {
	switch {
	case d.Audience == order.Alert:
		return nil
	case order.IsNotice(d.Key), d.Key == ReportKey:
		return c.alerts(EmailFailed, d.Key, now)
	}
	return c.notify(o, EmailFailed, d.Key, now)
}

// UnheardNotices are the notices of an e-mail that SendGrid accepted and of which it reported nothing.
// Of a notice, which would be unheard in the same way, and of what is no sale's there is only an
// alert.
func (c *Catalogue) UnheardNotices(o *order.Order, d order.Delivery, now time.Time) []order.Email {
	if order.IsNotice(d.Key) || !order.IsSale(o.ID) {
		return c.alerts(Unheard, d.Key, now)
	}
	return c.notify(o, Unheard, d.Key, now)
}

// BounceNotices are the notices of an e-mail that SendGrid could not deliver, or that was reported
// as spam: the admins are notified once. Their own e-mails have only an alert: the notice would fail
// in the same way.
func (c *Catalogue) BounceNotices(o *order.Order, d order.Delivery, now time.Time) []order.Email {
	switch _, trouble := d.Trouble(); {
	case !trouble:
		return nil
	case d.Audience == order.Admins:
		return c.alerts(Bounced, d.Key, now)
	}
	return c.notify(o, Bounced, d.Key, now)
}

// OweNews adds what is reported of a condition to the document that keeps it: an alert, if there is
// a channel, and the notice, if an e-mail can say it.
func (c *Catalogue) OweNews(o *order.Order, n condition.News, now time.Time) {
	name := string(n.Kind) + "/" + now.Format("20060102-150405") + "/" + short(n.About)
	var all []order.Email
	if c.alertsOn != nil && c.alertsOn() {
		all = append(all, order.Email{Key: order.AlertSeries + "/" + name, Audience: order.Alert, NotBefore: now, About: n.Ref()})
	}
	if n.Kind.ByEmail() && c.Notifies(Condition) {
		e := c.notice(o, Condition, n.Ref(), now)
		e.Key += "/" + name
		all = append(all, e)
	}
	o.Owe(all, now)
}
