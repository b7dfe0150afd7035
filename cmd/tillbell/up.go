package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"handler/function/cmd/tillbell/deploy"
	"handler/function/cmd/tillbell/doctor"
	"handler/function/cmd/tillbell/purchase"
	"handler/function/cmd/tillbell/stripeapi"
	"handler/function/cmd/tillbell/target"
	"handler/function/internal/mongodb"
	"handler/function/internal/stripeclient"
	"handler/function/shared/shop"
)

func upCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "up [flags]",
		Short: "doctor, build, push, deploy, doctor, and a test purchase",
		Long: `Check the setup (doctor), build, push and deploy both functions, check again, and have you buy
something if Stripe's key is of test mode. It begins nothing if something is wrong before, or if a
file of the deployment is not committed: a clone of the tag could not be built then. --force deploys
all the same.

Before send-email is replaced it is paused: it ends what it has in hand and begins nothing more,
since an e-mail that is cut off may go out twice. That needs SEND_EMAIL_KEY. The pause ends by itself
after three minutes.

With a Docker engine, faas-cli builds; without one, make images does. REGISTRY and TAG say where the
images go; with --no-build they are there already, as when going back to an earlier TAG.

With PLATFORM=compose or systemd it goes to SERVER by ssh, as root, and not to a gateway. For compose
make images builds, and the server pulls; systemd runs the programs of make binaries, of which the
server keeps the last five versions. There a function is replaced when the one before it answers. If
it does not answer, the version that ran before runs on.

Stripe's API cannot pay on its own page: the test purchase is a payment link that you open, and up
waits for its order. On a laptop a sample purchase is played. With a live key nothing is bought.`,
		Example: `  TAG=v1 tillbell up
  TAG=v1 tillbell up --no-build   # go back to v1`,
		Args: takes(),
	}
	var f upFlags
	c.Flags().BoolVar(&f.force, "force", false, "deploy though something is wrong")
	c.Flags().BoolVar(&f.noBuild, "no-build", false, "deploy the images of REGISTRY and TAG as they are at the registry")
	c.Flags().BoolVar(&f.noPurchase, "no-purchase", false, "buy nothing")
	f.register(c)
	c.RunE = func(c *cobra.Command, _ []string) error { return up(c.Context(), os.Stdout, f) }
	return c
}

// upFlags are those of up.
type upFlags struct {
	doctorFlags
	force, noBuild, noPurchase bool
}

// up deploys, between the checks before and after it.
func up(ctx context.Context, out io.Writer, f upFlags) error {
	t, err := f.Find()
	if err != nil {
		return err
	}
	if err := checkNames(t); err != nil {
		return err
	}
	if t.Laptop == nil {
		if err := checkCommitted(ctx, out, t, f.noBuild || f.force); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "Looking at %s.\n\n", t)
	before, after := f.groups(t, f.noBuild)
	if wrongs := doctor.Run(ctx, out, []doctor.Group{before}); wrongs > 0 && !f.force {
		return fmt.Errorf("nothing was deployed: %w (%d)", errUnwell, wrongs)
	}
	fmt.Fprintln(out)
	d, err := deployerFor(ctx, out, f.Flags, t, f.noBuild)
	if err != nil {
		return err
	}
	if err := d.run(ctx, t, f.noBuild, f.force); err != nil {
		return err
	}
	fmt.Fprintln(out)
	if wrongs := doctor.Run(ctx, out, []doctor.Group{after}); wrongs > 0 {
		return fmt.Errorf("deployed, and %w (%d)", errUnwell, wrongs)
	}
	fmt.Fprintln(out)
	if f.noPurchase {
		return nil
	}
	return buy(ctx, out, t)
}

// checkCommitted finds the files of the deployment that are not committed. They are an error,
// unless they are only to be told; that it cannot be known is told.
func checkCommitted(ctx context.Context, out io.Writer, t *target.Target, tellOnly bool) error {
	var more []string
	if t.Platform.AtHome() {
		more = []string{"docs/deploy"}
	}
	files, err := deploy.Uncommitted(ctx, t.Folder(), more...)
	switch {
	case err != nil:
		fmt.Fprintf(out, "– whether all is committed: not looked at: %v\n", err)
	case len(files) == 0:
	case tellOnly:
		fmt.Fprintf(out, "– not committed: %s\n", strings.Join(files, ", "))
	default:
		return fmt.Errorf("nothing was deployed: %w", deploy.NotCommitted(files))
	}
	return nil
}

// buy makes the test purchase, and waits for what is owed for it.
func buy(ctx context.Context, out io.Writer, t *target.Target) error {
	wait := purchase.Wait{For: time.Minute, Every: time.Second}
	key := t.Given(target.StripeKey)
	var id string
	switch {
	case t.StripeStandIn && !t.SendGridStandIn:
		fmt.Fprintln(out, "– a test purchase: not made: the laptop's SendGrid is the real one, and would write to the sample's customer")
		return nil
	case t.StripeStandIn:
		s, err := shop.Open(t.Laptop)
		if err != nil {
			return err
		}
		defer s.Close()
		fmt.Fprintln(out, "A sample purchase on the laptop.")
		if id, err = purchase.Play(ctx, s); err != nil {
			return err
		}
		wait.Every = 50 * time.Millisecond
		return purchase.Follow(ctx, out, s.Store, id, wait, t.Platform.Logs)
	case key == "":
		fmt.Fprintln(out, "– a test purchase: not made: STRIPE_API_KEY is not known here")
		return nil
	case stripeclient.Live(key), stripeclient.Live(t.StripeSetupKey()):
		fmt.Fprintln(out, "– a test purchase: not made: the key is a live one")
		return nil
	}
	b := purchase.Buyer{Backend: stripeapi.Backend(t.StripeAPI), Key: t.StripeSetupKey(), Out: out, Wait: purchase.Wait{For: 10 * time.Minute, Every: 3 * time.Second}}
	id, err := b.Buy(ctx)
	if errors.Is(err, purchase.ErrNoLink) {
		fmt.Fprintf(out, "– a test purchase: not made: %v\n", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("the test purchase: %w", err)
	}
	uri := t.Given(target.MongoDB)
	if uri == "" {
		fmt.Fprintf(out, "✓ Stripe has the session %s; set MONGODB_URI to see its order\n", id)
		return nil
	}
	client, err := mongodb.Connect(uri, "tillbell")
	if err != nil {
		return err
	}
	return purchase.Follow(ctx, out, mongodb.NewStore(client, t.Database()), id, wait, t.Platform.Logs)
}
