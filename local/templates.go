package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"handler/function/internal/published"
	"handler/function/local/dotenv"
	"handler/function/local/publish"
	"handler/function/local/terminal"
	function "handler/function/send-email"
)

const (
	// firstAccount is what the first SendGrid account is called that is not given a name.
	firstAccount = "main"
	sendgridHost = "https://api.sendgrid.com"
)

// templatesCommand publishes the templates to SendGrid.
func templatesCommand(ctx context.Context, args []string) error {
	set := flag.NewFlagSet("local templates", flag.ContinueOnError)
	c := newChecker(shopFolder)
	c.flags(set)
	p := publish.Publisher{Out: os.Stdout, Ask: asker(os.Stdin, os.Stdout)}
	set.BoolVar(&p.Yes, "yes", false, "do not ask")
	set.BoolVar(&p.DryRun, "dry-run", false, "only show what would change")
	set.BoolVar(&p.Overwrite, "overwrite", false, "replace also what was made in SendGrid's design editor")
	set.StringVar(&p.Account, "account", "", "what the lock calls the SendGrid account of the key (default: sendgrid_account in settings.yml, else the only one in the lock, else "+firstAccount+")")
	set.StringVar(&p.Host, "host", "", "SendGrid's API (default: sendgrid_host in settings.yml, else "+sendgridHost+")")
	env := set.String("env", ".env", "`file` of NAME=value lines, readable by you alone, for the key that the environment does not say")
	if err := parseFlags(set, args); err != nil {
		return err
	}
	var err error
	if p.Key, err = publishingKey(*env); err != nil {
		return err
	}
	services, err := readStack()
	if err != nil {
		return err
	}
	settings := services.Functions["send-email"].Environment
	p.Account = cmp.Or(p.Account, settings["sendgrid_account"])
	p.Host = strings.TrimRight(cmp.Or(p.Host, settings["sendgrid_host"], sendgridHost), "/")
	return publishTemplates(ctx, c, &p)
}

// sendgridSetup is the variable of the key for the owner's own commands.
const sendgridSetup = "SENDGRID_SETUP_KEY"

// publishingKey is the key to publish with: what was set for this command counts more than what .env says for all.
func publishingKey(env string) (string, error) {
	file, err := dotenv.Read(env)
	if err != nil {
		return "", err
	}
	key := cmp.Or(os.Getenv(sendgridSetup), os.Getenv(sendgridAPI.variable), file[sendgridSetup], file[sendgridAPI.variable])
	if key = strings.TrimSpace(key); key == "" {
		return "", fmt.Errorf("set %s, in the environment or in .env, to a key that may create and read templates and their versions", sendgridSetup)
	}
	return key, nil
}

// publishTemplates publishes what is checked.
func publishTemplates(ctx context.Context, c *checker, p *publish.Publisher) error {
	catalogue, templates, err := c.check()
	if err != nil {
		return err
	}
	c.warn(p.Out, catalogue, templates)
	p.Shop = catalogue.Shop().Name
	if p.Lock, err = function.ReadLock(c.Lock); err != nil {
		return err
	}
	p.LockFile = c.Lock
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
