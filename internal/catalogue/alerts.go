package catalogue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"handler/function/internal/alert"
	"handler/function/internal/condition"
	"handler/function/internal/maildata"
	"handler/function/internal/order"
)

// alertKinds are the kinds of notice that the alert channel gets as well: they say that a customer
// may miss an e-mail, or that a payment may never come.
var alertKinds = []Notice{EmailFailed, Bounced, Unheard, ItemsMissing, ItemsGivenUp, OrderOverdue, StillUnpaid}

// AlertWhile makes orders owe alerts too, as long as on reports that there is a channel for them. It
// is asked when an alert would be owed.
func (c *Catalogue) AlertWhile(on func() bool) { c.alertsOn = on }

// OweAlert adds an alert to what an order owes, if there is a channel for it. What it is about
// becomes part of its key for the kinds of which an order may have several.
func (c *Catalogue) OweAlert(o *order.Order, kind Notice, about string, now time.Time) {
	o.Owe(c.alerts(kind, about, now), now)
}

// alerts is the alert of a kind; none if the kind has none, or there is no channel.
func (c *Catalogue) alerts(kind Notice, about string, now time.Time) []order.Email {
	if c.alertsOn == nil || !slices.Contains(alertKinds, kind) || !c.alertsOn() {
		return nil
	}
	return []order.Email{{
		Key:       order.AlertSeries + "/" + string(kind) + kind.about(about),
		Audience:  order.Alert,
		NotBefore: now,
		About:     about,
	}}
}

// AlertMessage is what an alert says of its order. It holds IDs, keys and reasons, and nothing of a
// customer.
func AlertMessage(o *order.Order, d order.Delivery) alert.Message {
	if n, ok := condition.ParseRef(d.About); ok && o.ID == order.ConditionsID {
		return NewsMessage(n, d.PlannedAt)
	}
	_, kind, _ := strings.Cut(d.Key, "/")
	kind, _, _ = strings.Cut(kind, "/")
	title, text := alertText(Notice(kind), o, d)
	if !o.Livemode {
		title = "[test] " + title
	}
	if order.IsSale(o.ID) {
		text += "\nSee: tillbell order " + o.ID
	}
	m := alert.Message{Title: title, Text: text, Kind: kind, At: d.PlannedAt}
	if order.IsSale(o.ID) {
		m.Order = o.ID
	}
	return m
}

// NewsMessage is what an alert says of a condition.
func NewsMessage(n condition.News, now time.Time) alert.Message {
	return alert.Message{Title: n.Title(), Text: n.Text(), Kind: string(n.Kind), State: string(n.Phase), At: now}
}

// alertText is what happened, why, and the command that goes on.
func alertText(kind Notice, o *order.Order, d order.Delivery) (title, text string) {
	failed := o.Emails[d.About]
	switch kind {
	case EmailFailed:
		return "An e-mail failed", fmt.Sprintf("%s of order %s failed for good: %s.\nOnce the cause is gone: tillbell retry --failed",
			d.About, o.ID, cmp.Or(failed.LastError, "no reason is known"))
	case Bounced:
		a, _ := failed.Trouble()
		return "An e-mail did not arrive", fmt.Sprintf("%s of order %s did not arrive: %s.", d.About, o.ID, maildata.TroubleOf(a.Kind))
	case Unheard:
		return "An e-mail is unheard", fmt.Sprintf("SendGrid accepted %s of order %s hours ago and has reported nothing of it since, but has reported "+
			"on others: it has probably dropped it.\nTo send it again: tillbell resend %s %s --reason unheard", d.About, o.ID, o.ID, d.About)
	case ItemsMissing:
		return "An order waits for Stripe", fmt.Sprintf("Stripe did not say what order %s bought: %s. Tillbell goes on asking for three days.",
			o.ID, cmp.Or(o.Fetch.LastError, "no reason is known"))
	case ItemsGivenUp:
		return "An order is given up", fmt.Sprintf("Order %s is paid, and Stripe did not say for three days what was bought: %s. "+
			"The customer has got no e-mail.\nOnce the cause is gone: tillbell retry --failed", o.ID, cmp.Or(o.Fetch.LastError, "no reason is known"))
	case OrderOverdue:
		return "An order is overdue", fmt.Sprintf("Order %s has waited for over an hour, and the customer may have got no e-mail yet: %s. "+
			"Tillbell goes on as soon as the cause is gone.", o.ID, d.About)
	case StillUnpaid:
		return "A payment stays pending", fmt.Sprintf("Order %s was completed three weeks ago, and its payment has neither come nor failed. "+
			"Its customer has got no e-mail.\nSee the payment in Stripe's dashboard.", o.ID)
	}
	return string(kind), d.About
}
