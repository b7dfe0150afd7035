package function

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// command is what a signed call asks for.
type command interface {
	// check is an *openfaas.ArgumentError where an argument cannot be used.
	check() error
	// order is the ID of the order that it is about; empty where it is about none, or several.
	order() string
	// answer does it. What it gives becomes the answer's JSON, also beside an error that says that the rest was
	// put off.
	answer(ctx context.Context, f *Function, log *slog.Logger) (any, error)
}

// kind is a kind of command.
type kind struct {
	new func(openfaas.Call) command
	// changes: it does something that would not happen without it, at a person's wish. A copy of such a call must
	// not do it another time: it is dated, and refused when it is old.
	changes bool
}

// kinds are what can be asked for, by the verb of the call.
var kinds = map[string]kind{
	"id":      {new: func(openfaas.Call) command { return new(sendOrder) }},
	"sweep":   {new: func(openfaas.Call) command { return new(sweepAll) }},
	"orders":  {new: func(openfaas.Call) command { return new(listOrders) }},
	"order":   {new: func(openfaas.Call) command { return new(showOrder) }},
	"summary": {new: func(openfaas.Call) command { return new(summarize) }},
	"report":  {new: func(openfaas.Call) command { return new(sendReport) }},
	"resend":  {new: func(c openfaas.Call) command { return &resend{call: c.ID} }, changes: true},
	"correct": {new: func(c openfaas.Call) command { return &correct{call: c.ID} }, changes: true},
	"forget":  {new: func(openfaas.Call) command { return new(forget) }, changes: true},
	"export":  {new: func(openfaas.Call) command { return new(export) }},
	"pause":   {new: func(openfaas.Call) command { return new(pause) }, changes: true},
	"probe":   {new: func(openfaas.Call) command { return new(probe) }},
	"process": {new: func(openfaas.Call) command { return new(process) }},
}

// alwaysAnswered reports whether a command is answered during a pause too: it costs nothing, and begins nothing.
func alwaysAnswered(c command) bool {
	switch c.(type) {
	case *pause, *probe, *process:
		return true
	}
	return false
}

// decode reads a signed body. Its error is openfaas.ErrCall, openfaas.ErrStale or an *openfaas.ArgumentError.
func (f *Function) decode(body []byte) (command, error) {
	c, err := openfaas.ParseCall(body)
	if err != nil {
		return nil, err
	}
	k, known := kinds[c.Verb]
	if !known {
		return nil, openfaas.ErrCall
	}
	r := k.new(c)
	if err := c.Arguments(r); err != nil {
		return nil, err
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	if k.changes {
		return r, c.Fresh(f.now())
	}
	return r, nil
}

// checkID checks the ID of an order.
func checkID(name, id string) error {
	if !order.ValidID(id) {
		return &openfaas.ArgumentError{Name: name, Want: "the ID of a Checkout Session, cs_…"}
	}
	return nil
}

// checkTrue checks the argument of a command that has no others.
func checkTrue(name string, value bool) error {
	if !value {
		return &openfaas.ArgumentError{Name: name, Want: "true"}
	}
	return nil
}

// checkReason checks why the owner asks for something.
func checkReason(name, reason string) error {
	if strings.TrimSpace(reason) == "" || utf8.RuneCountInString(reason) > order.MaxReason {
		return &openfaas.ArgumentError{Name: name, Want: fmt.Sprintf("why, in up to %d characters", order.MaxReason)}
	}
	return nil
}

// sendOrder is an order's ID: bring it as far as it can be brought now.
type sendOrder string

func (r *sendOrder) check() error { return checkID("id", string(*r)) }

func (r *sendOrder) order() string { return string(*r) }

func (r *sendOrder) answer(ctx context.Context, f *Function, log *slog.Logger) (any, error) {
	return f.sendAsked(ctx, log, string(*r))
}

// sweepAll is true: do all that is due.
type sweepAll bool

func (r *sweepAll) check() error { return checkTrue("sweep", bool(*r)) }

func (r *sweepAll) order() string { return "" }

func (r *sweepAll) answer(ctx context.Context, f *Function, _ *slog.Logger) (any, error) {
	return f.sweepAsked(ctx)
}
