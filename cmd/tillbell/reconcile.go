package main

import (
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"handler/function/cmd/tillbell/reconcile"
)

func reconcileCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "reconcile --since WHEN [flags]",
		Short: "ask Stripe for what its webhook did not deliver, and store it",
		Long: `Ask Stripe for events that its webhook did not deliver, for example while the endpoint was deleted
or disabled, and store them as the webhook would have: the orders appear, and their e-mails go out.
What is stored already does not change, and nothing is sent twice, even while Stripe delivers the
same events.

Look at the dry run first: orders that you fulfilled by other means, or removed from the database,
count as missing.

Stripe keeps events for 30 days. For older ones it asks for the Checkout Sessions themselves, as they
are now: one that was refunded since is still paid. stripe-webhook does the same by itself when it
starts and once a day, back to its last look, and at least by catch_up_window (settings.yml).

When stopped with Ctrl-C it says how to go on. The key stripe-api-key must be allowed to read Events
and Checkout Sessions.`,
		Example: `  tillbell reconcile --since 72h --dry-run   # what is missing; changes nothing
  tillbell reconcile --since 72h             # stores it, about ten orders a second`,
		Args: takes(),
	}
	var s reconcile.Search
	sinceVar(c, &s.Since, "how far back, as `WHEN`: 72h, 30d, 2026-11-01 (in UTC) or 2026-11-01T12:00:00Z (required)", func(at time.Time) error {
		if at.After(time.Now()) {
			return errors.New("that time is still to come")
		}
		return nil
	})
	c.Flags().BoolVar(&s.DryRun, "dry-run", false, dryRunUsage)
	c.Flags().StringVar(&s.After, "after", "", "go on at the `PLACE` where an earlier run was stopped, with the same --since")
	var f ownerFlags
	f.register(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if s.Since.IsZero() {
			return usagef("reconcile wants --since")
		}
		client, err := f.client()
		if err != nil {
			return err
		}
		return reconcile.Owner{Caller: client, Screen: f.screen(c), Progress: os.Stderr}.Run(c.Context(), s)
	}
	return c
}
