package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

// showOrder is an order's ID: the whole of it.
type showOrder string

func (r *showOrder) Check() error { return CheckID("order", string(*r)) }

func (r *showOrder) OrderID() string { return string(*r) }

func (r *showOrder) Answer(ctx context.Context, s Service, log *slog.Logger) (any, error) {
	orders, err := s.Store()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnread, err)
	}
	o, err := orders.Load(ctx, string(*r))
	switch {
	case errors.Is(err, order.ErrNotFound):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnread, err)
	}
	log.Info("order shown", "order", o.ID)
	return view.Of(o, s.today()), nil
}
