package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"handler/function/cmd/tillbell/endpoint"
	"handler/function/cmd/tillbell/eventhook"
	"handler/function/cmd/tillbell/stripeapi"
	"handler/function/cmd/tillbell/target"
	"handler/function/shared/terminal"
)

const endpointHelp = `ops endpoint sees to it that the Stripe account has one webhook endpoint at PUBLIC_URL/function/stripe-webhook,
enabled, and with exactly the event types that stripe-webhook handles. It says what it would change, and asks.

Stripe tells an endpoint's signing secret only when it makes one: it goes to the gateway as stripe-webhook-secret, and
is not shown. Test mode and live mode have endpoints of their own: the key says which is meant.

Where SENDGRID_SETUP_KEY is set, the same for SendGrid's Event Webhook at PUBLIC_URL/function/send-email, by which
send-email knows what arrived: enabled, signed, and told of what is kept. Its public key goes into settings.yml.
` + target.Variables

func endpointVerb(ctx context.Context, args []string) error {
	set := newFlags("endpoint", endpointHelp)
	var f target.Flags
	f.Register(set)
	person := terminal.Terminal{In: os.Stdin, Out: os.Stdout}
	r := endpoint.Registrar{Out: os.Stdout, Confirm: person.Confirm}
	set.BoolVar(&r.Yes, "yes", false, "do not ask")
	set.BoolVar(&r.DryRun, "dry-run", false, "only say what would change")
	set.BoolVar(&r.New, "new", false, "make a new endpoint, with a new secret, in place of the one that is there")
	if err := parse(set, args); err != nil {
		return err
	}
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
	r.Keep = func(ctx context.Context, secret string) error {
		if err := k.Put(ctx, target.StripeSigning, secret, "from Stripe"); err != nil {
			return err
		}
		if t.Laptop == nil && t.Given(target.StripeSigning) != "" {
			fmt.Println("! STRIPE_WEBHOOK_SECRET, in the environment or in .env, is now an old one: take it out, or make secrets would put it back.")
		}
		return nil
	}
	if err := r.Run(ctx); err != nil {
		return err
	}
	if k != nil {
		if err := k.use(ctx); err != nil {
			return err
		}
	}
	return eventHook(ctx, t, r)
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
