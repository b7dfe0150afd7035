package main

import "github.com/spf13/cobra"

func orderCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "order ORDER [flags]",
		Short: "all about one order: what was bought, each e-mail, each step",
		Long: `Show all about one order: who bought what, what became of each e-mail, when each step happened,
Stripe's events, and what was done by hand.

ORDER is the ID of the Checkout Session, cs_…. tillbell orders lists it, and Stripe's dashboard shows
it at the payment.`,
		Example: `  tillbell order cs_live_a1b2c3
  tillbell order cs_live_a1b2c3 --json | jq '.emails[] | select(.state == "failed")'`,
		Args: takesOrder(),
	}
	var f ownerFlags
	f.register(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		v, err := f.viewer(c)
		if err != nil {
			return err
		}
		return v.Order(c.Context(), args[0])
	}
	return c
}
