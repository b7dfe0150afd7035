package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"handler/function/internal/mongodb"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/local/shop"
)

// watchFor is longer than the sweep_interval of settings.yml: what the queue lost comes with a sweep.
const watchFor = 90 * time.Second

// firstTime reports whether no order was ever stored here.
func (l *laptop) firstTime(ctx context.Context) bool {
	client, err := mongodb.Connect(l.mongodb, "local")
	if err != nil {
		return false
	}
	defer func() { _ = client.Disconnect(ctx) }()
	n, err := client.Database(l.database()).Collection(mongodb.Collection).EstimatedDocumentCount(ctx)
	return err == nil && n == 0
}

// playable reports whether a sample purchase can be played, and says why not: the real Stripe does not
// know its session, and the real SendGrid would write to its customer.
func (l *laptop) playable() bool {
	for _, s := range []service{stripeAPI, sendgridAPI} {
		if s.real() {
			l.console.say("No sample purchase is played, as %s is set: it is for the stand-ins.", s.variable)
			return false
		}
	}
	return true
}

// playSample plays one sample purchase, and shows how it goes.
func (l *laptop) playSample(ctx context.Context) error {
	event, err := sample.Event("completed_two_products")
	if err != nil {
		return err
	}
	items, err := sample.LineItems("completed_two_products")
	if err != nil {
		return err
	}
	b, err := newBuyer(l.state)
	if err != nil {
		return err
	}
	defer b.Close()
	p, err := shop.NewPurchase(event, items, time.Now())
	if err != nil {
		return err
	}
	l.console.say("A sample purchase: an e-book and a course.")
	return b.tellStory(ctx, l.console, p)
}

// tellStory plays a purchase and tells its steps with the time each came at.
func (b *buyer) tellStory(ctx context.Context, c *console, p shop.Purchase) error {
	ctx, cancel := context.WithTimeout(ctx, watchFor)
	defer cancel()
	if err := b.AtStripe(ctx, p); err != nil {
		return err
	}
	began := time.Now()
	line := func(at time.Time, format string, args ...any) {
		c.say("  %s  %s", c.paint(faint, fmt.Sprintf("%7s", took(at.Sub(began)))), fmt.Sprintf(format, args...))
	}
	answer, err := b.Pay(ctx, p)
	if err != nil {
		return err
	}
	line(time.Now(), "Stripe's event is answered: 200 %s", answer)
	o, err := b.watch(ctx, p.Session, func(*order.Order) {})
	if o == nil {
		return err
	}
	for _, e := range chronicle(o) {
		line(e.at, "%s", e.what)
	}
	if err != nil {
		return fmt.Errorf("not all is done after %s; the sweep goes on, and the logs say more", watchFor)
	}
	return nil
}

type happening struct {
	at   time.Time
	what string
}

// chronicle is what happened to an order, the first thing first.
func chronicle(o *order.Order) []happening {
	var all []happening
	for _, e := range o.Events {
		all = append(all, happening{e.ReceivedAt, fmt.Sprintf("stored %s in order %s", e.Type, o.ID)})
	}
	if at := o.Fetch.DoneAt; !at.IsZero() {
		var what []string
		for _, i := range o.Items {
			what = append(what, fmt.Sprintf("%d × %s", i.Quantity, i.Description))
		}
		all = append(all, happening{at, "fetched what was bought: " + strings.Join(what, ", ")})
	}
	for _, reason := range slices.Sorted(maps.Keys(o.Plans)) {
		at, n := o.Plans[reason], 0
		for _, d := range o.Emails {
			if d.PlannedAt.Equal(at) {
				n++
			}
		}
		all = append(all, happening{at, fmt.Sprintf("planned %d e-mails (%s)", n, reason)})
	}
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		d := o.Emails[key]
		var to []string
		for _, a := range d.To {
			to = append(to, a.Email)
		}
		switch d.State {
		case order.Sent:
			all = append(all, happening{d.SentAt, fmt.Sprintf("sent %s to %s", key, strings.Join(to, ", "))})
		case order.Failed:
			all = append(all, happening{d.FailedAt, fmt.Sprintf("failed %s: %s", key, d.LastError)})
		case order.Cancelled:
			all = append(all, happening{d.CancelledAt, fmt.Sprintf("cancelled %s: %s", key, d.LastError)})
		default:
			all = append(all, happening{d.PlannedAt, fmt.Sprintf("%s is due at %s", key, d.DueAt.Local().Format(time.DateTime))})
		}
	}
	slices.SortStableFunc(all, func(a, b happening) int { return a.at.Compare(b.at) })
	return all
}

// summary says where everything is.
func (l *laptop) summary() {
	standIn := func(s service, real, standIn string) string {
		if s.real() {
			return real + " (" + s.variable + ")"
		}
		return standIn
	}
	l.console.say(`
  Inbox        %s
  OpenFaaS UI  %s/ui/
  Webhook      %s/function/stripe-webhook
  Database     %s
  Stripe       %s
  SendGrid     %s
  Logs         %s/logs/, or: %s/faas-cli logs send-email

  What you save in %s and settings.yml takes effect at once.

  make buy     plays another purchase (EVENT=file.json ITEMS=file.json N=100), or what becomes of one (EVENT=charge_refunded SESSION=cs_…)
  Ctrl-C       stops everything
`,
		l.inbox, gatewayURL, gatewayURL,
		standIn(mongodbURI, "the real one", l.mongodb+" (embedded, kept in "+l.state+"/data)"),
		standIn(stripeAPI, "the real one", l.stripe+" (a stand-in)"),
		standIn(sendgridAPI, "the real one", l.sendgrid+" (a stand-in)"),
		l.state, l.bin, l.owned.folder)
}
