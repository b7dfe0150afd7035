package commands

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"time"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/view"
)

// resend asks for e-mails of an order to be sent another time: the one of a key, or all that went
// to the customer.
type resend struct {
	Order  string `json:"order"`
	Key    string `json:"key"`
	To     string `json:"to"`
	Reason string `json:"reason"`

	// call identifies the call.
	call string
}

// Resent is what came of it so far.
type Resent struct {
	ID     string       `json:"id"`
	Emails []ResentMail `json:"emails"`
}

// ResentMail is an e-mail that was sent again, or goes to another address: to whom, and how far it
// is: sent, waiting, sending, failed, or cancelled.
type ResentMail struct {
	Key   string           `json:"key"`
	State string           `json:"state"`
	To    []view.Recipient `json:"to"`
	// DueAt is when one that waits is sent, or tried again.
	DueAt *time.Time `json:"due_at,omitempty"`
}

func (r *resend) Check() error {
	if _, ok := order.ParseAddress(r.To); r.To != "" && !ok {
		return &openfaas.ArgumentError{Name: "resend.to", Want: order.AddressForm}
	}
	return cmp.Or(CheckID("resend.order", r.Order), checkReason("resend.reason", r.Reason))
}

func (r *resend) OrderID() string { return r.Order }

// answer owes the copies, and sends them as if they had been due. What was owed by a copy of the
// call is not owed again.
func (r *resend) Answer(ctx context.Context, s Service, log *slog.Logger) (any, error) {
	var keys []string
	o, isNew, err := s.change(ctx, r.Order, func(o *order.Order) (isNew bool, err error) {
		before := len(o.Emails)
		keys, err = o.Resend(r.Key, s.again(o, r.call, r.To, r.Reason), s.Now())
		return len(o.Emails) > before, err
	})
	if err != nil {
		return nil, err
	}
	if isNew {
		log.Info("e-mails are sent again on the owner's request", "order", r.Order, "emails", len(keys))
	}
	if o, err = s.sendNow(ctx, log, o.ID); err != nil {
		return nil, err
	}
	return Resent{ID: o.ID, Emails: resentMails(o, keys)}, nil
}

// change changes an order as requested, and reports whether it changed anything: a copy of the call
// finds it done. Its error is the change's own, or ErrUndone.
func (s Service) change(ctx context.Context, id string, change func(*order.Order) (isNew bool, refused error)) (o *order.Order, isNew bool, err error) {
	orders, err := s.Store()
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", ErrUndone, err)
	}
	var refused error
	o, err = orders.Update(ctx, id, func(o *order.Order) error {
		if isNew, refused = change(o); refused == nil && !isNew {
			return order.ErrUnchanged
		}
		return refused
	})
	switch {
	case refused != nil:
		return nil, false, refused
	case err != nil:
		return nil, false, fmt.Errorf("%w: %w", ErrUndone, err)
	}
	return o, isNew, nil
}

// sendNow sends what is due of an order that the owner changed, and loads it then. What could not be
// sent, the sweep sends.
func (s Service) sendNow(ctx context.Context, log *slog.Logger, id string) (*order.Order, error) {
	if _, err := s.Send(ctx, log, id); err != nil {
		return nil, err
	}
	orders, err := s.Store()
	if err != nil {
		return nil, err
	}
	return orders.Load(ctx, id)
}

// again is a call's request in the order's terms.
func (s Service) again(o *order.Order, call, to, reason string) order.Again {
	address, _ := order.ParseAddress(to) // it was checked
	return order.Again{
		Call: call, To: address, Reason: reason,
		Template: func(e order.Email) (id, name string) { return s.Catalogue.TemplateNow(e, o) },
	}
}

// resentMails are the e-mails of those keys.
func resentMails(o *order.Order, keys []string) []ResentMail {
	mails := []ResentMail{}
	for _, key := range keys {
		d := o.Emails[key]
		m := ResentMail{Key: key, State: string(d.State), To: view.RecipientsOf(d.To)}
		if !d.Final() && d.State != order.Sending {
			m.State, m.DueAt = "waiting", &d.DueAt
		}
		mails = append(mails, m)
	}
	return mails
}
