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
	"handler/function/internal/plural"
	"handler/function/internal/sample"
	"handler/function/shared/console"
	"handler/function/shared/shop"
)

// watchFor is longer than the sweep_interval of settings.yml: what the queue lost comes with a
// sweep.
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

// playable reports whether a sample purchase can be played, and says why not: the real Stripe does
// not know its session, and the real SendGrid would write to its customer.
func (l *laptop) playable() bool {
	for _, s := range []service{stripeAPI, sendgridAPI} {
		if s.real() {
			l.console.Say("No sample purchase is played, as %s is set: it is for the mocks.", s.variable)
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
	l.console.Say("A sample purchase: an e-book and a course.")
	return b.showPurchase(ctx, l.console, p)
}

// showPurchase plays a purchase, or what becomes of one, and tells its steps with the time since the
// event was sent.
func (b *buyer) showPurchase(ctx context.Context, c *console.Console, p shop.Purchase) error {
	ctx, cancel := context.WithTimeout(ctx, watchFor)
	defer cancel()
	if err := b.AtStripe(ctx, p); err != nil {
		return err
	}
	began := time.Now().Truncate(time.Millisecond) // as exact as the order's times
	line := func(h moment) {
		c.Say("  %s  %s", c.Paint(console.Faint, fmt.Sprintf("%7s", console.Took(h.at.Sub(began)))), h.what)
	}
	answer, err := b.Pay(ctx, p)
	if err != nil {
		return err
	}
	answered := moment{time.Now(), "Stripe's event is answered: 200 " + answer}
	if shop.Ignored(answer) {
		line(answered)
		return nil
	}
	o, err := b.watch(ctx, p.Session, func(*order.Order) {})
	if o == nil {
		line(answered)
		return err
	}
	for _, h := range byTime(append(history(o, began), answered)) {
		line(h)
	}
	for _, text := range pending(o) {
		c.Say("           %s", text)
	}
	if err != nil {
		return fmt.Errorf("not all is done after %s; the sweep goes on, and the logs say more", watchFor)
	}
	return nil
}

type moment struct {
	at   time.Time
	what string
}

// history is what happened to an order since a time, the first thing first.
func history(o *order.Order, since time.Time) []moment {
	var all []moment
	add := func(at time.Time, format string, args ...any) {
		if !at.IsZero() && !at.Before(since) {
			all = append(all, moment{at, fmt.Sprintf(format, args...)})
		}
	}
	for _, e := range o.Events {
		add(e.ReceivedAt, "stored %s in order %s", e.Type, o.ID)
	}
	var what []string
	for _, i := range o.Items {
		what = append(what, fmt.Sprintf("%d × %s", i.Quantity, i.Description))
	}
	add(o.Fetch.DoneAt, "fetched what was bought: %s", strings.Join(what, ", "))
	for _, reason := range slices.Sorted(maps.Keys(o.Plans)) {
		at, n := o.Plans[reason], 0
		for _, d := range o.Emails {
			if d.PlannedAt.Equal(at) {
				n++
			}
		}
		add(at, "planned %s (%s)", plural.Of(n, "e-mail"), reason)
	}
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		switch d := o.Emails[key]; d.State {
		case order.Sent:
			add(d.SentAt, "sent %s to %s", key, recipients(d))
		case order.Failed:
			add(d.FailedAt, "failed %s: %s", key, d.LastError)
		case order.Cancelled:
			add(d.CancelledAt, "cancelled %s: %s", key, d.LastError)
		}
	}
	return byTime(all)
}

func byTime(all []moment) []moment {
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	return all
}

func recipients(d order.Delivery) string {
	var to []string
	for _, a := range d.To {
		to = append(to, a.Email)
	}
	return strings.Join(to, ", ")
}

// pending is what is still to come of an order, and why no e-mail goes out.
func pending(o *order.Order) []string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		if d := o.Emails[key]; !d.Final() {
			all = append(all, fmt.Sprintf("%s goes to %s at %s", key, recipients(d), d.DueAt.Local().Format(time.DateTime)))
		}
	}
	switch {
	case o.Ignored != "":
		all = append(all, "no e-mail goes out: "+o.Ignored)
	case o.PaymentStatus == order.Unpaid && !o.PaymentFailed:
		all = append(all, "no e-mail goes out before the bank debit is paid or declined:",
			"make buy EVENT=async_payment_succeeded SESSION="+o.ID, "make buy EVENT=async_payment_failed SESSION="+o.ID)
	}
	return all
}

// summary says where everything is.
func (l *laptop) summary() {
	where := func(s service, real, mock string) string {
		if s.real() {
			return real + " (" + s.variable + ")"
		}
		return mock
	}
	l.console.Say(`
  Inbox        %s
  OpenFaaS UI  %s/ui/
  Webhook      %s/function/stripe-webhook
  Database     %s
  Stripe       %s
  SendGrid     %s
  Logs         %s/logs/, or: make faas-cli, and %s/faas-cli logs send-email

  What you save in %s and settings.yml takes effect at once.

  make buy     plays another purchase: make buy PRODUCT=prod_… AMOUNT=49.00 of a product of yours; make buy HELP=1 lists all
  Ctrl-C       stops everything
`,
		l.inbox, gatewayURL, gatewayURL,
		where(mongodbURI, "the real one", l.mongodb+" (embedded, kept in "+l.state+"/data)"),
		where(stripeAPI, "the real one", l.stripe+" (a mock)"),
		where(sendgridAPI, "the real one", l.sendgrid+" (a mock)"),
		l.state, l.bin, l.owned.folder)
}
