//go:build !laptop

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"time"

	"handler/function/e2e/chaos"
	"handler/function/shared/runenv"
)

const chaosUsage = `Plays purchases while everything is killed and misbehaves, and fails if a mail is lost or sent twice
without a cause that is known.

  local chaos [--purchases COUNT] [--for DURATION] [--seed NUMBER] [--state DIR] [--bin DIR]

It starts a laptop with nothing in it and the tests' shop, whatever yours sells, and ends it afterwards. Where a
laptop runs at --state, it is that one, started with --shop internal/sample/shop; only its own purchases are judged.
`

func chaosCommand(ctx context.Context, args []string) error {
	var o chaos.Options
	set := flag.NewFlagSet("local chaos", flag.ContinueOnError)
	set.IntVar(&o.Purchases, "purchases", 1000, "how many")
	set.DurationVar(&o.For, "for", 4*time.Minute, "the time over which they are spread")
	set.Uint64Var(&o.Seed, "seed", 0, "repeats a run (default: a new one, which is shown)")
	set.Usage = func() {
		fmt.Fprint(set.Output(), chaosUsage)
		set.PrintDefaults()
	}
	f, err := parseFolders(set, args)
	if err != nil {
		return err
	}
	switch {
	case o.Purchases < 2 || o.Purchases > chaos.MaxPurchases:
		return argumentError("N", "want 2 to %d", chaos.MaxPurchases)
	case o.For < 10*time.Second || o.For > time.Hour:
		return argumentError("FOR", "want 10s to 1h")
	}
	if err := standInsOnly("chaos"); err != nil {
		return err
	}
	for o.Seed == 0 {
		o.Seed = uint64(rand.Uint32())
	}
	o.State = f.state
	o.Env = func() (map[string]string, error) { return runenv.Read(f.state) }
	o.Say = newConsole().say
	return stoppedByHand(ctx, playChaos(ctx, f, o))
}

// playChaos plays on the laptop that runs in the folder, or on one of its own.
func playChaos(ctx context.Context, f folders, o chaos.Options) error {
	_, err := runenv.ReadRunning(f.state)
	if err == nil {
		return chaos.Run(ctx, o)
	}
	if !errors.Is(err, runenv.ErrNotRunning) {
		return err
	}
	o.Alone = true
	return onEmptyLaptop(ctx, f, nil, func(*laptop) error { return chaos.Run(ctx, o) })
}

// stoppedByHand: after a Ctrl-C there is no verdict, and whatever else went wrong came of it.
func stoppedByHand(ctx context.Context, err error) error {
	if ctx.Err() != nil && err != nil {
		return errors.New("stopped before the verdict")
	}
	return err
}
