package function

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"handler/function/internal/mongodb"
	"handler/function/internal/order"
)

// whose says whose orders are meant: those of an e-mail address, or one.
type whose struct {
	Email string `json:"email"`
	Order string `json:"order"`
}

func (w whose) valid() bool {
	if w.Email == "" {
		return order.ValidID(w.Order)
	}
	return w.Order == "" && len(w.Email) <= maxAddress && isAddress(w.Email)
}

func (w whose) order() string { return w.Order }

// find gives the IDs of the orders, the newest first, and the store that has them. It looks at all that there are.
func (w whose) find(ctx context.Context, f *Function) (Store, []string, error) {
	orders, err := f.store()
	if err != nil {
		return nil, nil, err
	}
	if w.Order != "" {
		_, err := orders.Load(ctx, w.Order)
		return orders, []string{w.Order}, err
	}
	ids := []string{}
	err = orders.Walk(ctx, time.Time{}, wholly, func(o *order.Order) bool {
		if o.Concerns(w.Email) {
			ids = append(ids, o.ID)
		}
		return true
	})
	return orders, ids, err
}

// forget asks for what is held of a customer to be taken out of their orders (GDPR, Art. 17).
type forget struct {
	whose
	// DryRun: say what would be done, and change nothing.
	DryRun bool `json:"dry_run"`
}

// forgotten says which orders were forgotten, or would be.
type forgotten struct {
	Orders []string `json:"orders"`
	// Already were forgotten before.
	Already []string `json:"already"`
	// NotYet are left whole: one of their e-mails is being sent, or there was no time. The call is to be made again.
	NotYet []string `json:"not_yet"`
	DryRun bool     `json:"dry_run"`
}

func (r *forget) answer(ctx context.Context, f *Function, log *slog.Logger) (any, error) {
	orders, ids, err := r.find(ctx, f)
	if err != nil {
		return nil, err
	}
	done := forgotten{Orders: []string{}, Already: []string{}, NotYet: []string{}, DryRun: r.DryRun}
	for _, id := range ids {
		if ctx.Err() != nil {
			done.NotYet = append(done.NotYet, id)
			continue
		}
		switch err := f.forget(ctx, orders, id, "", r.DryRun); {
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

// forget takes out of an order what it holds of the customer, or only looks whether that could be done.
func (f *Function) forget(ctx context.Context, orders Store, id, why string, dryRun bool) error {
	_, err := orders.Update(ctx, id, func(o *order.Order) error {
		if err := o.Forget(why, f.now()); err != nil || !dryRun {
			return err
		}
		return mongodb.ErrUnchanged
	})
	return err
}
