package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"handler/function/cmd/tillbell/secrets"
	"handler/function/cmd/tillbell/server"
	"handler/function/cmd/tillbell/target"
	"handler/function/shared/gateway"
	"handler/function/shared/owner"
	"handler/function/shared/terminal"
)

func secretsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "secrets [flags]",
		Short: "ask for the functions' secrets, and put them in place",
		Long: `Put the secrets that stack.yml names at the gateway, with faas-cli, or where PLATFORM says so into
files on SERVER, by ssh. It asks for what neither the environment nor .env says, without showing it,
and makes send-email-key itself. Each secret is checked for its form and put in place at once. None
is printed, and none is on a command line. What you type is written to no file; the key that is made
goes into .env as well, readable by you alone, since your own calls of the functions are signed with
it.

The functions read a changed secret when they next use it, without a deployment. PLATFORM=systemd
gives a function its secrets when it starts, so the functions that read a changed one are restarted,
send-email after a pause. With PLATFORM=compose the container's file is overwritten in place: a call
that reads it in that instant is refused, and comes again.`,
		Example: `  tillbell secrets
  tillbell secrets --only sendgrid-api-key,stripe-api-key
  tillbell secrets --only send-email-key --new-key`,
		Args: takes(),
	}
	var only string
	c.Flags().StringVar(&only, "only", "", "only these secrets, as `NAME,NAME`")
	complete(c, "only", target.StripeKey, target.StripeSigning, target.SendGridKey, target.MongoDB, target.FunctionsKey, target.AlertURL)
	newKey := c.Flags().Bool("new-key", false, "make send-email-key anew though there is one; what is in the queue is then left to the sweep")
	var f target.Flags
	addSystem(c, &f)
	c.RunE = func(c *cobra.Command, _ []string) error { return putSecrets(c.Context(), f, only, *newKey) }
	return c
}

// putSecrets puts the chosen secrets in place.
func putSecrets(ctx context.Context, f target.Flags, only string, newKey bool) error {
	t, err := f.Find()
	if err != nil {
		return err
	}
	names, err := choose(t.Secrets(), only)
	if err != nil {
		return err
	}
	k, err := keeperFor(ctx, f, t)
	if err != nil {
		return err
	}
	k.NewKey = newKey
	if t.Laptop == nil { // which tells its own
		k.Keep = func(name, value string) (string, error) {
			if variable := target.Variable(name); os.Getenv(variable) != "" {
				fmt.Printf("! %s, in the environment, is now an old one: unset it.\n", variable)
			}
			return t.Keep(name, value)
		}
	}
	return errors.Join(k.Run(ctx, names), k.use(ctx))
}

// choose are those of the names that were asked for.
func choose(names []string, only string) ([]string, error) {
	if only == "" {
		return names, nil
	}
	chosen := strings.Split(only, ",")
	for _, name := range chosen {
		if !slices.Contains(names, name) {
			return nil, usagef("stack.yml names no secret %q; it names %s", name, strings.Join(names, ", "))
		}
	}
	return chosen, nil
}

// keeper keeps secrets for a target.
type keeper struct {
	*secrets.Keeper
	// use has the running functions use what was changed, where they do not by themselves.
	use func(ctx context.Context) error
}

// keeperFor asks the target what is there: before a secret is typed in vain.
func keeperFor(ctx context.Context, f target.Flags, t *target.Target) (*keeper, error) {
	person := terminal.Terminal{In: os.Stdin, Out: os.Stdout}
	k := &keeper{&secrets.Keeper{Given: t.Given, Ask: person.Hidden, Out: os.Stdout}, func(context.Context) error { return nil }}
	if t.Platform.AtHome() {
		return k, k.atHome(ctx, t)
	}
	return k, k.atGateway(ctx, f, t)
}

func (k *keeper) atGateway(ctx context.Context, f target.Flags, t *target.Target) error {
	cli, err := gateway.FindCLI(f.CLI, t.Gateway)
	if err != nil {
		return err
	}
	k.Gateway = cli
	k.There, err = gateway.New(t.Gateway).Secrets(ctx)
	if errors.Is(err, gateway.ErrLogin) {
		return fmt.Errorf("%w: faas-cli login --gateway %s --password-stdin", err, t.Gateway)
	}
	if err != nil {
		return fmt.Errorf("the gateway %s: %w; make doctor says more", t.Gateway, err)
	}
	return nil
}

func (k *keeper) atHome(ctx context.Context, t *target.Target) error {
	remote := server.New(t)
	state, err := remote.Look(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w; make doctor says more", t.Server, err)
	}
	k.Gateway, k.There, k.Place = remote, state.Secrets, "on the server"
	if t.Platform == target.Systemd {
		k.use = func(ctx context.Context) error { return restartReaders(ctx, k.Out, t, remote, state.Running) }
	}
	return nil
}

// restartReaders restarts the running functions that read a changed secret, send-email first: it is
// paused, by the key that it still has.
func restartReaders(ctx context.Context, out io.Writer, t *target.Target, remote *server.Server, running []string) error {
	key, _, _ := strings.Cut(t.Given(target.FunctionsKey), "\n")
	client := &owner.Client{Gateway: t.Gateway, Key: key}
	pauser := owner.Pauser{Out: out, Logs: t.Platform.Logs(owner.SendEmail)}
	for _, name := range []string{owner.SendEmail, "stripe-webhook"} {
		reads := func(secret string) bool { return slices.Contains(t.Services.Functions[name].Secrets, secret) }
		if !slices.Contains(running, name) || !slices.ContainsFunc(remote.Changed(), reads) {
			continue
		}
		restart := func(ctx context.Context) error { return remote.Restart(ctx, name) }
		var err error
		if name == owner.SendEmail {
			err = pauser.Paused(ctx, client, false, restart)
		} else {
			err = restart(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s goes on with its old secrets until %s on the server: %w", name, t.Platform.Start(name), err)
		}
		fmt.Fprintf(out, "✓ %s is restarted, and has its new secrets\n", name)
	}
	return nil
}
