// Package stripeapi is how the owner's command asks Stripe: with limits of its own, and with errors
// that show no key.
package stripeapi

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/stripe/stripe-go/v76"

	"handler/function/shared/gateway"
)

// Timeout ends one call.
const Timeout = 10 * time.Second

// Backend asks a Stripe API. A call is tried twice, and nothing is logged: stripe-go's own logger
// prints what it was answered.
func Backend(address string) stripe.Backend {
	return stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:               stripe.String(address),
		HTTPClient:        &http.Client{Timeout: Timeout},
		MaxNetworkRetries: stripe.Int64(1),
		EnableTelemetry:   stripe.Bool(false),
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
}

var (
	// ErrKey: Stripe refuses the key.
	ErrKey = errors.New("the key is refused by Stripe")
	// ErrPermission: the key may not do that.
	ErrPermission = errors.New("the key may not do that")
)

// permission is how Stripe's message names the one that is missing.
var permission = regexp.MustCompile(`rak_[a-z_]+`)

// Explain says of an error what the owner can do something with: ErrKey, ErrPermission, or what
// went wrong. Stripe's own message is left out, since it may quote a part of the key.
func Explain(err error) error {
	var e *stripe.Error
	var transport *url.Error
	switch {
	case errors.As(err, &transport):
		return gateway.Unreachable(err)
	case !errors.As(err, &e):
		return errors.New("the answer is not one of Stripe's")
	case e.HTTPStatusCode == http.StatusUnauthorized:
		return ErrKey
	case e.HTTPStatusCode == http.StatusForbidden:
		if p := permission.FindString(e.Msg); p != "" {
			return fmt.Errorf("%w (%s is missing)", ErrPermission, p)
		}
		return ErrPermission
	case e.Param == "url":
		return errors.New("no URL that Stripe takes: it wants one that the world reaches, with https in live mode")
	}
	return fmt.Errorf("an answer of %d %s %s (request %s)", e.HTTPStatusCode, e.Type, e.Code, e.RequestID)
}
