package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"handler/function/internal/mongodb"
	"handler/function/local/inbox"
	"handler/function/local/sendgrid"
)

// newInbox shows what the stand-in for SendGrid has, beside the orders. Where those cannot be reached it does
// without: an inbox is of use all the same.
func (l *laptop) newInbox(mails *sendgrid.Service) (*inbox.Inbox, error) {
	o := inbox.Options{Mails: mails, Templates: l.templates, Logger: l.logger("inbox")}
	if client, err := mongodb.Connect(l.mongodb, "inbox"); err != nil {
		l.console.trouble("the inbox shows no orders: %v", err)
	} else {
		o.Orders = inbox.NewDatabase(client, l.database())
	}
	return inbox.New(o)
}

// compareInbox compares what the orders say was sent with what came: a delivery that is unsure may
// have come twice, all others must have come once.
func (s *shop) compareInbox(ctx context.Context, c *console, orders map[string]bool, sent, unsure int) error {
	text, err := request(ctx, http.MethodGet, s.env["INBOX_URL"]+"/api/messages", "", nil)
	if err != nil {
		return err
	}
	came, err := countMails([]byte(text), orders)
	if err != nil {
		return err
	}
	c.say("%d of them are in the inbox.", came)
	if came < sent || came > sent+unsure {
		return fmt.Errorf("%d e-mails were sent, and %d came", sent, came)
	}
	return nil
}

// countMails counts the inbox's messages about some orders.
func countMails(inbox []byte, orders map[string]bool) (int, error) {
	var messages []struct {
		Request struct {
			Personalizations []struct {
				CustomArgs map[string]string `json:"custom_args"`
			} `json:"personalizations"`
		} `json:"request"`
	}
	if err := json.Unmarshal(inbox, &messages); err != nil {
		return 0, fmt.Errorf("the inbox: %w", err)
	}
	n := 0
	for _, m := range messages {
		for _, p := range m.Request.Personalizations {
			if orders[p.CustomArgs["order"]] {
				n++
			}
		}
	}
	return n, nil
}
