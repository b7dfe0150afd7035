package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhookendpoint"

	"handler/function/cmd/tillbell/stripeapi"
	"handler/function/internal/order"
)

// Registrar makes the account's webhook endpoint what it should be.
type Registrar struct {
	Backend stripe.Backend
	// Key may write webhook endpoints.
	Key string
	// URL is where the endpoint is to be.
	URL string
	// Ready is asked before anything is made: whether a signing secret could be kept.
	Ready func(context.Context) error
	// Keep takes the signing secret of a new endpoint, which Stripe tells this once.
	Keep func(ctx context.Context, secret string) error
	// Confirm asks the person.
	Confirm func(ctx context.Context, question string) (bool, error)
	// Yes asks nothing, DryRun changes nothing, New makes a new endpoint though there is a right
	// one.
	Yes, DryRun, New bool
	Out              io.Writer
}

// plan is what is to be done.
type plan struct {
	create bool
	// correct is the endpoint to set right, if there is one.
	correct *stripe.WebhookEndpoint
	// remove are those that a new one replaces.
	remove []*stripe.WebhookEndpoint
}

// ErrDeclined: the person said no.
var ErrDeclined = errors.New("nothing was changed")

// Run looks, says what it would change, asks, and does it. Where all is right it does nothing.
func (r *Registrar) Run(ctx context.Context) error {
	all, err := List(ctx, r.Backend, r.Key)
	if err != nil {
		return r.explain("list the webhook endpoints", err)
	}
	p := r.plan(At(all, r.URL))
	if !p.create && p.correct == nil {
		fmt.Fprintf(r.Out, "✓ the webhook endpoint at %s is as it should be.\n", r.URL)
		fmt.Fprintln(r.Out, "  Its signing secret is in Stripe's dashboard: make secrets asks for it. NEW=1 make endpoint makes another in its place, and puts its secret in place.")
		return nil
	}
	r.tell(p)
	if r.DryRun {
		return nil
	}
	if p.create {
		if err := r.Ready(ctx); err != nil {
			return fmt.Errorf("a new endpoint's signing secret could not be kept, so none is made: %w", err)
		}
	}
	if !r.Yes {
		yes, err := r.Confirm(ctx, "Do that at Stripe? [y/N] ")
		if err != nil {
			return fmt.Errorf("%w: %w; YES=1 make endpoint does it without asking", ErrDeclined, err)
		}
		if !yes {
			return ErrDeclined
		}
	}
	return r.carryOut(ctx, p)
}

// plan says what must change. Of several endpoints at one address it is unknown whose secret the
// gateway has, so a new one replaces them all.
func (r *Registrar) plan(ours []*stripe.WebhookEndpoint) plan {
	switch {
	case len(ours) == 0:
		return plan{create: true}
	case len(ours) > 1 || r.New:
		return plan{create: true, remove: ours}
	case Faults(ours[0]) != nil:
		return plan{correct: ours[0]}
	}
	return plan{}
}

// tell says what is about to be done.
func (r *Registrar) tell(p plan) {
	say := func(format string, args ...any) { fmt.Fprintf(r.Out, format+"\n", args...) }
	types := strings.Join(order.HandledTypes(), ", ")
	if e := p.correct; e != nil {
		say("The webhook endpoint %s at %s %s.", describe(e), r.URL, strings.Join(Faults(e), " and "))
		say("  It is to be enabled, and get %s.", types)
	}
	if len(p.remove) > 1 {
		say("%d webhook endpoints are at %s, and each is sent every event:", len(p.remove), r.URL)
	}
	if p.create {
		say("A new webhook endpoint is to be at %s, of API version %s, and get %s.", r.URL, stripe.APIVersion, types)
		say("  Its signing secret goes to the gateway, as stripe-webhook-secret.")
	}
	for _, e := range p.remove {
		say("  It replaces %s.", describe(e))
	}
}

// carryOut does it: the new endpoint first, so that at no moment there is none.
func (r *Registrar) carryOut(ctx context.Context, p plan) error {
	client := webhookendpoint.Client{B: r.Backend, Key: r.Key}
	if e := p.correct; e != nil {
		params := &stripe.WebhookEndpointParams{EnabledEvents: stripe.StringSlice(order.HandledTypes()), Disabled: stripe.Bool(false)}
		params.Context = ctx
		if _, err := client.Update(e.ID, params); err != nil {
			return r.explain("correct the webhook endpoint", err)
		}
		fmt.Fprintf(r.Out, "✓ the webhook endpoint %s is corrected; its signing secret is the same\n", e.ID)
	}
	if p.create {
		if err := r.create(ctx, client); err != nil {
			return err
		}
	}
	for _, e := range p.remove {
		params := &stripe.WebhookEndpointParams{}
		params.Context = ctx
		if _, err := client.Del(e.ID, params); err != nil {
			return r.explain("remove the webhook endpoint "+e.ID, err)
		}
		fmt.Fprintf(r.Out, "✓ the webhook endpoint %s is removed\n", e.ID)
	}
	return nil
}

// create makes the endpoint, and hands on its secret. Where that fails there is no way to learn the
// secret, so the endpoint goes again.
func (r *Registrar) create(ctx context.Context, client webhookendpoint.Client) error {
	params := &stripe.WebhookEndpointParams{
		URL: stripe.String(r.URL), EnabledEvents: stripe.StringSlice(order.HandledTypes()),
		APIVersion: stripe.String(stripe.APIVersion), Description: stripe.String("Tillbell"),
	}
	params.Context = ctx
	made, err := client.New(params)
	if err != nil {
		return r.explain("register the webhook endpoint", err)
	}
	err = r.Keep(ctx, made.Secret)
	if err == nil {
		fmt.Fprintf(r.Out, "✓ the webhook endpoint %s is registered\n", made.ID)
		return nil
	}
	undo := &stripe.WebhookEndpointParams{}
	undo.Context = context.WithoutCancel(ctx) // it is wanted all the more after a Ctrl-C
	if _, failed := client.Del(made.ID, undo); failed != nil {
		return fmt.Errorf("%w; remove the webhook endpoint %s in Stripe's dashboard, which could not be undone: %w", err, made.ID, stripeapi.Explain(failed))
	}
	return fmt.Errorf("the new webhook endpoint was removed again: %w", err)
}

// explain says what the owner can do.
func (r *Registrar) explain(doing string, err error) error {
	err = stripeapi.Explain(err)
	if errors.Is(err, stripeapi.ErrPermission) {
		return fmt.Errorf("%s: %w; set STRIPE_SETUP_KEY to one with Write for Webhook Endpoints, which goes to no function", doing, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
