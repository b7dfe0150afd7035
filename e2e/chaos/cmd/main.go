// Command chaos plays purchases while everything is killed and misbehaves, as package chaos does,
// on the laptop that runs or on one of its own. `make chaos` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"

	"handler/function/e2e/chaos"
	"handler/function/e2e/laptop"
	"handler/function/shared/runenv"
)

const usage = `Plays purchases while everything is killed and misbehaves, and fails if an e-mail is lost, or sent twice
without a known cause.

  chaos [--purchases COUNT] [--for DURATION] [--seed NUMBER] [--state DIR] [--bin DIR]

It starts an empty laptop with the tests' shop, whatever yours sells, and ends it afterwards. If a laptop runs
at --state, it uses that one, started with --shop internal/sample/shop, and judges only its own purchases.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	l, o, err := parse(args)
	if err != nil {
		return err
	}
	if err := laptop.MocksOnly("chaos"); err != nil {
		return err
	}
	err = play(ctx, l, o)
	if ctx.Err() != nil && err != nil {
		return errors.New("stopped before the verdict")
	}
	return err
}

// parse reads the arguments. Its errors name them as make does.
func parse(args []string) (l laptop.Options, o chaos.Options, err error) {
	set := flag.NewFlagSet("chaos", flag.ContinueOnError)
	set.IntVar(&o.Purchases, "purchases", 1000, "how many")
	set.DurationVar(&o.For, "for", 4*time.Minute, "the time over which they are spread")
	set.Uint64Var(&o.Seed, "seed", 0, "repeats a run (default: a new one, which is shown)")
	l.Flags(set)
	set.Usage = func() {
		fmt.Fprint(set.Output(), usage)
		set.PrintDefaults()
	}
	switch err := set.Parse(args); {
	case err != nil:
		return l, o, err
	case set.NArg() > 0:
		return l, o, fmt.Errorf("unexpected argument %q", set.Arg(0))
	case o.Purchases < 2 || o.Purchases > chaos.MaxPurchases:
		return l, o, wants("N", fmt.Sprintf("2 to %d", chaos.MaxPurchases))
	case o.For < 10*time.Second || o.For > time.Hour:
		return l, o, wants("FOR", "10s to 1h")
	}
	for o.Seed == 0 {
		o.Seed = uint64(rand.Uint32())
	}
	return l, o, nil
}

// wants is the error of an argument, by make's word.
func wants(argument, want string) error { return fmt.Errorf("%s: want %s", argument, want) }

// play plays on the laptop that runs in the folder, or on one of its own.
func play(ctx context.Context, l laptop.Options, o chaos.Options) error {
	o.Say = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	o.State, l.Say = l.State, o.Say
	o.Env = func() (map[string]string, error) { return runenv.Read(l.State) }
	if err := os.MkdirAll(l.State, 0o700); err != nil {
		return err
	}
	_, err := runenv.ReadRunning(l.State)
	if err == nil {
		return chaos.Run(ctx, o)
	}
	if !errors.Is(err, runenv.ErrNotRunning) {
		return err
	}
	fresh, err := laptop.Fresh(ctx, l, nil)
	if err != nil {
		return err
	}
	defer fresh.Stop()
	o.Alone = true
	return chaos.Run(ctx, o)
}
