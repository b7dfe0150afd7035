// Package function is stripe-webhook: it takes Stripe's events, stores those of Checkout Sessions
// and of the charges that paid for them, and hands each order on to send-email.
//
// Stripe is answered 2xx only when the event is stored durably, or is none of ours to store;
// whatever else happens is a 5xx, after which Stripe comes back for days.
package function

import (
	"math/rand/v2"
	"net/http"
	"os"
	"sync"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	"handler/function/internal/settings"
)

// setup reads the settings once: they do not change while the process lives. Secrets may, and are
// read when they are used.
var setup = sync.OnceValues(newEndpoint)

// startCatchUp has that looked for, once in a process.
var startCatchUp = sync.OnceFunc(func() { go catchUp() })

// The image build runs this package's tests with no secrets and no settings; where the platform has
// mounted the database's, the process connects while it starts, and not while its first buyer
// waits. Where the platform has set the window, the process begins to look for what was missed, and
// elsewhere with the first call.
func init() {
	if connected() {
		go warmUp()
	}
	if os.Getenv(settings.CatchUpWindow) != "" {
		startCatchUp()
	}
}

// Handle answers one call of the function.
func Handle(req handler.Request) (handler.Response, error) {
	startCatchUp()
	e, err := setup()
	if err != nil {
		e.Log.Error("the settings are wrong", "err", err)
		return openfaas.Error(http.StatusServiceUnavailable, err.Error()), nil
	}
	return e.Receive(req), nil
}

// connected reports whether the platform says which database to connect to.
func connected() bool {
	_, err := new(openfaas.Settings).Secrets().First("mongodb-uri")
	return err == nil
}

// warmUp makes the client, which then connects. The first call reports what is wrong.
func warmUp() {
	if e, err := setup(); err == nil {
		_, _ = e.Store()
	}
}

// catchUp looks for what was missed until the platform ends the process, which it announces first.
// The first call reports what is wrong with the settings.
func catchUp() {
	e, err := setup()
	if err != nil {
		return
	}
	e.CatchUpUntil(openfaas.Ending())
}

func newEndpoint() (*Endpoint, error) {
	e, err := wire(new(openfaas.Settings))
	e.Log = openfaas.NoErrorsAfter(openfaas.Ending(), e.Log)
	return e, err
}

// wire connects the function to its platform. It calls nothing yet, and its log is there even where
// the settings are wrong.
func wire(s *openfaas.Settings) (*Endpoint, error) {
	read, secrets := settings.ReadStripeWebhook(s), s.Secrets()
	orders := mongodb.FromSecret(secrets, read.Database, "stripe-webhook")
	key := func() (string, error) { return secrets.First("send-email-key") }
	stripeKey := func() (string, error) { return secrets.First("stripe-api-key", "rk_", "sk_") }
	return &Endpoint{
		Secrets:          func() ([]string, error) { return secrets.Lines("stripe-webhook-secret", "whsec_") },
		Keys:             func() ([]string, error) { return secrets.Lines("send-email-key") },
		Store:            func() (Recorder, error) { return orders() },
		Queue:            openfaas.NewGateway(read.GatewayURL, key),
		Stripe:           NewStripe(read.StripeAPI, nil, stripeKey),
		Window:           read.CatchUpWindow,
		Random:           rand.Float64,
		AcceptTestEvents: read.AcceptTestEvents,
		Log:              read.Log,
	}, s.Err()
}
