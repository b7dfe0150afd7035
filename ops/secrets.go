package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"handler/function/local/terminal"
	"handler/function/ops/gateway"
	"handler/function/ops/secrets"
	"handler/function/ops/target"
)

const secretsHelp = `ops secrets puts the secrets that stack.yml names at the gateway, by faas-cli. What the environment or .env does
not say it asks for, without showing it; send-email-key it makes itself. Each is checked for its form and put there
at once. None is printed, and none is on a command line. What is typed is written to no file; the key that is made goes
into .env as well, readable by you alone, since your own calls of the functions are signed with it.

The functions read a changed secret when they next use it: no deployment is needed.
` + target.Variables

func secretsVerb(ctx context.Context, args []string) error {
	set := newFlags("secrets", secretsHelp)
	var f target.Flags
	f.Register(set)
	only := set.String("only", "", "only these, with commas between them")
	newKey := set.Bool("new-key", false, "make send-email-key anew though there is one; what is in the queue is then left to the sweep")
	if err := parse(set, args); err != nil {
		return err
	}
	t, err := f.Find()
	if err != nil {
		return err
	}
	names, err := choose(t.Secrets(), *only)
	if err != nil {
		return err
	}
	k, err := keeper(ctx, f, t)
	if err != nil {
		return err
	}
	k.NewKey = *newKey
	if t.Laptop == nil { // which tells its own
		k.Keep = func(name, value string) (string, error) {
			if variable := target.Variable(name); os.Getenv(variable) != "" {
				fmt.Printf("! %s, in the environment, is now an old one: unset it.\n", variable)
			}
			return t.Keep(name, value)
		}
	}
	return k.Run(ctx, names)
}

// choose are those of the names that were asked for.
func choose(names []string, only string) ([]string, error) {
	if only == "" {
		return names, nil
	}
	chosen := strings.Split(only, ",")
	for _, name := range chosen {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("stack.yml names no secret %q; it names %s", name, strings.Join(names, ", "))
		}
	}
	return chosen, nil
}

// keeper is one for the target's gateway, which it asks for what is there: before anybody types a secret in vain.
func keeper(ctx context.Context, f target.Flags, t *target.Target) (*secrets.Keeper, error) {
	cli, err := gateway.FindCLI(f.CLI, t.Gateway)
	if err != nil {
		return nil, err
	}
	there, err := gateway.New(t.Gateway).Secrets(ctx)
	if errors.Is(err, gateway.ErrLogin) {
		return nil, fmt.Errorf("%w: faas-cli login --gateway %s --password-stdin", err, t.Gateway)
	}
	if err != nil {
		return nil, fmt.Errorf("the gateway %s: %w; make doctor says more", t.Gateway, err)
	}
	person := terminal.Terminal{In: os.Stdin, Out: os.Stdout}
	return &secrets.Keeper{Gateway: cli, There: there, Given: t.Given, Ask: person.Hidden, Out: os.Stdout}, nil
}
