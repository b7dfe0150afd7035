package commands

import (
	"cmp"
	"context"
	"log/slog"
	"slices"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/view"
)

// correct asks for another address for an order's customer.
type correct struct {
	Order  string `json:"order"`
	To     string `json:"to"`
	Reason string `json:"reason"`
	// Resend are the keys of e-mails to send again, beside those that failed or bounced.
	Resend []string `json:"resend"`

	// call identifies the call.
	call string
}

// CorrectedOrder is where the customer's e-mails go now.
type CorrectedOrder struct {
	ID string         `json:"id"`
	To view.Recipient `json:"to"`
	// Emails are those that were sent again, and those that were still to come.
	Emails []ResentMail `json:"emails"`
	// Earlier were sent to an earlier address, or were just being sent there, and not to the new
	// one.
	Earlier []ResentMail `json:"earlier"`
}

func (r *correct) Check() error {
	if _, ok := order.ParseAddress(r.To); !ok {
		return &openfaas.ArgumentError{Name: "correct.to", Want: order.AddressForm}
	}
	return cmp.Or(CheckID("correct.order", r.Order), checkReason("correct.reason", r.Reason))
}

func (r *correct) OrderID() string { return r.Order }

// answer corrects the address, and sends what is due. A copy of the call changes nothing.
func (r *correct) Answer(ctx context.Context, s Service, log *slog.Logger) (any, error) {
	o, isNew, err := s.change(ctx, r.Order, func(o *order.Order) (isNew bool, err error) {
		return o.Correct(s.again(o, r.call, r.To, r.Reason), r.Resend, s.Now())
	})
	if err != nil {
		return nil, err
	}
	moved := o.Moved(r.call)
	if isNew {
		log.Info("the customer's address is corrected", "order", r.Order, "again", len(moved.Again), "waiting", len(moved.Waiting), "earlier", len(moved.Earlier))
	}
	earlier := resentMails(o, moved.Earlier)
	if o, err = s.sendNow(ctx, log, r.Order); err != nil {
		return nil, err
	}
	return CorrectedOrder{
		ID: o.ID, To: view.Recipient(o.Customer()),
		Emails: resentMails(o, slices.Concat(moved.Again, moved.Waiting)), Earlier: earlier,
	}, nil
}
