package function

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/sendgrid/sendgrid-go/helpers/mail"

	"handler/function/internal/alert"
	"handler/function/internal/catalogue"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

const (
	// lease is how long a claim holds. It is longer than an attempt and all that is done to record
	// its result, so that a lease expires only where a process died.
	lease = 2 * time.Minute
	// attemptTimeout ends one attempt.
	attemptTimeout = 15 * time.Second
	// maxAtOnce is how many e-mails of an order are attempted at a time.
	maxAtOnce = 4
)

// attemptAll attempts claimed e-mails at the same time, and records the results.
func (f *Function) attemptAll(ctx context.Context, v *visit, c *claims, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	o := v.order
	r := &recording{orders: v.orders, order: o, results: make(chan *outcome, len(keys)), underWay: len(keys)}
	for _, key := range keys {
		d := o.Emails[key]
		out := &outcome{key: key, owner: c.owner, free: c.free[key], log: v.log.With("delivery", key, "attempt", d.Attempts)}
		if d.Unsure {
			out.log.Warn("an earlier attempt ended without an answer; this may be a second copy")
		}
		go func() {
			defer func() { r.results <- out }()
			time.Sleep(time.Until(c.begin[key]))
			f.attempt(ctx, o, d, out)
		}()
	}
	after, err := f.record(ctx, r)
	if after != nil {
		v.order = after
	}
	return err
}

// attempt hands a delivery to its channel. One that is cut short has an unknown outcome, so it has
// its own time and not what is left of the call's.
func (f *Function) attempt(ctx context.Context, o *order.Order, d order.Delivery, out *outcome) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), attemptTimeout)
	defer cancel()
	began := time.Now()
	if d.Audience == order.Alert {
		out.result = f.sendAlert(ctx, o, d)
	} else {
		out.result = f.sendMail(ctx, o, d, out.log)
	}
	out.log = out.log.With("status", out.Status, "duration", time.Since(began))
}

func (f *Function) sendMail(ctx context.Context, o *order.Order, d order.Delivery, log *slog.Logger) result {
	m, err := f.message(o, d)
	if err != nil {
		log.Error("an e-mail could not be made; another attempt follows", "err", err)
		return result{Setback: order.Setback{Reason: "the e-mail could not be made"}}
	}
	res := f.mail.send(ctx, m)
	f.observeAttempt(res)
	return res
}

// message makes an e-mail. An order that breaks the code is an error of its own.
func (f *Function) message(o *order.Order, d order.Delivery) (_ *mail.SGMailV3, err error) {
	defer openfaas.Recovered(&err)
	return f.catalogue.Message(o, d), nil
}

// ready is an error while the channel of a delivery is not configured. For an alert that the owner
// has turned off since, it is none: the attempt ends it. End is to be called once the attempt ended,
// or is not made.
func (f *Function) ready(d order.Delivery) (end func(), err error) {
	if d.Audience != order.Alert {
		end, err = f.mail.probe()
		f.observeSendGridKey(err)
		return end, err
	}
	if err := f.alerts.Ready(); !errors.Is(err, alert.ErrOff) {
		return func() {}, err
	}
	return func() {}, nil
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
