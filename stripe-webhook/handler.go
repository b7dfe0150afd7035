// Package function is stripe-webhook: it takes Stripe's events, stores those of Checkout Sessions and of the charges
// that paid for them, and hands each order on to send-email.
//
// Stripe is answered 2xx only when the event is stored durably, or is none of ours to store; whatever
// else happens is a 5xx, after which Stripe comes back for days.
package function

import (
	"net/http"
	"os"
	"sync"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
)

// setup reads the settings once: they do not change while the process lives. Secrets may, and are read
// when they are used.
var setup = sync.OnceValues(newEndpoint)

// The image build runs this package's tests with no secrets; where the platform has mounted that of the database,
// the process connects while it starts, and not while its first buyer waits.
func init() {
	if connected() {
		go warmUp()
	}
}

// Handle answers one call of the function.
func Handle(req handler.Request) (handler.Response, error) {
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

// newEndpoint wires the function to its platform. It calls nothing yet, and its log is there even where
// the settings are wrong.
func newEndpoint() (*Endpoint, error) {
	var s openfaas.Settings
	secrets := s.Secrets()
	log := s.Logger(os.Stdout)
	orders := s.Orders("stripe-webhook")
	key := func() (string, error) { return secrets.First("send-email-key") }
	return &Endpoint{
		Secrets:          func() ([]string, error) { return secrets.Lines("stripe-webhook-secret", "whsec_") },
		Store:            func() (Recorder, error) { return orders() },
		Queue:            openfaas.NewGateway(s.URL("gateway_url", "http://gateway:8080"), key),
		AcceptTestEvents: s.Bool("accept_test_events", true),
		Log:              log,
	}, s.Err()
}
