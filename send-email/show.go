package function

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

func (r *showOrder) check() error { return checkID("order", string(*r)) }

func (r *showOrder) order() string { return string(*r) }

func (r *showOrder) answer(ctx context.Context, f *Function, log *slog.Logger) (any, error) {
	orders, err := f.store()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnread, err)
	}
	o, err := orders.Load(ctx, string(*r))
	switch {
	case errors.Is(err, order.ErrNotFound):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errUnread, err)
	}
	log.Info("order shown", "order", o.ID)
	return view.Of(o, f.now()), nil
}
