package function

import (
	"context"
	"log/slog"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// command is what a signed call asks for.
type command interface {
	// valid reports whether its arguments make sense.
	valid() bool
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
	"forget":  {new: func(openfaas.Call) command { return new(forget) }, changes: true},
	"export":  {new: func(openfaas.Call) command { return new(export) }},
}

// decode reads a signed body. Its error is openfaas.ErrCall, or openfaas.ErrStale.
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
	if !r.valid() {
		return nil, openfaas.ErrCall
	}
	if k.changes {
		return r, c.Fresh(f.now())
	}
	return r, nil
}

// sendOrder is an order's ID: bring it as far as it can be brought now.
type sendOrder string

func (r *sendOrder) valid() bool { return order.ValidID(string(*r)) }

func (r *sendOrder) order() string { return string(*r) }

func (r *sendOrder) answer(ctx context.Context, f *Function, log *slog.Logger) (any, error) {
	return f.sendAsked(ctx, log, string(*r))
}

// sweepAll is true: do all that is due.
type sweepAll bool

func (r *sweepAll) valid() bool { return bool(*r) }

func (r *sweepAll) order() string { return "" }

func (r *sweepAll) answer(ctx context.Context, f *Function, _ *slog.Logger) (any, error) {
	return f.sweepAsked(ctx)
}
