package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"handler/function/cmd/tillbell/reconcile"
	"handler/function/cmd/tillbell/see"
)

const reconcileHelp = `ops reconcile asks Stripe for what its webhook did not bring, while the endpoint was deleted or disabled, say, and stores
it as the webhook would have: the orders appear, and their e-mails go out. What is stored already stays as it is, and
nothing is sent twice, also while Stripe delivers the same events.

  ops reconcile --since 72h --dry-run   what is missing; changes nothing
  ops reconcile --since 72h             stores it, some ten orders a second

It cannot know of orders that were delivered by other means, or removed from the database: look at the dry run first.
Stripe keeps events for 30 days. Of what is older, it asks for the Checkout Sessions themselves, as they are now: one that
was refunded since is still paid. stripe-webhook does the same by itself when it starts and once a day, back to its last
look, and by catch_up_window (settings.yml) at the least.

Stopped with Ctrl-C it says how to go on. The key stripe-api-key must be allowed to read Events and Checkout Sessions.
` + ownerHelp

func reconcileVerb(ctx context.Context, args []string) error {
	set := newFlags("reconcile", reconcileHelp)
	var f ownerFlags
	f.register(set)
	since := set.String("since", "", "how far back: 72h, 30d, 2026-11-01 (in UTC) or 2026-11-01T12:00:00Z")
	var s reconcile.Search
	set.BoolVar(&s.DryRun, "dry-run", false, "show what is missing, and change nothing")
	set.StringVar(&s.After, "after", "", "go on at a `place` where an earlier one was stopped, with the same --since")
	if err := parse(set, args); err != nil {
		return err
	}
	var err error
	now := time.Now()
	switch s.Since, err = see.Since(*since, now); {
	case err != nil:
		return fmt.Errorf("%w: %w", errUsage, err)
	case s.Since.IsZero():
		return fmt.Errorf("reconcile wants --since: %w", errUsage)
	case s.Since.After(now):
		return fmt.Errorf("--since %s is still to come: %w", *since, errUsage)
	}
	c, err := f.client()
	if err != nil {
		return err
	}
	return reconcile.Owner{Caller: c, Screen: f.screen(), Progress: os.Stderr}.Run(ctx, s)
}
