package function

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strings"

	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/view"
)

// resend asks for e-mails of an order to be sent another time: the one of a key, or all that went to the customer.
type resend struct {
	Order  string `json:"order"`
	Key    string `json:"key"`
	To     string `json:"to"`
	Reason string `json:"reason"`

	// call tells the call from others.
	call string
}

// resent is what came of it so far.
type resent struct {
	ID     string       `json:"id"`
	Emails []resentMail `json:"emails"`
}

// resentMail is a copy that is owed now, to whom, and how far it is: sent, waiting or failed.
type resentMail struct {
	Key   string           `json:"key"`
	State string           `json:"state"`
	To    []view.Recipient `json:"to"`
}

func (r *resend) check() error {
	if _, ok := order.ParseAddress(r.To); r.To != "" && !ok {
		return &openfaas.ArgumentError{Name: "resend.to", Want: order.AddressForm}
	}
	return cmp.Or(checkID("resend.order", r.Order), checkReason("resend.reason", r.Reason))
}

func (r *resend) order() string { return r.Order }

// answer owes the copies, and sends them as if they had been due. What was owed by a copy of the call is not owed
// again.
func (r *resend) answer(ctx context.Context, f *Function, log *slog.Logger) (any, error) {
	orders, err := f.store()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUndone, err)
	}
	var keys []string
	var refused error
	isNew := false
	_, err = orders.Update(ctx, r.Order, func(o *order.Order) error {
		before := len(o.Emails)
		keys, refused = o.Resend(r.Key, f.wish(r, o), f.now())
		if isNew = len(o.Emails) > before; refused == nil && !isNew {
			return mongodb.ErrUnchanged
		}
		return refused
	})
	switch {
	case refused != nil:
		return nil, refused
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errUndone, err)
	case isNew:
		log.Info("e-mails are sent again, as the owner wishes", "order", r.Order, "emails", len(keys))
	}
	if _, err := f.sendAsked(ctx, log, r.Order); err != nil && !putOff(err) {
		return nil, err
	}
	o, err := orders.Load(ctx, r.Order)
	if err != nil {
		return nil, err
	}
	out := resent{ID: o.ID}
	for _, key := range keys {
		d := o.Emails[key]
		out.Emails = append(out.Emails, resentMail{key, standing(d), view.RecipientsOf(d.To)})
	}
	return out, nil
}

// wish is the call as the order knows it.
func (f *Function) wish(r *resend, o *order.Order) order.Again {
	to, _ := order.ParseAddress(r.To) // it was checked
	return order.Again{
		Call: r.call, To: to, Reason: r.Reason,
		Template: func(e order.Email) (id, name string) { return f.catalogue.templateNow(e, o) },
	}
}

// standing is a delivery's state in a word for the owner.
func standing(d order.Delivery) string {
	if d.Final() {
		return string(d.State)
	}
	return "waiting"
}

// templateNow is the template of a copy: the one that the catalogue has now for the e-mail, which the owner may have
// mended, or else the one that the e-mail was planned with.
func (c *catalogue) templateNow(e order.Email, o *order.Order) (id, name string) {
	if t := c.templateOf(e.CopyOf); t.Value != "" {
		return c.template(t, o)
	}
	return e.Template, e.TemplateName
}

// templateOf is the template that the catalogue names for a key, if it names one.
func (c *catalogue) templateOf(key string) template {
	first, rest, _ := strings.Cut(key, "/")
	if first == noticeSeries {
		kind, _, _ := strings.Cut(rest, "/")
		return c.Notices.template(notice(kind))
	}
	for _, s := range c.allSeries() {
		for _, e := range s.Emails {
			if s.Name.Value == first && e.Key.Value == rest {
				return e.Template
			}
		}
	}
	return template{}
}
