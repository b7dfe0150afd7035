package function

import (
	"context"
	"errors"
	"net/http"

	"handler/function/internal/alert"
	"handler/function/internal/catalogue"
	"handler/function/internal/order"
)

// notReady: a delivery's channel is not configured, so no attempt can be made.
type notReady struct{ error }

func (n notReady) Unwrap() error { return n.error }

// ready is an error while the channel of a delivery is not configured. For an alert that the owner
// has turned off since, it is none: the attempt ends it.
func (f *Function) ready(d order.Delivery) error {
	if d.Audience != order.Alert {
		err := f.mail.ready()
		f.observeSendGridKey(err)
		return err
	}
	if err := f.alerts.Ready(); !errors.Is(err, alert.ErrOff) {
		return err
	}
	return nil
}

// sendAlert hands an alert to its channel. A refusal is never permanent, except that the owner turned
// alerts off: they can correct an address.
func (f *Function) sendAlert(ctx context.Context, o *order.Order, d order.Delivery) result {
	err := f.alerts.Send(ctx, catalogue.AlertMessage(o, d))
	var refused *alert.Error
	switch {
	case err == nil:
		return result{Setback: order.Setback{Status: http.StatusOK}}
	case errors.As(err, &refused):
		r := result{Setback: order.Setback{Status: refused.Status, Reason: refused.Reason}, RetryAfter: refused.RetryAfter}
		if r.accepted() { // by its status alone
			r.Status = 0
		}
		return r
	}
	return result{Setback: order.Setback{Reason: err.Error()}, Permanent: errors.Is(err, alert.ErrOff)}
}

// reportAlert says in the log what became of an alert.
func reportAlert(d order.Delivery, out *outcome) {
	switch d.State {
	case order.Sent:
		out.log.Info("alert sent")
	case order.Failed:
		out.log.Error("alert failed for good", "err", out.Reason)
	default:
		out.log.Warn("alert not sent; another attempt follows", "due_at", d.DueAt, "err", out.Reason)
	}
}
