package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"handler/function/cmd/tillbell/see"
	"handler/function/internal/view"
)

const ordersHelp = `ops orders lists orders, the newest first: when each was made, its state, who bought what, how many of its e-mails were
sent, and its ID, with which ops order shows the rest.

  ops orders                                          the newest 50
  ops orders --email ada@example.com                  those of a customer
  ops orders --state failed                           those that need you
  ops orders --product "e-book" --since 7d            who bought it in a week
  ops orders --since 2026-11-01 --limit 10000 --json  all since a day, for a program

The states, of which an order has the first that applies:

  failed   an e-mail failed for good, or Stripe never said what was bought
  stuck    something has been due for over five minutes: does send-email run?
  waiting  an e-mail is due, or is being tried again: it needs nothing of you
  ignored  the catalogue's only does not name it
  unpaid   there is no money yet, or it was declined
  done     everything that was due is sent; "1 later" is an e-mail that the catalogue schedules for later
` + ownerHelp

func ordersVerb(ctx context.Context, args []string) error {
	set := newFlags("orders", ordersHelp)
	var f ownerFlags
	f.register(set)
	var q see.Query
	set.StringVar(&q.State, "state", "", "only those in this `state`")
	since := set.String("since", "", "only those made since `when`: 24h, 7d, 2026-11-01 (in UTC) or 2026-11-01T12:00:00Z")
	set.StringVar(&q.Email, "email", "", "only those of the customer with this `address`, or with an e-mail that went there; in capitals or not")
	set.StringVar(&q.Product, "product", "", "only those with a product of this `name`, or a part of it, or ID (prod_… or price_…)")
	set.IntVar(&q.Limit, "limit", 50, "how many at the most")
	set.StringVar(&q.Before, "before", "", "go on at a `place` that a list before has ended at, or a time")
	if err := parse(set, args); err != nil {
		return err
	}
	var err error
	if q.Since, err = see.Since(*since, time.Now()); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if err := checkQuery(q); err != nil {
		return err
	}
	v, err := f.viewer()
	if err != nil {
		return err
	}
	return v.Orders(ctx, q)
}

func checkQuery(q see.Query) error {
	switch {
	case q.Limit < 1:
		return fmt.Errorf("--limit %d: want 1 or more: %w", q.Limit, errUsage)
	case q.State != "" && !slices.Contains(view.StateNames(), q.State):
		return fmt.Errorf("--state %q: want %s: %w", q.State, strings.Join(view.StateNames(), ", "), errUsage)
	case q.Email != "":
		return checkEmail(q.Email)
	}
	return nil
}

// viewer sees at the functions that the flags mean.
func (f *ownerFlags) viewer() (see.Viewer, error) {
	c, err := f.client()
	return see.Viewer{Client: c, Screen: f.screen(), Now: time.Now()}, err
}
