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
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
)

// setup reads the settings once: they do not change while the process lives. Secrets may, and are
// read when they are used.
var setup = sync.OnceValues(newEndpoint)

// catchUpWindow is the setting that says how far back to look for what the webhook missed; 0 turns
// that off.
const catchUpWindow = "catch_up_window"

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
	if os.Getenv(catchUpWindow) != "" {
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

// warmUp makes the client, which then connects. What is wrong is told at the first call.
func warmUp() {
	if e, err := setup(); err == nil {
		_, _ = e.Store()
	}
}

// catchUp looks for what was missed until the platform ends the process, of which it tells first.
// What is wrong with the settings is told at the first call.
func catchUp() {
	e, err := setup()
	if err != nil {
		return
	}
	e.CatchUpUntil(openfaas.Ending())
}

// CheckSettings says what is wrong with the settings that the function would start with. It calls
// nothing.
func CheckSettings(getenv func(name string) string) error {
	_, err := wire(&openfaas.Settings{Getenv: getenv})
	return err
}

func newEndpoint() (*Endpoint, error) {
	e, err := wire(new(openfaas.Settings))
	e.Log = openfaas.NoErrorsAfter(openfaas.Ending(), e.Log)
	return e, err
}

// wire connects the function to its platform. It calls nothing yet, and its log is there even where
// the settings are wrong.
func wire(s *openfaas.Settings) (*Endpoint, error) {
	secrets := s.Secrets()
	log := s.Logger(os.Stdout)
	orders := mongodb.FromSettings(s, "stripe-webhook")
	key := func() (string, error) { return secrets.First("send-email-key") }
	stripeKey := func() (string, error) { return secrets.First("stripe-api-key", "rk_", "sk_") }
	return &Endpoint{
		Secrets:          func() ([]string, error) { return secrets.Lines("stripe-webhook-secret", "whsec_") },
		Keys:             func() ([]string, error) { return secrets.Lines("send-email-key") },
		Store:            func() (Recorder, error) { return orders() },
		Queue:            openfaas.NewGateway(s.URL("gateway_url", "http://gateway:8080"), key),
		Stripe:           NewStripe(s.URL("stripe_api_base", "https://api.stripe.com"), nil, stripeKey),
		Window:           s.Duration(catchUpWindow, 48*time.Hour),
		Random:           rand.Float64,
		AcceptTestEvents: s.Bool("accept_test_events", true),
		Log:              log,
	}, s.Err()
}
