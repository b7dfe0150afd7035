//go:build !laptop

package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"handler/function/cmd/tillbell/publish"
	"handler/function/internal/catalogue"
	"handler/function/internal/published"
	"handler/function/shared/terminal"
)

// firstAccount is what the first SendGrid account is called that is not given a name.
const firstAccount = "main"

// templatesCommand publishes the templates to SendGrid.
func templatesCommand(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("local templates", flag.ContinueOnError)
	c := newChecker(shopFolder)
	c.flags(set)
	p := publish.Publisher{Out: os.Stdout, Ask: asker(os.Stdin, os.Stdout)}
	set.BoolVar(&p.Yes, "yes", false, "do not ask")
	set.BoolVar(&p.DryRun, "dry-run", false, "only show what would change")
	set.BoolVar(&p.Overwrite, "overwrite", false, "replace also what was made in SendGrid's design editor")
	var to publishTo
	to.flags(set)
	if err := parseFlags(set, args); err != nil {
		return err
	}
	services, err := readStack()
	if err != nil {
		return err
	}
	if err := to.choose(&p, services.Functions["send-email"].Environment); err != nil {
		return err
	}
	if p.Laptop && c.Lock == newChecker(shopFolder).Lock {
		c.Lock = laptopLock(to.state)
	}
	return publishTemplates(ctx, c, &p)
}

// publishTemplates publishes what is checked.
func publishTemplates(ctx context.Context, c *checker, p *publish.Publisher) error {
	checked, templates, err := c.check()
	if err != nil {
		return err
	}
	c.warn(p.Out, checked, templates)
	p.Shop = checked.Shop().Name
	if p.Lock, err = catalogue.ReadLock(c.Lock); err != nil {
		return err
	}
	if p.LockFile = c.Lock; p.Laptop {
		fmt.Fprintf(p.Out, "This is the SendGrid of the laptop that runs here, %s, which forgets it when it ends: for your account set %s.\n"+
			"What is published here is kept in %s, and no deployment knows it.\n\n", p.Host, sendgridSetup, c.Lock)
	}
	if p.Account, err = account(p.Lock, p.Account); err != nil {
		return err
	}
	return p.Run(ctx, templates.Set)
}

// account is the one of a name, else the only one in the lock, else the first.
func account(lock *published.Lock, name string) (string, error) {
	if name != "" && !published.ValidAccount(name) {
		return "", fmt.Errorf("%q is no name for an account: want letters, digits, dots, hyphens", name)
	}
	name, err := lock.Account(name)
	if err != nil {
		return "", fmt.Errorf("%w: ACCOUNT=name make templates", err)
	}
	return cmp.Or(name, firstAccount), nil
}

// asker asks on a terminal.
func asker(in *os.File, out io.Writer) func(context.Context, string) (bool, error) {
	return func(ctx context.Context, question string) (bool, error) {
		yes, err := terminal.Terminal{In: in, Out: out}.Confirm(ctx, question)
		if errors.Is(err, terminal.ErrNone) {
			return false, fmt.Errorf("nothing was published: %w; YES=1 make templates publishes without asking", err)
		}
		return yes, err
	}
}
