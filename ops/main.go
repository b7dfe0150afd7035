// Command ops is the owner's: it looks whether all is right, puts the secrets and the webhook endpoint in place,
// and deploys. `make doctor`, `make secrets`, `make endpoint` and `make up` are its uses.
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

// verb is one thing that the command does.
type verb struct {
	name, what string
	do         func(ctx context.Context, args []string) error
}

var verbs = []verb{
	{"doctor", "look whether all is right, before a deployment and after it; changes nothing", doctorVerb},
	{"secrets", "ask for the functions' secrets and put them at the gateway", secretsVerb},
	{"endpoint", "register or correct the webhook endpoint in the Stripe account", endpointVerb},
	{"up", "doctor, build, push, deploy, doctor, and a test purchase", upVerb},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	err := dispatch(ctx, os.Args[1:])
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "ops: stopped")
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "ops:", err)
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage()
		return nil
	}
	for _, v := range verbs {
		if v.name == args[0] {
			return v.do(ctx, args[1:])
		}
	}
	return fmt.Errorf("no verb %q; see ops --help", args[0])
}

func usage() {
	fmt.Println("Tillbell's owner's command.")
	fmt.Println()
	for _, v := range verbs {
		fmt.Printf("  ops %-9s %s\n", v.name, v.what)
	}
	fmt.Println("\nEach takes --help.")
}

// newFlags are a verb's, whose --help says more than their list.
func newFlags(name, about string) *flag.FlagSet {
	set := flag.NewFlagSet("ops "+name, flag.ContinueOnError)
	set.Usage = func() {
		fmt.Fprintf(set.Output(), "%s\n\n", about)
		set.PrintDefaults()
	}
	return set
}

// parse reads a verb's flags, beside which it takes nothing.
func parse(set *flag.FlagSet, args []string) error {
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return fmt.Errorf("%s takes no %q", set.Name(), set.Arg(0))
	}
	return nil
}
