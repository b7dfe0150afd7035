package function

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
	"github.com/stripe/stripe-go/v76/webhook"
)

// tolerance is how far the time in a signature may be from ours: what stripe-go allows by default for
// the past, and this function for the future as well.
const tolerance = webhook.DefaultTolerance

// maxSignature is more than Stripe sends while a secret is rolled, and bounds what a forger can have
// us compare.
const maxSignature = 2048

var (
	errMethod    = errors.New("not a POST")
	errTooLarge  = errors.New("body too large")
	errSignature = errors.New("invalid signature")
)

// verify lets through only what Stripe signed with one of the endpoint's secrets, and not long ago.
// stripe-go takes an empty secret for a secret; that there is none such here, e.Secrets promises.
func (e *Endpoint) verify(req handler.Request) error {
	if req.Method != http.MethodPost {
		return errMethod
	}
	if len(req.Body) > maxBody {
		return errTooLarge
	}
	secrets, err := e.Secrets()
	if err != nil {
		return err
	}
	header := req.Header.Get("Stripe-Signature")
	if header == "" || len(header) > maxSignature || fromTheFuture(header, time.Now()) {
		return errSignature
	}
	err = errSignature
	for _, secret := range secrets {
		if err = webhook.ValidatePayloadWithTolerance(req.Body, header, secret, tolerance); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: %w", errSignature, err)
}

// fromTheFuture reports whether a signature is dated beyond the tolerance, which stripe-go lets pass.
func fromTheFuture(header string, now time.Time) bool {
	for field := range strings.SplitSeq(header, ",") {
		value, ok := strings.CutPrefix(field, "t=")
		if !ok {
			continue
		}
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || time.Unix(seconds, 0).Sub(now) > tolerance {
			return true
		}
	}
	return false
}
