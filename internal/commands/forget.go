package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

const (
	// MaxForgotten is how many orders one call forgets: a few operations of the database each.
	MaxForgotten = 100
	// MaxExported is how many whole orders one answer holds, with all that Stripe said.
	MaxExported = 20
)

// whose says whose orders are meant: those of an e-mail address, or one.
type whose struct {
	Email string `json:"email"`
	Order string `json:"order"`
	// Before is where to go on among the orders of an address: an answer's next, or a time.
	Before string `json:"before"`
}

// checkAs checks the arguments of a command of that name.
func (w whose) checkAs(name string) error {
	_, err := parsePlace(w.Before)
	switch {
	case (w.Email == "") == (w.Order == ""):
		return &openfaas.ArgumentError{Name: name, Want: "either email or order"}
	case w.Email == "" && w.Before != "":
		return &openfaas.ArgumentError{Name: name + ".before", Want: "email beside it"}
	case w.Email == "":
		return CheckID(name+".order", w.Order)
	case !order.IsAddress(w.Email):
		return &openfaas.ArgumentError{Name: name + ".email", Want: "an e-mail address without a name"}
	case err != nil:
		return &openfaas.ArgumentError{Name: name + ".before", Want: wantPlace}
	}
	return nil
}

func (w whose) OrderID() string { return w.Order }

// found are the orders that are meant, by their IDs, the newest first; next is where to go on after
// them, and empty at the end.
type found struct {
	orders Store
	ids    []string
	next   string
}

// find looks for them as far as one call may, and gives so many at the most.
func (w whose) find(ctx context.Context, s Service, most int) (found, error) {
	orders, err := s.Store()
	if err != nil {
		return found{}, fmt.Errorf("%w: %w", ErrUnread, err)
	}
	list := found{orders: orders}
	if w.Order != "" {
		if _, err := orders.Load(ctx, w.Order); err != nil {
			return list, fmt.Errorf("%w: %w", ErrUnread, err)
		}
		list.ids = []string{w.Order}
		return list, nil
	}
	full := func() bool { return len(list.ids) == most }
	list.next, _, err = s.look(ctx, orders, time.Time{}, s.placeAt(w.Before), full, func(o *order.Order) {
		if o.Concerns(w.Email) {
			list.ids = append(list.ids, o.ID)
		}
	})
	return list, err
}

// forget asks for what is held of a customer to be taken out of their orders (GDPR, Art. 17).
type forget struct {
	whose
	// DryRun: say what would be done, and change nothing.
	DryRun bool `json:"dry_run"`
}

// Forgotten says which orders were forgotten, or would be.
type Forgotten struct {
	Orders []string `json:"orders"`
	// Already were forgotten before.
	Already []string `json:"already"`
	// NotYet are left whole: one of their e-mails is being sent, or there was no time, or the
	// database did not answer. The call is to be made again.
	NotYet []string `json:"not_yet"`
	DryRun bool     `json:"dry_run"`
	// Next is where to go on; empty at the end.
	Next string `json:"next,omitempty"`
}

func (r *forget) Check() error { return r.checkAs("forget") }

func (r *forget) Answer(ctx context.Context, s Service, log *slog.Logger) (any, error) {
	list, err := r.find(ctx, s, MaxForgotten)
	if err != nil {
		return nil, err
	}
	done := Forgotten{Orders: []string{}, Already: []string{}, NotYet: []string{}, DryRun: r.DryRun, Next: list.next}
	for _, id := range list.ids {
		if ctx.Err() != nil {
			done.NotYet = append(done.NotYet, id)
			continue
		}
		switch err := s.forget(ctx, list.orders, id, r.DryRun); {
		case err == nil:
			done.Orders = append(done.Orders, id)
		case errors.Is(err, order.ErrForgotten):
			done.Already = append(done.Already, id)
		case errors.Is(err, order.ErrInFlight):
			done.NotYet = append(done.NotYet, id)
		default:
			log.Error("an order could not be forgotten", "order", id, "err", err)
			done.NotYet = append(done.NotYet, id)
		}
	}
	log.Info("orders forgotten", "orders", len(done.Orders), "already", len(done.Already), "not_yet", len(done.NotYet), "dry_run", r.DryRun)
	return done, nil
}

// forget takes out of an order what it holds of the customer, or only looks whether that could be
// done.
func (s Service) forget(ctx context.Context, orders Store, id string, dryRun bool) error {
	_, err := orders.Update(ctx, id, func(o *order.Order) error {
		if err := o.Forget("", s.Now()); err != nil || !dryRun {
			return err
		}
		return order.ErrUnchanged
	})
	return err
}
