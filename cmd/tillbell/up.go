package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"handler/function/cmd/tillbell/deploy"
	"handler/function/cmd/tillbell/doctor"
	"handler/function/cmd/tillbell/purchase"
	"handler/function/cmd/tillbell/stripeapi"
	"handler/function/cmd/tillbell/target"
	"handler/function/internal/mongodb"
	"handler/function/internal/stripeclient"
	"handler/function/shared/shop"
)

const upHelp = `ops up looks (doctor), builds, pushes and deploys both functions, looks again, and has you buy something where
Stripe's key is of test mode. It begins nothing where something is wrong before, nor where a file of the deployment is not
committed: a clone of the tag could not be built then. With --force it does.

Before send-email is replaced it is paused: it ends what it has in hand and begins nothing more, since an e-mail that is
cut off may go out twice. That needs SEND_EMAIL_KEY. The pause ends by itself after three minutes.

With a Docker engine it is faas-cli that builds; without one it is make images, which needs none. REGISTRY and TAG say
where the images go; with --no-build they are there already, as for going back to an earlier TAG.

With PLATFORM=compose or systemd it goes to SERVER by ssh, as root, and not to a gateway. For compose make images builds,
and the server pulls; systemd runs the programs of make binaries, of which the server keeps the last five versions. There
a function is replaced when the one before it answers. Where one does not, the version that ran before runs on.

Stripe's API cannot pay on its own page: the test purchase is a payment link that you open, whose order is then waited
for. On a laptop a sample purchase is played. With a live key nothing is bought.
` + target.Variables

func upVerb(ctx context.Context, args []string) error {
	set := newFlags("up", upHelp)
	var f doctorFlags
	f.register(set)
	force := set.Bool("force", false, "deploy though something is wrong")
	noBuild := set.Bool("no-build", false, "deploy the images of REGISTRY and TAG as they are at the registry")
	noPurchase := set.Bool("no-purchase", false, "buy nothing")
	if err := parse(set, args); err != nil {
		return err
	}
	t, err := f.Find()
	if err != nil {
		return err
	}
	if err := checkNames(t); err != nil {
		return err
	}
	if t.Laptop == nil {
		if err := checkCommitted(ctx, os.Stdout, t, *noBuild || *force); err != nil {
			return err
		}
	}
	fmt.Printf("Looking at %s.\n\n", t)
	before, after := f.groups(t, *noBuild)
	if wrongs := doctor.Run(ctx, os.Stdout, []doctor.Group{before}); wrongs > 0 && !*force {
		return fmt.Errorf("nothing was deployed: %w (%d)", errUnwell, wrongs)
	}
	fmt.Println()
	d, err := deployerFor(ctx, os.Stdout, f.Flags, t, *noBuild)
	if err != nil {
		return err
	}
	if err := d.run(ctx, t, *noBuild, *force); err != nil {
		return err
	}
	fmt.Println()
	if wrongs := doctor.Run(ctx, os.Stdout, []doctor.Group{after}); wrongs > 0 {
		return fmt.Errorf("deployed, and %w (%d)", errUnwell, wrongs)
	}
	fmt.Println()
	if *noPurchase {
		return nil
	}
	return buy(ctx, os.Stdout, t)
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
	client, err := mongodb.Connect(uri, "ops")
	if err != nil {
		return err
	}
	return purchase.Follow(ctx, out, mongodb.NewStore(client, t.Database()), id, wait, t.Platform.Logs)
}
