package commands

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// MaxRetried is how many orders one call takes up again.
const MaxRetried = 100

// retry asks for what was given up to be taken up again: of one order, or of all.
type retry struct {
	Order string `json:"order"`
	// Failed is true where all orders are meant.
	Failed bool `json:"failed"`
	DryRun bool `json:"dry_run"`
	// Before is where to go on among all orders: an answer's next, or a time.
	Before string `json:"before"`

	// call identifies the call.
	call string
}

// Retried says which orders were taken up again, or would be. The sweep does the rest.
type Retried struct {
	Orders []string `json:"orders"`
	// NotYet could not be changed: the database did not answer, or there was no time. The call is to
	// be made again.
	NotYet []string `json:"not_yet"`
	DryRun bool     `json:"dry_run"`
	// Next is where to go on; empty at the end.
	Next string `json:"next,omitempty"`
}

func (r *retry) Check() error {
	_, err := parsePlace(r.Before)
	switch {
	case r.Failed == (r.Order != ""):
		return &openfaas.ArgumentError{Name: "retry", Want: "either failed, which is true, or order"}
	case r.Order != "" && r.Before != "":
		return &openfaas.ArgumentError{Name: "retry.before", Want: "failed beside it"}
	case r.Order != "":
		return CheckID("retry.order", r.Order)
	case err != nil:
		return &openfaas.ArgumentError{Name: "retry.before", Want: wantPlace}
	}
	return nil
}

func (r *retry) OrderID() string { return r.Order }

// Answer takes up what it finds, order by order. A copy of the call changes nothing.
func (r *retry) Answer(ctx context.Context, s Service, log *slog.Logger) (any, error) {
	list, err := r.find(ctx, s)
	if err != nil {
		return nil, err
	}
	done := Retried{Orders: []string{}, NotYet: []string{}, DryRun: r.DryRun, Next: list.next}
	for _, id := range list.ids {
		switch taken, err := r.takeUp(ctx, s, list.orders, id); {
		case err != nil:
			log.Error("an order could not be taken up again", "order", id, "err", err)
			done.NotYet = append(done.NotYet, id)
		case taken:
			done.Orders = append(done.Orders, id)
		}
	}
	log.Info("orders taken up again", "orders", len(done.Orders), "not_yet", len(done.NotYet), "dry_run", r.DryRun)
	return done, nil
}

func (r *retry) find(ctx context.Context, s Service) (found, error) {
	if r.Order != "" {
		return whose{Order: r.Order}.find(ctx, s, 1)
	}
	orders, err := s.Store()
	if err != nil {
		return found{}, fmt.Errorf("%w: %w", ErrUnread, err)
	}
	list := found{orders: orders}
	full := func() bool { return len(list.ids) == MaxRetried }
	list.next, _, err = s.look(ctx, orders, time.Time{}, s.placeAt(r.Before), full, func(o *order.Order) {
		if o.GivenUp() {
			list.ids = append(list.ids, o.ID)
		}
	})
	return list, err
}

// takeUp takes up one order, or only looks whether there is anything to take up.
func (r *retry) takeUp(ctx context.Context, s Service, orders Store, id string) (taken bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	_, err = orders.Update(ctx, id, func(o *order.Order) (err error) {
		if taken, err = o.Retry(s.again(o, r.call, "", ""), s.Now()); err == nil && (r.DryRun || !taken) {
			return order.ErrUnchanged
		}
		return err
	})
	return taken, err
}
