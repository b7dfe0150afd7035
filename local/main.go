// Command local is Tillbell on a laptop: OpenFaaS's real gateway, queue and queue worker, both functions
// built as their images are, a database that speaks MongoDB's protocol, and, in place of Stripe and
// SendGrid, stand-ins that check what they are sent. `make run`, `make buy` and `make chaos` are its uses.
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
)

const usage = `Tillbell on a laptop.

  local run    start everything, play a sample purchase, and stay up until Ctrl-C
  local buy    play purchases on a running one
  local chaos  play many while everything is killed at random, and count what became of them
  local bench  measure the functions beside what might be used instead of them
  local build  build the parts, faas-cli, stripe-mock and the functions, and start nothing
  local mongod the database alone; run starts it itself

  local images    build the functions' images without Docker, and push them
  local binaries  build the functions' programs alone, as the images have them
  local size      say how large the functions are, and what they are made of

  local check-catalogue  say who gets which e-mail for what, or what is wrong with that
  local templates        publish the e-mails' templates to SendGrid

Each takes --help.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once, and so all others with it
	if err := dispatch(ctx, os.Args[1:]); err != nil {
		if errors.As(err, new(mistakes)) {
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
	name, args := args[0], args[1:]
	var err error
	switch name {
	case "run":
		err = runCommand(ctx, args)
	case "buy":
		err = buyCommand(ctx, args)
	case "chaos":
		err = chaosCommand(ctx, args)
	case "bench":
		err = benchCommand(ctx, args)
	case "build":
		err = buildCommand(ctx, args)
	case "images":
		err = imagesCommand(ctx, args)
	case "binaries":
		err = binariesCommand(ctx, args)
	case "size":
		err = sizeCommand(ctx, args)
	case "mongod":
		err = mongodCommand(ctx, args)
	case "check-catalogue":
		err = checkCatalogueCommand(args)
	case "templates":
		err = templatesCommand(ctx, args)
	case "help", "-h", "--help":
		fmt.Print(usage)
	default:
		err = fmt.Errorf("no command %q; see local --help", name)
	}
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
