// Package stripeclient calls Stripe for the functions: with their own limits, with errors that may
// be logged and stored, and with a check that the answer is Stripe's.
package stripeclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"

	"handler/function/internal/openfaas"
)

// New asks a Stripe API, through http.DefaultTransport where transport is nil. stripe-go would wait
// 80 seconds for an answer and try three times; this client waits for the given time, once.
func New(url string, transport http.RoundTripper, timeout time.Duration) stripe.Backend {
	return stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:               stripe.String(url),
		HTTPClient:        &http.Client{Timeout: timeout, Transport: transport},
		MaxNetworkRetries: stripe.Int64(0),
		EnableTelemetry:   stripe.Bool(false),
		// Its own logger prints error bodies to stderr.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
}

// Live reports whether a key is of live mode.
func Live(key string) bool {
	return strings.HasPrefix(key, "sk_live_") || strings.HasPrefix(key, "rk_live_")
}

// ErrAnswer: the answer is not Stripe's.
var ErrAnswer = errors.New("the answer is not one of Stripe's")

// IsList is ErrAnswer where there is no list: stripe-go takes {}, null and what comes with a 3xx
// for one with nothing in it.
func IsList(res *stripe.APIResponse) error {
	var answer struct {
		Object string `json:"object"`
	}
	if res.StatusCode != http.StatusOK || json.Unmarshal(res.RawJSON, &answer) != nil || answer.Object != "list" {
		return ErrAnswer
	}
	return nil
}

// Error is what may be kept of an error of Stripe's.
type Error struct {
	Status              int
	Kind, Code, Request string
	// Permission is the one that a restricted key lacks, such as rak_event_read; empty if Stripe
	// names none.
	Permission string
}

// permission is how Stripe's message names it:
// https://github.com/stripe/stripe-node/issues/2246
var permission = regexp.MustCompile(`\brak_[a-z_]{1,80}\b`)

func (e *Error) Error() string {
	return fmt.Sprintf("Stripe answered %d %s %s (request %s)", e.Status, e.Kind, e.Code, e.Request)
}

// Expired is Stripe's word for a key whose time is up, and empty for any other error.
func (e *Error) Expired() string {
	if e.Code != string(stripe.ErrorCodeAPIKeyExpired) {
		return ""
	}
	return e.Code
}

// Redacted keeps of an error what may be logged and stored: of Stripe's an Error, since its message
// may quote what was sent; of a connection's what went wrong. stripe-go's error for an answer that
// is not Stripe's holds the answer, so of that nothing is kept.
func Redacted(err error) error {
	var transport *url.Error
	var e *stripe.Error
	switch {
	case errors.As(err, &transport):
		return transport.Err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, new(net.Error)): // it broke in the middle of the answer
		return err
	case !errors.As(err, &e):
		return ErrAnswer
	}
	return &Error{
		Status: e.HTTPStatusCode, Kind: openfaas.Word(string(e.Type)), Code: openfaas.Word(string(e.Code)), Request: openfaas.Word(e.RequestID),
		Permission: permission.FindString(e.Msg),
	}
}
