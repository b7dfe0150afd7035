package function

import (
	"context"
	"log/slog"
	"net/http"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
)

const (
	// asyncPath is the path of a call that is answered before it is worked on. OpenFaaS's gateway
	// puts calls of this path into its queue and passes none of them on; without OpenFaaS
	// stripe-webhook reaches this function under it directly.
	asyncPath = "/async-function/send-email"
	// maxAccepted is how many accepted calls a process works on at a time: twice the connections of
	// the database's pool, since most of a call's time goes to Stripe and SendGrid.
	maxAccepted = 32
)

// async reports whether a call is to be answered before it is worked on. The template sets the header.
func async(req handler.Request) bool { return req.Header.Get("X-Path") == asyncPath }

// accept answers a call with 202 and does its work afterwards; end is called at the end of the work.
// An order beyond maxAccepted is due in the database as it was, and the sweep, which starts now, has it.
func (f *Function) accept(req handler.Request, log *slog.Logger, c command, end func()) handler.Response {
	select {
	case f.accepted <- struct{}{}:
	default:
		end()
		now := f.now()
		f.alarm.set(&now)
		log.Info("call not accepted: too many are under way", "status", http.StatusTooManyRequests)
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
	if err != nil && !putOff(err) {
		openfaas.Refuse(log.With("order", c.order()), err, toStatus)
	}
}

// answer does what a command asks for, within the budget. The caller may hang up: what was begun is
// finished, or left to the sweep at the budget's end.
func (f *Function) answer(req handler.Request, log *slog.Logger, c command) (any, error) {
	ctx, cancel := context.WithTimeout(openfaas.Context(req), budget)
	defer cancel()
	return c.answer(ctx, f, log)
}
