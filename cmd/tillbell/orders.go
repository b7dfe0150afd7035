package main

import (
	"time"

	"github.com/spf13/cobra"

	"handler/function/cmd/tillbell/see"
	"handler/function/internal/view"
)

func ordersCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "orders [flags]",
		Short: "the newest orders, or those of a customer, a product, a state",
		Long: `List orders, the newest first: when each was made, its state, who bought what, how many of its
e-mails were sent, and its ID. tillbell order ID shows the rest.

An order has the first of these states that applies:

  failed    an e-mail failed for good, or Stripe never said what was bought
  bounced   an e-mail to the customer did not arrive: reach them another way
  unheard   SendGrid accepted an e-mail and reported nothing of it for six hours
  stuck     something has been due for over five minutes: does send-email run?
  waiting   an e-mail is due or will be tried again; you need not do anything
  ignored   the catalogue's "only" does not name it
  unpaid    not paid yet, or the payment was declined
  disputed  the buyer's bank has taken the money back: answer it in Stripe's dashboard
  refunded  all of the payment was refunded
  done      all e-mails that were due are sent; "1 later" is an e-mail scheduled for later`,
		Example: `  tillbell orders                                          # the newest 50
  tillbell orders --email ada@example.com                  # those of a customer
  tillbell orders --state failed                           # those that need you
  tillbell orders --product "e-book" --since 7d            # who bought it in a week
  tillbell orders --since 2026-11-01 --limit 10000 --json  # all since a day, for a program`,
		Args: takes(),
	}
	q := see.Query{}
	limit, since := number(50), ""
	choiceVar(c, &q.State, "state", "only orders in this `STATE`", view.StateNames()...)
	when := "only orders made since `WHEN`: 24h, 7d, 2026-11-01 (a day of the shop's) or 2026-11-01T12:00:00Z"
	textVar(c.Flags(), &since, "since", when, func(text string) (err error) {
		q.Since, err = see.SinceArgument(text, time.Now())
		return err
	})
	textVar(c.Flags(), &q.Email, "email", "only orders of the customer with this `ADDRESS`, or with an e-mail that went there; in any case", checkEmail)
	c.Flags().StringVar(&q.Product, "product", "", "only orders of a product: its `NAME`, a part of it, or an ID (prod_… or price_…)")
	c.Flags().Var(&limit, "limit", "at most this `NUMBER` of orders")
	c.Flags().StringVar(&q.Before, "before", "", "go on at the `PLACE` where an earlier list ended, or before a time")
	var f ownerFlags
	f.register(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		v, err := f.viewer(c)
		if err != nil {
			return err
		}
		q.Limit = int(limit)
		return v.Orders(c.Context(), q)
	}
	return c
}
