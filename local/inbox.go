package main

import (
	"context"
	"fmt"
	"path/filepath"

	"handler/function/internal/catalogue"
	"handler/function/internal/maildata"
	"handler/function/internal/mongodb"
	"handler/function/internal/plural"
	"handler/function/local/inbox"
	"handler/function/local/sendgrid"
	"handler/function/shared/console"
)

// newInbox shows what the mock SendGrid has, beside the orders. Where those cannot be
// reached it does without: an inbox is of use all the same.
func (l *laptop) newInbox(mails *sendgrid.Service) (*inbox.Inbox, error) {
	catalogue := func() *catalogue.Checked { return l.version.Load().shop.catalogue }
	o := inbox.Options{
		Mails:     mails,
		Alerts:    l.channel.All,
		Templates: filepath.Join(l.owned.folder, "templates"),
		InEffect:  filepath.Join(l.owned.inUse(), "templates"),
		Shop:      func() maildata.Shop { return catalogue().Shop() },
		Use:       func(template string) string { return catalogue().Use(template) },
		Logger:    l.logger("inbox"),
	}
	if client, err := mongodb.Connect(l.mongodb, "inbox"); err != nil {
		l.console.Trouble("the inbox shows no orders: %v", err)
	} else {
		o.Orders = inbox.NewDatabase(client, l.database)
	}
	return inbox.New(o)
}

// compareInbox compares what the orders say was sent with what came: a delivery that is unsure may
// have come twice, all others must have come once.
func (b *buyer) compareInbox(ctx context.Context, c *console.Console, sum counts) error {
	mails, err := b.Inbox(ctx)
	if err != nil {
		return err
	}
	came := 0
	for _, m := range mails {
		if sum.orders[m.Order] {
			came++
		}
	}
	c.Say("%s of these orders came to the inbox.", plural.Of(came, "e-mail"))
	if came < sum.sent || came > sum.sent+sum.unsure {
		return fmt.Errorf("%s sent, and %d came", plural.Of(sum.sent, "e-mail"), came)
	}
	return nil
}
