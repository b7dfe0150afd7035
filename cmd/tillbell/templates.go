package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"handler/function/cmd/tillbell/publish"
	"handler/function/internal/catalogue"
	"handler/function/internal/published"
	"handler/function/shared/shopcheck"
	"handler/function/shared/stackfile"
	"handler/function/shared/terminal"
)

// firstAccount is what the first SendGrid account is called that is not given a name.
const firstAccount = "main"

func templatesCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "templates [flags]",
		Short: "publish the e-mails' templates to SendGrid",
		Long: `Publish the e-mails' templates to SendGrid: create those that are not there, give those that changed
a new version, and note their IDs in the lock, which is to be committed. It shows first what would
change, and asks.

The key is SENDGRID_SETUP_KEY, else SENDGRID_API_KEY, in the environment or in .env; it needs the
right to read and write templates and their versions. Without a key it publishes to the SendGrid of
the laptop that runs here, and to a lock of its own.`,
		Example: `  tillbell templates --dry-run
  tillbell templates
  tillbell templates --account trial   # one of several SendGrid accounts`,
		Args: takes(),
	}
	checker := shopcheck.New(shopcheck.Folder)
	p := publish.Publisher{Out: os.Stdout, Ask: asker(os.Stdin, os.Stdout)}
	c.Flags().BoolVar(&p.DryRun, "dry-run", false, dryRunUsage)
	c.Flags().BoolVar(&p.Yes, "yes", false, yesUsage)
	c.Flags().BoolVar(&p.Overwrite, "overwrite", false, "replace also what was made in SendGrid's design editor")
	checkerFlags(c, checker)
	var to publishTo
	to.register(c)
	c.RunE = func(c *cobra.Command, _ []string) error {
		services, err := stackfile.Read("stack.yml")
		if err != nil {
			return err
		}
		if err := to.choose(&p, services.Functions["send-email"].Environment); err != nil {
			return err
		}
		if p.Laptop && !c.Flags().Changed("lock") {
			checker.Lock = shopcheck.LaptopLock(to.Laptop)
		}
		return publishTemplates(c.Context(), checker, &p)
	}
	return c
}

// publishTemplates publishes what is checked.
func publishTemplates(ctx context.Context, c *shopcheck.Checker, p *publish.Publisher) error {
	checked, templates, err := c.Check()
	if err != nil {
		return err
	}
	shopcheck.PrintWarnings(p.Out, c.Warnings(checked, templates))
	p.Shop = checked.Shop().Name
	if p.Lock, err = catalogue.ReadLock(c.Lock); err != nil {
		return err
	}
	if p.LockFile = c.Lock; p.Laptop {
		fmt.Fprintf(p.Out, "This is the SendGrid of the laptop that runs here, %s, which forgets it when it ends: for your account set %s.\n"+
			"What is published here is kept in %s, and no deployment uses it.\n\n", p.Host, sendgridSetup, c.Lock)
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
