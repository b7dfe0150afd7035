package function

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// budget is how long one call works; what it does not reach, the sweep does. It ends before the
// timeouts in stack.yml do, so that it is the function that answers.
const budget = 45 * time.Second

// maxBody is what OpenFaaS's queue takes.
const maxBody = 256_000

var (
	errMethod    = errors.New("not a POST")
	errTooLarge  = errors.New("body too large")
	errSignature = errors.New("invalid signature")
	// errUnread: what was asked for could not be read.
	errUnread = errors.New("the orders could not be read")
	// errUndone: what somebody asked for, and nobody else will see to, is not known to be done.
	errUndone = errors.New("it is not known to be done")
)

// Receive verifies and decodes one call, and does what it asks for.
func (f *Function) Receive(req handler.Request) handler.Response {
	if fromSendGrid(req) {
		return f.receiveEvents(req)
	}
	log := f.log.With("call_id", openfaas.CallID(req))
	if wakesOnly(req) {
		f.notes.wake(f.now())
		return handler.Response{StatusCode: http.StatusNoContent}
	}
	if err := f.verify(req); err != nil {
		return openfaas.Refuse(log, err, toStatus)
	}
	c, err := f.decode(req.Body)
	if err != nil {
		return openfaas.Refuse(log, err, toStatus)
	}
	end, err := f.begin(c)
	if err != nil {
		return putOffCall(log)
	}
	if async(req) {
		return f.accept(req, log, c, end)
	}
	defer end()
	answer, err := f.answer(req, log, c)
	if err != nil && !putOff(err) {
		return openfaas.Refuse(log.With("order", c.order()), err, toStatus)
	}
	return openfaas.JSON(http.StatusOK, answer)
}

// begin notes that a command is under way until end is called. The error is errPaused where it may
// not begin.
func (f *Function) begin(c command) (end func(), err error) {
	if alwaysAnswered(c) {
		return func() {}, nil
	}
	return f.work.begin(f.now())
}

// wakesOnly reports whether a call is cron-connector's: empty and unsigned. It is answered without a
// look at anything; that the process runs is all it is for.
func wakesOnly(req handler.Request) bool {
	return req.Method == http.MethodPost && len(req.Body) == 0 && req.Header.Get(openfaas.SignatureHeader) == ""
}

func (f *Function) verify(req handler.Request) error {
	if req.Method != http.MethodPost {
		return errMethod
	}
	if len(req.Body) > maxBody {
		return errTooLarge
	}
	keys, err := f.keys()
	if err != nil {
		return err
	}
	if !openfaas.Signed(req.Body, req.Header.Get(openfaas.SignatureHeader), keys) {
		return errSignature
	}
	return nil
}

// toStatus is the table of what is answered to whom.
func toStatus(err error) (status int, text string) {
	var wrong *openfaas.ArgumentError
	switch {
	case errors.As(err, &wrong):
		return http.StatusBadRequest, wrong.Error()
	case errors.Is(err, errMethod):
		return http.StatusMethodNotAllowed, "only POST"
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge, "the body is too large"
	case errors.Is(err, errSignature):
		return http.StatusBadRequest, "invalid signature"
	case errors.Is(err, openfaas.ErrCall):
		return http.StatusBadRequest, `unknown call: want {"id": "cs_…"} or one of ` + strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")
	case errors.Is(err, openfaas.ErrStale):
		return http.StatusBadRequest, openfaas.ErrStale.Error()
	case errors.Is(err, order.ErrNotFound):
		return http.StatusNotFound, "no such order"
	case errors.Is(err, errUnread):
		return http.StatusServiceUnavailable, "the database does not answer; ask again"
	case errors.Is(err, order.ErrNoDelivery):
		return http.StatusNotFound, err.Error()
	case conflicts(err):
		return http.StatusConflict, err.Error()
	case errors.Is(err, errUndone):
		return http.StatusServiceUnavailable, "the database does not answer, so it may not be done; look before you ask again"
	}
	return http.StatusServiceUnavailable, "not now; the sweep will try again"
}

// conflicts reports whether what was asked for cannot be done as the order is. Such an error says why in words that are
// meant for the caller, and holds no more than the key and the state of an e-mail.
func conflicts(err error) bool {
	for _, target := range []error{order.ErrInFlight, order.ErrNothingOwed, order.ErrNobody, order.ErrForgotten, order.ErrNotToCustomer} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
