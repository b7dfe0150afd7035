package endpoint_test

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	stripego "github.com/stripe/stripe-go/v76"

	"handler/function/cmd/tillbell/endpoint"
	"handler/function/cmd/tillbell/stripeapi"
	"handler/function/internal/order"
	"handler/function/local/stripe"
	"handler/function/shared/terminal"
)

const url = "https://shop.example.com/function/stripe-webhook"

// bench is a registrar for the stand-in's account, with what came of it.
type bench struct {
	endpoint.Registrar
	stripe *stripe.Service
	out    *bytes.Buffer
	kept   []string
	asked  int
}

func setup(t *testing.T, there ...stripego.WebhookEndpoint) *bench {
	t.Helper()
	s, err := stripe.New(stripe.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range there {
		s.AddEndpoint(e)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	b := &bench{stripe: s, out: &bytes.Buffer{}}
	b.Registrar = endpoint.Registrar{
		Backend: stripeapi.Backend(server.URL), Key: "sk_test_owner00", URL: url, Out: b.out,
		Ready:   func(context.Context) error { return nil },
		Keep:    func(_ context.Context, secret string) error { b.kept = append(b.kept, secret); return nil },
		Confirm: func(context.Context, string) (bool, error) { b.asked++; return true, nil },
	}
	return b
}

func like(change func(*stripego.WebhookEndpoint)) stripego.WebhookEndpoint {
	e := stripego.WebhookEndpoint{URL: url, EnabledEvents: order.HandledTypes()}
	change(&e)
	return e
}

func same(*stripego.WebhookEndpoint) {}

// right says what is wrong with what is at Stripe, which should be one good endpoint at our
// address.
func (b *bench) right(t *testing.T) stripego.WebhookEndpoint {
	t.Helper()
	var ours []stripego.WebhookEndpoint
	for _, e := range b.stripe.Endpoints() {
		if e.URL == url {
			ours = append(ours, e)
		}
	}
	if len(ours) != 1 {
		t.Fatalf("%d endpoints: %+v", len(ours), ours)
	}
	if faults := endpoint.Faults(&ours[0]); faults != nil {
		t.Errorf("it %v", faults)
	}
	return ours[0]
}

func TestRegistrar(t *testing.T) {
	t.Parallel()

	t.Run("registers one where there is none, and hands its secret on", func(t *testing.T) {
		t.Parallel()

		b := setup(t, like(func(e *stripego.WebhookEndpoint) { e.URL = "https://other.example.com/hook" }))
		if err := b.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		e := b.right(t)
		if diff := cmp.Diff([]string{e.Secret}, b.kept); diff != "" || b.asked != 1 || e.APIVersion != stripego.APIVersion {
			t.Errorf("%s asked %d times, version %s", diff, b.asked, e.APIVersion)
		}
		if len(b.stripe.Endpoints()) != 2 {
			t.Error("another's endpoint is gone")
		}
		if strings.Contains(b.out.String(), e.Secret) {
			t.Errorf("it shows the secret:\n%s", b.out)
		}
	})

	t.Run("does nothing the second time", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for range 2 {
			if err := b.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		b.right(t)
		if b.asked != 1 || len(b.kept) != 1 || !strings.Contains(b.out.String(), "is as it should be") {
			t.Errorf("asked %d times, kept %d secrets, said\n%s", b.asked, len(b.kept), b.out)
		}
	})

	for name, change := range map[string]func(*stripego.WebhookEndpoint){
		"lacks an event type":                              func(e *stripego.WebhookEndpoint) { e.EnabledEvents = e.EnabledEvents[1:] },
		"is from before refunds and disputes were handled": func(e *stripego.WebhookEndpoint) { e.EnabledEvents = e.EnabledEvents[:3] },
		"has one too many":                                 func(e *stripego.WebhookEndpoint) { e.EnabledEvents = append(e.EnabledEvents, "invoice.paid") },
		"gets everything":                                  func(e *stripego.WebhookEndpoint) { e.EnabledEvents = []string{"*"} },
		"is disabled":                                      func(e *stripego.WebhookEndpoint) { e.Status = "disabled" },
	} {
		t.Run("corrects one that "+name+", which keeps its secret", func(t *testing.T) {
			t.Parallel()

			b := setup(t, like(change))
			before := b.stripe.Endpoints()[0]
			if err := b.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if after := b.right(t); after.ID != before.ID || after.Secret != before.Secret || b.kept != nil {
				t.Errorf("%+v became %+v, kept %v", before, after, b.kept)
			}
		})
	}

	t.Run("puts one in the place of several, and knows its secret", func(t *testing.T) {
		t.Parallel()

		b := setup(t, like(same), like(same), like(func(e *stripego.WebhookEndpoint) { e.URL += "/" }))
		if err := b.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if e := b.right(t); len(b.stripe.Endpoints()) != 1 || !cmp.Equal(b.kept, []string{e.Secret}) {
			t.Errorf("%+v, kept %v", b.stripe.Endpoints(), b.kept)
		}
	})

	t.Run("puts a new one in the place of a good one where that is asked for", func(t *testing.T) {
		t.Parallel()

		b := setup(t, like(same))
		before := b.stripe.Endpoints()[0]
		b.New = true
		if err := b.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := b.right(t); after.ID == before.ID || !cmp.Equal(b.kept, []string{after.Secret}) {
			t.Errorf("%+v, kept %v", after, b.kept)
		}
	})

	t.Run("changes nothing in a dry run, when told no, and where nobody can be asked", func(t *testing.T) {
		t.Parallel()

		for name, set := range map[string]func(*bench){
			"dry run": func(b *bench) { b.DryRun = true },
			"no":      func(b *bench) { b.Confirm = func(context.Context, string) (bool, error) { return false, nil } },
			"nobody": func(b *bench) {
				b.Confirm = func(context.Context, string) (bool, error) { return false, terminal.ErrNone }
			},
			"no gateway": func(b *bench) { b.Ready = func(context.Context) error { return errors.New("the gateway is away") } },
		} {
			b := setup(t)
			set(b)
			err := b.Run(t.Context())
			if (err == nil) != (name == "dry run") || len(b.stripe.Endpoints()) != 0 {
				t.Errorf("%s: error %v, endpoints %+v", name, err, b.stripe.Endpoints())
			}
			if !strings.Contains(b.out.String(), "A new webhook endpoint is to be at "+url) {
				t.Errorf("%s: it does not say what it would do:\n%s", name, b.out)
			}
		}
	})

	t.Run("asks nothing where it is told so", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.Yes = true
		if err := b.Run(t.Context()); err != nil || b.asked != 0 {
			t.Errorf("error %v, asked %d times", err, b.asked)
		}
	})

	t.Run("takes a new one back whose secret could not be kept, and leaves the old one", func(t *testing.T) {
		t.Parallel()

		b := setup(t, like(same))
		b.New, b.Yes = true, true
		b.Keep = func(context.Context, string) error { return errors.New("the gateway is away") }
		before := b.stripe.Endpoints()[0]
		if err := b.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "removed again: the gateway is away") {
			t.Errorf("error %v", err)
		}
		if after := b.right(t); after.ID != before.ID {
			t.Errorf("%+v", after)
		}
	})

	t.Run("says which key it wants where Stripe does not let it", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		if err := b.stripe.SetAccount(stripe.Account{Permissions: map[string][]string{b.Key: {"product_read"}}}); err != nil {
			t.Fatal(err)
		}
		if err := b.Run(t.Context()); !errors.Is(err, stripeapi.ErrPermission) || !strings.Contains(err.Error(), "STRIPE_SETUP_KEY") || strings.Contains(err.Error(), b.Key) {
			t.Errorf("error %v", err)
		}
		b.Key = "sk_live_unknown"
		if err := b.Run(t.Context()); !errors.Is(err, stripeapi.ErrKey) {
			t.Errorf("error %v", err)
		}
	})
}
