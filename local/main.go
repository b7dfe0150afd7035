// Command local is Tillbell on a laptop: OpenFaaS's real gateway, queue and queue worker, both
// functions built as their images are, a database that speaks MongoDB's protocol, and, in place of
// Stripe and SendGrid, mocks that check what they are sent. `make run` and `make buy` are its
// uses.
//
// All of it listens on 127.0.0.1 only, and ends with this process.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // where the machine has no time zones

	"handler/function/shared/shopcheck"
)

const usage = `Tillbell on a laptop.

  local run    start everything, play a sample purchase, and stay up until Ctrl-C
  local buy    play purchases on a running one
  local build  build the parts, faas-cli, stripe-mock and the functions, and start nothing
  local mongod the database alone; run starts it itself

Each takes --help. What an owner does with the shop is in another program: go run ./cmd/tillbell.
`

type command func(ctx context.Context, args []string) error

var commands = map[string]command{
	"run": runCommand, "buy": buyCommand, "build": buildCommand, "mongod": mongodCommand,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once, and so all others with it
	if err := dispatch(ctx, os.Args[1:]); err != nil {
		if errors.As(err, new(shopcheck.Mistakes)) {
			fmt.Fprintln(os.Stderr, err)
		} else {
			fmt.Fprintln(os.Stderr, "local:", err)
		}
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		fmt.Print(usage)
		return nil
	}
	switch args[0] {
	case "help", "-h", "--help":
		fmt.Print(usage)
		return nil
	}
	run, ok := commands[args[0]]
	if !ok {
		return fmt.Errorf("no command %q; see local --help", args[0])
	}
	err := run(ctx, args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	return err
}

// folders are where the laptop keeps what it builds and what it stores.
type folders struct {
	// state holds everything of a run, and the next run finds it again.
	state string
	// bin holds the built parts; several states may share it.
	bin string
	// shop holds the owner's catalogue and templates.
	shop string
	// settings is a file in place of those that stack.yml names; "" leaves them.
	settings string
}

func (f *folders) flags(set *flag.FlagSet) {
	set.StringVar(&f.state, "state", ".local", "folder of all that is kept")
	set.StringVar(&f.bin, "bin", "", "folder of the built parts (default STATE/bin)")
}
