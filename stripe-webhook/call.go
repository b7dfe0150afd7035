package function

import (
	"context"
	"net/http"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

const (
	// maxCall is far above what a call of the owner's holds.
	maxCall = 4 << 10
	// beginFor is how long a call begins one thing after the other, and budget when it ends. Both
	// are below the function's timeouts in stack.yml, so that it is the function that answers.
	beginFor = 4 * time.Second
	budget   = 8500 * time.Millisecond
)

// reconcile is what the owner asks for: what Stripe has since a time, and this function has not.
type reconcile struct {
	// Since is a time in RFC 3339.
	Since  string `json:"since"`
	DryRun bool   `json:"dry_run"`
	// After is the cursor that an earlier answer gave.
	After string `json:"after"`

	since time.Time
}

// isOwners reports whether a request means to be a call of the owner's, and not an event of
// Stripe's.
func isOwners(req handler.Request) bool {
	return req.Header.Get("Stripe-Signature") == "" && req.Header.Get(openfaas.SignatureHeader) != ""
}

// verifyOwner lets through only what was signed with the key that the functions share.
func (e *Endpoint) verifyOwner(req handler.Request) error {
	if req.Method != http.MethodPost {
		return errMethod
	}
	if len(req.Body) > maxCall {
		return errSignature // before anything is hashed
	}
	keys, err := e.Keys()
	if err != nil {
		return err
	}
	if !openfaas.Signed(req.Body, req.Header.Get(openfaas.SignatureHeader), keys) {
		return errSignature
	}
	return nil
}

// receiveOwner verifies a call of the owner's, and does what it asks for. A search goes on in the
// next call, with the cursor that this one answers.
func (e *Endpoint) receiveOwner(req handler.Request) handler.Response {
	began := time.Now()
	if err := e.verifyOwner(req); err != nil {
		return e.turnAway(req, err)
	}
	log := e.Log.With("call_id", openfaas.CallID(req))
	r, err := parseReconcile(req.Body)
	if err != nil {
		return openfaas.Refuse(log, err, toStatus)
	}
	ctx, cancel := context.WithTimeout(openfaas.Context(req), budget)
	defer cancel()
	done, err := e.find(ctx, log, search{
		since: r.since, dryRun: r.DryRun, who: order.FoundByOwner,
		more: func() bool { return time.Since(began) < beginFor },
	}, r.After)
	if !r.DryRun {
		e.keepConditions(ctx)
	}
	if err != nil {
		return openfaas.Refuse(log.With("recorded", done.Recorded), err, toStatus)
	}
	log.Info("looked at Stripe for missing events", "seen", done.Seen, "missing", done.Recorded, "dry_run", r.DryRun, "duration", time.Since(began))
	return openfaas.JSON(http.StatusOK, done)
}

// parseReconcile reads the one call that there is. It changes something, unless it is a dry run; a
// copy of that one would still have Stripe asked, so it is to be fresh as well.
func parseReconcile(body []byte) (r reconcile, err error) {
	c, err := openfaas.ParseCall(body)
	if err != nil {
		return r, err
	}
	if c.Command != "reconcile" {
		return r, openfaas.ErrCall
	}
	if err := c.Arguments(&r); err != nil {
		return r, err
	}
	r.since, err = time.Parse(time.RFC3339, r.Since)
	if err != nil || r.since.Unix() <= 0 || r.since.After(time.Now()) {
		return r, &openfaas.ArgumentError{Name: "reconcile.since", Want: "a time in the past such as 2026-11-01T00:00:00Z"}
	}
	return r, c.Fresh(time.Now())
}
