package function

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
	"github.com/stripe/stripe-go/v76/webhook"
)

// tolerance is how far the time in a signature may be from ours: what stripe-go allows by default
// for the past, and this function for the future as well.
const tolerance = webhook.DefaultTolerance

// What Stripe sends is shorter and has fewer fields, also while a secret is rolled: it bounds what
// a forger can have us compare.
const (
	maxSignature = 2048
	maxFields    = 16
)

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
	header := req.Header.Get("Stripe-Signature")
	if err := plausible(header, time.Now()); err != nil {
		return fmt.Errorf("%w: %w", errSignature, err)
	}
	secrets, err := e.Secrets()
	if err != nil {
		return err
	}
	err = errSignature
	for _, secret := range secrets {
		if err = webhook.ValidatePayloadWithTolerance(req.Body, header, secret, tolerance); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%w: %w", errSignature, err)
}

// plausible turns away what cannot have been signed by Stripe just now, before a secret is read and
// the body is hashed: stripe-go hashes first, which with a body of 1 MiB takes a hundred times as
// long as all the rest. It also finds a signature dated beyond the tolerance in the future, which
// stripe-go lets pass.
func plausible(header string, now time.Time) error {
	if header == "" {
		return webhook.ErrNotSigned
	}
	if len(header) > maxSignature || strings.Count(header, ",") >= maxFields {
		return webhook.ErrInvalidHeader
	}
	dated, signed := false, false
	for field := range strings.SplitSeq(header, ",") {
		switch name, value, _ := strings.Cut(field, "="); name {
		case "t":
			seconds, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return webhook.ErrInvalidHeader
			}
			if now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
				return webhook.ErrTooOld
			}
			dated = true
		case "v1":
			signed = signed || len(value) == hex.EncodedLen(sha256.Size)
		}
	}
	if !dated || !signed {
		return webhook.ErrNoValidSignature
	}
	return nil
}
