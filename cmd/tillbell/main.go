// Command ops is the owner's: it shows what came of the sales, does to orders what the owner
// wishes, looks whether all is right, puts the secrets and the webhook endpoint in place, and
// deploys. `make ops` builds it; `make doctor`, `make secrets`, `make endpoint` and `make up` use
// it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"handler/function/shared/owner"
)

// verb is one thing that the command does.
type verb struct {
	name, what string
	do         func(ctx context.Context, args []string) error
}

// groups are the verbs, by what an owner wants.
var groups = []struct {
	title string
	verbs []verb
}{
	{"See what came of the sales", []verb{
		{"summary", "what was sold today, in 7 days and in 30, and whether anything waits for you", summaryVerb},
		{"orders", "the newest orders, or those of a customer, a product, a state", ordersVerb},
		{"order", "all about one order: what was bought, each e-mail, and how it went", orderVerb},
	}},
	{"Do something about orders", []verb{
		{"resend", "send an order's e-mails once more, to another address if need be", resendVerb},
		{"correct", "give an order another address, and send again what did not arrive", correctVerb},
		{"forget", "take out of the orders what they hold of a customer", forgetVerb},
		{"export", "give all that is held of a customer", exportVerb},
		{"reconcile", "ask Stripe for what its webhook did not bring, and store it", reconcileVerb},
	}},
	{"Set up and deploy", []verb{
		{"doctor", "look whether all is right, before a deployment and after it; changes nothing", doctorVerb},
		{"secrets", "ask for the functions' secrets and put them in place", secretsVerb},
		{"endpoint", "register or correct the webhook endpoint in the Stripe account", endpointVerb},
		{"up", "doctor, build, push, deploy, doctor, and a test purchase", upVerb},
	}},
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
	default:
		fmt.Fprintln(os.Stderr, "ops:", err)
	}
	if code := exitCode(err); code != 0 {
		os.Exit(code)
	}
}

// errUsage: the command line was not understood.
var errUsage = errors.New("see --help")

// exitCode is the table of what the command ends with; the verbs' --help says it.
func exitCode(err error) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, owner.ErrNotFound):
		return 3
	case errors.Is(err, owner.ErrConflict):
		return 4
	}
	return 1
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage()
		return nil
	}
	for _, g := range groups {
		for _, v := range g.verbs {
			if v.name == args[0] {
				return v.do(ctx, args[1:])
			}
		}
	}
	return fmt.Errorf("no verb %q: %w", args[0], errUsage)
}

func usage() {
	fmt.Println("Tillbell's owner's command.")
	for _, g := range groups {
		fmt.Printf("\n%s:\n", g.title)
		for _, v := range g.verbs {
			fmt.Printf("  ops %-9s %s\n", v.name, v.what)
		}
	}
	fmt.Println("\nEach takes --help, with examples.")
}

// newFlags are a verb's, whose --help says more than their list.
func newFlags(name, about string) *flag.FlagSet {
	set := flag.NewFlagSet("ops "+name, flag.ContinueOnError)
	set.Usage = func() {
		fmt.Fprintln(set.Output(), strings.TrimSpace(about))
		printFlags(set)
	}
	return set
}

// parse reads a verb's flags, beside which it takes nothing.
func parse(set *flag.FlagSet, args []string) error {
	_, err := parseWith(set, args, 0, 0)
	return err
}

// parseWith reads a verb's flags, and the arguments among them, of which there are so many.
func parseWith(set *flag.FlagSet, args []string, least, most int) ([]string, error) {
	var plain []string
	for {
		err := set.Parse(args)
		switch {
		case errors.Is(err, flag.ErrHelp):
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		case set.NArg() == 0:
			if len(plain) < least {
				return nil, fmt.Errorf("%s wants an argument: %w", set.Name(), errUsage)
			}
			return plain, nil
		case len(plain) == most:
			return nil, fmt.Errorf("%s takes no %q: %w", set.Name(), set.Arg(0), errUsage)
		}
		plain = append(plain, set.Arg(0))
		args = set.Args()[1:]
	}
}
