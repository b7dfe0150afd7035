package function

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/commands"
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
)

// Receive verifies and decodes one call, and does what it asks for.
func (f *Function) Receive(req handler.Request) handler.Response {
	switch {
	case fromSendGrid(req):
		return f.receiveEvents(req)
	case isHealthCheck(req):
		return healthAnswer(f.monitor.OK())
	}
	log := f.log.With("call_id", openfaas.CallID(req))
	if wakesOnly(req) {
		f.notes.wake(f.now())
		return handler.Response{StatusCode: http.StatusNoContent}
	}
	if err := f.verify(req); err != nil {
		return f.turnAway(log, err, toStatus)
	}
	c, err := f.decode(req.Body)
	if err != nil {
		return openfaas.Refuse(log, err, toStatus)
	}
	end, err := f.begin(c)
	if err != nil {
		return deferredCall(log)
	}
	if async(req) {
		return f.accept(req, log, c, end)
	}
	defer end()
	answer, err := f.answer(req, log, c)
	if err != nil && !deferred(err) {
		return openfaas.Refuse(log.With("order", c.OrderID()), err, toStatus)
	}
	return openfaas.JSON(http.StatusOK, answer)
}

// isHealthCheck reports whether a call is a monitor's, which needs no signature.
func isHealthCheck(req handler.Request) bool {
	return req.Method == http.MethodGet || req.Method == http.MethodHead
}

// healthAnswer answers a monitor by what the last sweep saw. It asks nothing, logs nothing, and says
// nothing more: strangers may read it.
func healthAnswer(ok bool) handler.Response {
	status := http.StatusOK
	if !ok {
		status = http.StatusServiceUnavailable
	}
	return openfaas.JSON(status, map[string]bool{"ok": ok})
}

// turnAway answers what was not let through. Anybody can call, and as often: what the caller did
// wrong gets a limited number of lines in the log.
func (f *Function) turnAway(log *slog.Logger, err error, table func(error) (int, string)) handler.Response {
	if status, _ := table(err); status < http.StatusInternalServerError {
		return f.turnedAway.Refuse(log, err, table)
	}
	return openfaas.Refuse(log, err, table)
}

// begin notes that a command is under way until end is called. The error is errPaused where it may
// not begin.
func (f *Function) begin(c command) (end func(), err error) {
	if alwaysAnswered(c) {
		return func() {}, nil
	}
	return f.work.begin(f.now())
}

// wakesOnly reports whether a call is cron-connector's: empty and unsigned. It is answered without
// a look at anything; that the process runs is all it is for.
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
	case errors.Is(err, commands.ErrUnread):
		return http.StatusServiceUnavailable, "the database does not answer; ask again"
	case errors.Is(err, order.ErrNoDelivery):
		return http.StatusNotFound, err.Error()
	case commands.Conflicts(err):
		return http.StatusConflict, err.Error()
	case errors.Is(err, commands.ErrUndone):
		return http.StatusServiceUnavailable, "the database does not answer, so it may not be done; look before you ask again"
	}
	return http.StatusServiceUnavailable, "not now; the sweep will try again"
}

const (
	// asyncPath is the path of a call that is answered before it is worked on. OpenFaaS's gateway
	// puts calls of this path into its queue and passes none of them on; without OpenFaaS
	// stripe-webhook reaches this function under it directly.
	asyncPath = "/async-function/send-email"
	// maxAccepted is how many accepted calls a process works on at a time: twice the connections of
	// the database's pool, since most of a call's time goes to Stripe and SendGrid.
	maxAccepted = 32
)

// async reports whether a call is to be answered before it is worked on. The template sets the
// header.
func async(req handler.Request) bool { return req.Header.Get("X-Path") == asyncPath }

// accept answers a call with 202 and does its work afterwards; end is called at the end of the
// work. An order beyond maxAccepted is due in the database as it was, and the sweep, which starts
// now, has it.
func (f *Function) accept(req handler.Request, log *slog.Logger, c command, end func()) handler.Response {
	select {
	case f.accepted <- struct{}{}:
	default:
		end()
		now := f.now()
		f.alarm.set(&now)
		log.Info("call not accepted: too many are in progress", "status", http.StatusTooManyRequests)
		return openfaas.Error(http.StatusTooManyRequests, "too many calls are under way; the sweep does what is due")
	}
	openfaas.Background(req, func() {
		defer func() { <-f.accepted; end() }()
		f.answerLater(req, log, c)
	})
	return openfaas.JSON(http.StatusAccepted, map[string]bool{"accepted": true})
}

// answerLater does an accepted call's work. Its errors have no caller and go to the log alone.
func (f *Function) answerLater(req handler.Request, log *slog.Logger, c command) {
	err := func() (err error) {
		defer openfaas.Recovered(&err) // of a call's panic the template takes care, of this one nothing else
		_, err = f.answer(req, log, c)
		return err
	}()
	if err != nil && !deferred(err) {
		openfaas.Refuse(log.With("order", c.OrderID()), err, toStatus)
	}
}

// answer does what a command asks for, within the budget. The caller may hang up: what was begun is
// finished, or left to the sweep at the budget's end.
func (f *Function) answer(req handler.Request, log *slog.Logger, c command) (any, error) {
	ctx, cancel := context.WithTimeout(openfaas.Context(req), budget)
	defer cancel()
	if own, ok := c.(ownCommand); ok {
		return own.answer(ctx, f, log)
	}
	return c.(commands.Command).Answer(ctx, f.commands(), log)
}
