package main

import (
	"context"
	"fmt"
)

// compareInbox compares what the orders say was sent with what came: a delivery that is unsure may
// have come twice, all others must have come once.
func (b *buyer) compareInbox(ctx context.Context, c *console, orders map[string]bool, sent, unsure int) error {
	mails, err := b.Inbox(ctx)
	if err != nil {
		return err
	}
	came := 0
	for _, m := range mails {
		if orders[m.Order] {
			came++
		}
	}
	c.say("%d of them are in the inbox.", came)
	if came < sent || came > sent+unsure {
		return fmt.Errorf("%d e-mails were sent, and %d came", sent, came)
	}
	return nil
}
