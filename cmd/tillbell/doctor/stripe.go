package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/checkout/session"
	"github.com/stripe/stripe-go/v76/event"
	"github.com/stripe/stripe-go/v76/product"

	"handler/function/cmd/tillbell/endpoint"
	"handler/function/cmd/tillbell/stripeapi"
	"handler/function/cmd/tillbell/target"
	"handler/function/internal/order"
	"handler/function/internal/plural"
	"handler/function/internal/stripeclient"
)

const theStripeKey = "Stripe's key"

func (d *doctor) stripeChecks() []Check {
	needs := []string{theStripeKey}
	return []Check{
		{Name: theStripeKey, Look: d.lookAtStripeKey},
		{Name: "what Stripe's key may read", Needs: needs, Look: d.lookAtPermissions},
		{Name: "the webhook endpoint", Needs: needs, Look: d.lookAtEndpoint},
		{Name: "the products", Needs: []string{theStripeKey, "the catalogue"}, Look: d.lookAtProducts},
		{Name: "the payment links", Needs: []string{theStripeKey, "the catalogue"}, Look: d.lookAtLinks},
	}
}

// lookAtStripeKey has Stripe tell whether it knows the key; what it may do, others look at.
func (d *doctor) lookAtStripeKey(ctx context.Context) Finding {
	if f, bad := d.unusable(target.StripeKey, theStripeKey, theStripeKey); bad {
		return f
	}
	key := d.Given(target.StripeKey)
	if setup := d.StripeSetupKey(); stripeclient.Live(setup) != stripeclient.Live(key) {
		return wrong("give two keys of one mode", "STRIPE_API_KEY is of %s mode, and STRIPE_SETUP_KEY of %s", mode(key), mode(setup))
	}
	params := &stripe.CheckoutSessionListParams{}
	params.Context, params.Limit, params.Single = ctx, stripe.Int64(1), true
	list := session.Client{B: d.stripe, Key: key}.List(params)
	err := list.Err()
	if err != nil {
		err = stripeapi.Explain(err)
	}
	switch {
	case errors.Is(err, stripeapi.ErrKey):
		return wrong("make secrets, with a key from https://dashboard.stripe.com/apikeys; a rolled or deleted one does not come back", "Stripe does not know the key")
	case err != nil && !errors.Is(err, stripeapi.ErrPermission): // which is another check's
		return wrong("try again", "Stripe cannot be asked: %v", err)
	}
	text := fmt.Sprintf("Stripe takes the key, which is of %s mode", mode(key))
	if strings.HasPrefix(key, "sk_") {
		text += " (and may do anything: a restricted key would be enough)"
	}
	if stripeclient.Live(key) && d.Setting("accept_test_events") != "false" {
		text += " (test events are taken as well: accept_test_events in settings.yml)"
	}
	return ok("%s", text)
}

func mode(key string) string {
	if stripeclient.Live(key) {
		return "live"
	}
	return "test"
}

// lookAtPermissions reads one of each kind that the functions read.
func (d *doctor) lookAtPermissions(ctx context.Context) Finding {
	key := d.Given(target.StripeKey)
	one := stripe.ListParams{Context: ctx, Limit: stripe.Int64(1), Single: true}
	kinds := []struct {
		name string
		read func() error
	}{
		{"Checkout Sessions", func() error {
			return session.Client{B: d.stripe, Key: key}.List(&stripe.CheckoutSessionListParams{ListParams: one}).Err()
		}},
		{"Products", func() error {
			return product.Client{B: d.stripe, Key: key}.List(&stripe.ProductListParams{ListParams: one}).Err()
		}},
		{"Events (and Charges, Refunds, Disputes and PaymentIntents, which they may be about)", func() error {
			return event.Client{B: d.stripe, Key: key}.List(&stripe.EventListParams{ListParams: one, Types: stripe.StringSlice(order.HandledTypes())}).Err()
		}},
	}
	var lacks []string
	for _, k := range kinds {
		err := k.read()
		if err == nil {
			continue
		}
		if err = stripeapi.Explain(err); !errors.Is(err, stripeapi.ErrPermission) {
			return wrong("try again", "Stripe does not list %s: %v", k.name, err)
		}
		lacks = append(lacks, k.name)
	}
	if lacks != nil {
		return wrong("give the restricted key Read for them: https://dashboard.stripe.com/apikeys", "Stripe's key may not read %s", list(lacks))
	}
	return ok("Stripe's key may read Checkout Sessions, Products and Events")
}

func (d *doctor) lookAtEndpoint(ctx context.Context) Finding {
	if d.WebhookURL() == "" {
		return unknown("set PUBLIC_URL to https://YOUR-HOST", "the webhook endpoint")
	}
	all, err := endpoint.List(ctx, d.stripe, d.StripeSetupKey())
	if err != nil {
		return stripeUnknown(err, "the webhook endpoint", "Webhook Endpoints")
	}
	thin, thinErr := endpoint.Thin(ctx, d.stripe, d.StripeSetupKey(), d.WebhookURL())
	if len(thin) > 0 {
		return wrong("in Stripe's dashboard, under Developers › Webhooks, set it to snapshot payloads", "the event destination %s at %s gets thin events, which hold no order", list(thin), d.WebhookURL())
	}
	ours, others := endpoint.At(all, d.WebhookURL()), len(all)
	if len(ours) == 0 {
		return wrong("make endpoint registers it", "no webhook endpoint of the account is at %s (%s elsewhere)", d.WebhookURL(), plural.Of(others, "endpoint"))
	}
	if len(ours) > 1 {
		return wrong("make endpoint removes all but one", "%d webhook endpoints are at %s, and each is sent every event", len(ours), d.WebhookURL())
	}
	e := ours[0]
	if faults := endpoint.Faults(e); faults != nil {
		return wrong("make endpoint corrects it", "the webhook endpoint %s %s", e.ID, list(faults))
	}
	version := "of the account's default API version"
	if e.APIVersion != "" {
		version = "of API version " + e.APIVersion
	}
	if thinErr != nil {
		version += " (whether as snapshots, Stripe does not tell this key)"
	}
	return ok("the webhook endpoint gets exactly our %d event types, %s", len(order.HandledTypes()), version)
}

// stripeUnknown is the finding where this command's own key may not read something.
func stripeUnknown(err error, what, permission string) Finding {
	if err = stripeapi.Explain(err); errors.Is(err, stripeapi.ErrPermission) {
		return unknown("the key may not read "+permission+"; STRIPE_SETUP_KEY may be one that may, and goes to no function", "%s", what)
	}
	if errors.Is(err, stripeapi.ErrKey) {
		return wrong("correct STRIPE_SETUP_KEY", "%s: Stripe refuses the key STRIPE_SETUP_KEY", what)
	}
	return wrong("try again", "%s: Stripe cannot be asked: %v", what, err)
}

func (d *doctor) lookAtProducts(ctx context.Context) Finding {
	offers, err := d.offers(ctx)
	if err != nil {
		return stripeUnknown(err, "the products", "Products and Payment Links")
	}
	return offered(offers, "product", offers.products(), len(offers.Products))
}

func (d *doctor) lookAtLinks(ctx context.Context) Finding {
	offers, err := d.offers(ctx)
	if err != nil {
		return stripeUnknown(err, "the payment links", "Products and Payment Links")
	}
	return offered(offers, "payment link", offers.links(), len(offers.Links))
}

// offered is the finding about what a series should name.
func offered(o *offers, kind string, v verdict, all int) Finding {
	switch {
	case v.unnamed != nil:
		return wrong("name it in a series of send-email/catalogue.yml, or archive it at Stripe; until then a customer gets the default e-mails, and the admins are notified",
			"no series of the catalogue names the %s %s", kind, list(v.unnamed))
	case all == 0:
		return unknown("the Stripe account has none that is active", "the %ss", kind)
	}
	text := "a series of the catalogue names each of "
	if !o.HasDefault() {
		text = "the e-mails of every order go to the buyers of each of "
	}
	text += plural.Of(all-v.others, "active "+kind)
	if v.others > 0 {
		text += fmt.Sprintf(" (and its only leaves out %d of another shop)", v.others)
	}
	return ok("%s", text)
}

// verdict is what the catalogue makes of a list of offers.
type verdict struct {
	unnamed []string
	// others is how many are not the shop's own.
	others int
}

func (v *verdict) add(named, ours bool, name string) {
	switch {
	case !ours:
		v.others++
	case !named && !slices.Contains(v.unnamed, name):
		v.unnamed = append(v.unnamed, name)
	}
}
