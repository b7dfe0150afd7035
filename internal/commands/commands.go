// Package commands is what the owner asks of the orders by signed calls of send-email: to see them,
// to send again, to correct an address, to forget and to export. docs/operations.md describes each.
package commands

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"handler/function/internal/catalogue"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// Errors of a Command's Answer.
var (
	// ErrUnread: the orders could not be read.
	ErrUnread = errors.New("the orders could not be read")
	// ErrUndone: the database did not confirm a change that nothing else will make.
	ErrUndone = errors.New("it is not known to be done")
)

// Store keeps the orders.
type Store interface {
	Load(ctx context.Context, id string) (*order.Order, error)
	Update(ctx context.Context, id string, change func(*order.Order) error) (*order.Order, error)
	Due(ctx context.Context, now time.Time, limit int) ([]order.DueOrder, error)
	Create(ctx context.Context, o *order.Order) (bool, error)
	Walk(ctx context.Context, since, until time.Time, visit func(*order.Order) bool) error
	Known(ctx context.Context, events map[string][]string) (map[string]*order.Order, error)
	WalkPaid(ctx context.Context, since, until, paid time.Time, visit func(*order.Order) bool) error
}

// Service is what a Command works with.
type Service struct {
	Store     func() (Store, error)
	Catalogue *catalogue.Catalogue
	// Send sends what is due of an order now, and returns how far it is. What there is no time for
	// is left to the sweep, and no error.
	Send func(ctx context.Context, log *slog.Logger, id string) (progress any, err error)
	// Now is the clock, in UTC and milliseconds.
	Now func() time.Time
	Log *slog.Logger
}

// today is now in the shop's time zone.
func (s Service) today() time.Time { return s.Now().In(s.Catalogue.Zone()) }

// Command is what a signed call asks for.
type Command interface {
	// Check returns an *openfaas.ArgumentError if an argument cannot be used.
	Check() error
	// OrderID is the ID of the order that it is about; empty if it is about none, or several.
	OrderID() string
	// Answer executes it and returns the answer, which becomes JSON.
	Answer(ctx context.Context, s Service, log *slog.Logger) (any, error)
}

// Kind is a kind of command.
type Kind struct {
	New func(openfaas.Call) Command
	// Changes: the command changes orders, so a copy of an old call must not repeat it.
	Changes bool
	// Reads: the command shows what is held of customers, which a copy of an old call must not.
	Reads bool
}

// Kinds are the commands by their name in the call.
func Kinds() map[string]Kind {
	return map[string]Kind{
		"orders":  {New: func(openfaas.Call) Command { return new(listOrders) }, Reads: true},
		"order":   {New: func(openfaas.Call) Command { return new(showOrder) }, Reads: true},
		"summary": {New: func(openfaas.Call) Command { return new(summarize) }, Reads: true},
		"report":  {New: func(openfaas.Call) Command { return new(sendReport) }},
		"resend":  {New: func(c openfaas.Call) Command { return &resend{call: c.ID} }, Changes: true},
		"correct": {New: func(c openfaas.Call) Command { return &correct{call: c.ID} }, Changes: true},
		"retry":   {New: func(c openfaas.Call) Command { return &retry{call: c.ID} }, Changes: true},
		"forget":  {New: func(openfaas.Call) Command { return new(forget) }, Changes: true},
		"export":  {New: func(openfaas.Call) Command { return new(export) }, Reads: true},
	}
}

// Conflicts reports whether what was asked for cannot be done as the order is. Such an error says
// why in words that are meant for the caller, and holds no more than the key and the state of an
// e-mail.
func Conflicts(err error) bool {
	for _, target := range []error{order.ErrInFlight, order.ErrNothingOwed, order.ErrNoRecipient, order.ErrForgotten, order.ErrNotToCustomer, order.ErrAlert} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
