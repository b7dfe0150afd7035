package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"handler/function/cmd/tillbell/endpoint"
	"handler/function/cmd/tillbell/eventhook"
	"handler/function/cmd/tillbell/stripeapi"
	"handler/function/cmd/tillbell/target"
	"handler/function/shared/terminal"
)

func endpointCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "endpoint [flags]",
		Short: "register or correct the webhook endpoint at Stripe",
		Long: `Register or correct the one webhook endpoint that the Stripe account needs: at
PUBLIC_URL/function/stripe-webhook, enabled, with exactly the event types that stripe-webhook
handles. It says what it would change, and asks.

Stripe shows an endpoint's signing secret only when the endpoint is made. The secret goes to the
gateway as stripe-webhook-secret, and is not shown. Test mode and live mode have separate endpoints:
the key says which mode is meant.

If SENDGRID_SETUP_KEY is set, it does the same for SendGrid's Event Webhook at
PUBLIC_URL/function/send-email, from which send-email learns what arrived. The webhook's public key
goes into settings.yml.`,
		Example: `  tillbell endpoint --url https://shop.example.com --dry-run
  tillbell endpoint --url https://shop.example.com`,
		Args: takes(),
	}
	person := terminal.Terminal{In: os.Stdin, Out: os.Stdout}
	r := endpoint.Registrar{Out: os.Stdout, Confirm: person.Confirm}
	c.Flags().BoolVar(&r.Yes, "yes", false, yesUsage)
	c.Flags().BoolVar(&r.DryRun, "dry-run", false, dryRunUsage)
	c.Flags().BoolVar(&r.New, "new", false, "make a new endpoint, with a new secret, in place of the one that is there")
	var f target.Flags
	addSystem(c, &f)
	c.RunE = func(c *cobra.Command, _ []string) error { return register(c.Context(), f, &r, person) }
	return c
}

// register makes Stripe's endpoint, and SendGrid's, what they should be.
func register(ctx context.Context, f target.Flags, r *endpoint.Registrar, person terminal.Terminal) error {
	t, err := f.Find()
	if err != nil {
		return err
	}
	if r.URL = t.WebhookURL(); r.URL == "" {
		return errors.New("say where Stripe is to post: URL=https://YOUR-HOST, or PUBLIC_URL in .env")
	}
	if r.Key, err = setupKey(ctx, t, person); err != nil {
		return err
	}
	r.Backend = stripeapi.Backend(t.StripeAPI)
	var k *keeper
	r.Ready = func(ctx context.Context) (err error) {
		k, err = keeperFor(ctx, f, t)
		return err
	}
	r.Keep = func(ctx context.Context, secret string) error { return keepSigning(ctx, t, k, secret) }
	if err := r.Run(ctx); err != nil {
		return err
	}
	if k != nil {
		if err := k.use(ctx); err != nil {
			return err
		}
	}
	return eventHook(ctx, t, *r)
}

// keepSigning puts a new endpoint's secret in place.
func keepSigning(ctx context.Context, t *target.Target, k *keeper, secret string) error {
	if err := k.Put(ctx, target.StripeSigning, secret, "from Stripe"); err != nil {
		return err
	}
	if t.Laptop == nil && t.Given(target.StripeSigning) != "" {
		fmt.Println("! STRIPE_WEBHOOK_SECRET, in the environment or in .env, is now an old one: take it out, or make secrets would put it back.")
	}
	return nil
}

// eventHook is the same for SendGrid. It is the owner's choice to use it: where the key for it is
// missing, or may not do it, nothing is wrong.
func eventHook(ctx context.Context, t *target.Target, r endpoint.Registrar) error {
	skipped := func(why string) error {
		fmt.Printf("– SendGrid's Event Webhook was not looked at: %s\n", why)
		return nil
	}
	switch {
	case t.SendGridStandIn:
		return skipped("the laptop's SendGrid has its own")
	case !t.HasSendGridSetupKey():
		return skipped("SENDGRID_SETUP_KEY is not set")
	}
	h := eventhook.Registrar{
		Account: eventhook.Account{API: t.SendGridAPI, Key: t.SendGridSetupKey(), HTTP: &http.Client{Timeout: 10 * time.Second}},
		URL:     t.EventsURL(), Set: t.Setting(eventhook.Setting), Confirm: r.Confirm, Yes: r.Yes, DryRun: r.DryRun, Out: r.Out,
		Keep: func(setting string) error {
			return eventhook.WriteSetting(filepath.Join(t.Folder(), "settings.yml"), setting)
		},
	}
	err := h.Run(ctx)
	if errors.Is(err, eventhook.ErrPermission) {
		return skipped("SENDGRID_SETUP_KEY may not do that; it takes the scopes user.webhooks.event.settings.read, create and update")
	}
	return err
}

// setupKey is the key to ask Stripe with, which is asked for where none is set.
func setupKey(ctx context.Context, t *target.Target, person terminal.Terminal) (string, error) {
	key := t.StripeSetupKey()
	if key == "" {
		typed, err := person.Hidden(ctx, "A Stripe key that may write webhook endpoints: ")
		if err != nil {
			return "", fmt.Errorf("%w; set STRIPE_SETUP_KEY in the environment or in .env", err)
		}
		key = typed
	}
	if err := target.CheckForm(target.StripeKey, key); err != nil {
		return "", fmt.Errorf("the key to ask Stripe with: %w", err)
	}
	return key, nil
}
