package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/checkout/session"

	"handler/function/internal/catalogue"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/stripeclient"
)

// itemsOverdue is how long Stripe may be away before the admins are notified that an order waits
// for it.
const itemsOverdue = time.Hour

// maxItems is far above the hundred that a session may have, and ends a list that does not.
const maxItems = 1000

// itemSource says what a session bought.
type itemSource interface {
	fetch(ctx context.Context, session, account string) ([]order.Item, error)
}

// plan is what a write is to freeze in an order.
type plan struct {
	reason order.Reason
	// items are what was bought, if that is to be kept as well.
	items []order.Item
	fetch bool
}

// nextPlan is the plan that the order waits for; nil where it waits for none now. It fetches the
// line items where the plan requires them.
func (f *Function) nextPlan(ctx context.Context, v *visit) (*plan, error) {
	for {
		reason, can := v.order.Plannable(f.now())
		if !can {
			return nil, nil
		}
		p := &plan{reason: reason, items: v.order.Items, fetch: f.catalogue.NeedsItems(reason)}
		if !p.fetch || !v.order.Fetch.DoneAt.IsZero() {
			return p, nil
		}
		if err := v.pace.wait(ctx); err != nil {
			return nil, err
		}
		items, err := f.items.fetch(ctx, v.order.ID, v.order.Account)
		if f.observeFetch(err); err == nil {
			p.items = items
			return p, nil
		}
		if v.order, err = f.fetchFailed(ctx, v, reason, err); err != nil {
			return nil, err
		}
	}
}

// make freezes the plan in the order, and reports whether the order still waited for it.
func (f *Function) make(p *plan, o *order.Order, now time.Time) bool {
	if p == nil || !o.Awaits(p.reason) {
		return false
	}
	if p.fetch {
		o.SetItems(p.items, now)
	}
	f.catalogue.Plan(o, p.reason, now)
	return true
}

// logUnnotified logs a refund or a dispute for which the catalogue has no notice.
func logUnnotified(log *slog.Logger, c *catalogue.Catalogue, o *order.Order, reason order.Reason) {
	if event, unnotified := c.Unnotified(o, reason); unnotified {
		log.Warn("no notice is sent: the catalogue has no template for it", "event", event, "event_type", o.Events[event].Type)
	}
}

// fetchFailed puts a plan off: without the items it is unknown which e-mails are owed.
func (f *Function) fetchFailed(ctx context.Context, v *visit, reason order.Reason, cause error) (*order.Order, error) {
	if isMisconfigured(cause) {
		return v.order, cause
	}
	after, err := v.orders.Update(context.WithoutCancel(ctx), v.order.ID, func(o *order.Order) error {
		if !o.Awaits(reason) || !o.Fetch.DoneAt.IsZero() {
			return order.ErrUnchanged // another process has them by now
		}
		now := f.now()
		pause := order.Backoff(o.Fetch.Attempts+1, 0, f.random())
		if refusesKey(cause) {
			o.FetchRefused(cause.Error(), now.Add(pause), now)
		} else {
			o.FetchFailed(cause.Error(), now.Add(pause), now)
		}
		if now.Sub(o.Fetch.Since) >= itemsOverdue || permanent(cause) {
			f.catalogue.OweNotice(o, catalogue.ItemsMissing, "", now)
		}
		if !o.Fetch.FailedAt.IsZero() {
			f.catalogue.OweNotice(o, catalogue.ItemsGivenUp, strconv.Itoa(o.Fetch.GivenUp), now)
		}
		return nil
	})
	if err != nil {
		return v.order, err
	}
	log := v.log.With("attempt", after.Fetch.Attempts, "err", cause)
	if after.Fetch.FailedAt.IsZero() {
		log.Warn("the line items could not be fetched; another attempt follows", "due_at", after.Fetch.NotBefore)
	} else {
		log.Error("the line items could not be fetched, and are not tried again; the admins are notified")
	}
	return after, nil
}

// overdue is how long an order may be due, whatever the cause, before the admins are notified.
const overdue = time.Hour

// tellOverdue notifies the admins, once by each channel, of an order that has been due for so long.
// What else is due of it is sent, which the visit did not come to.
func (f *Function) tellOverdue(ctx context.Context, due order.DueOrder, cause error, p pace) (err error) {
	defer openfaas.Recovered(&err)
	if f.now().Sub(due.At) < overdue || f.mail.ready() != nil && !f.alerts.On() { // nothing can go out
		return nil
	}
	orders, err := f.store()
	if err != nil {
		return err
	}
	why, ours := openfaas.Misconfiguration(cause)
	if !ours {
		why = "the log of send-email names it"
	}
	o, err := orders.Update(ctx, due.ID, func(o *order.Order) error { return f.oweOverdue(o, why) })
	if err != nil {
		return err
	}
	v := &visit{log: f.log.With("order", due.ID), orders: orders, order: o, pace: p, until: noDeadline, tried: map[string]bool{}}
	for more := true; more && err == nil; {
		more, err = f.step(ctx, v, nil)
	}
	return err // what waits for a key goes on waiting
}

// oweOverdue adds to an order that is overdue what is owed for that: an alert, and a notice if it is
// not planned. A planned e-mail needs none, which fails in the end or waits for SendGrid's key.
func (f *Function) oweOverdue(o *order.Order, why string) error {
	now, before := f.now(), len(o.Emails)
	_, unplanned := o.Unplanned()
	switch unplanned = unplanned && now.Sub(*o.NextDueAt) >= overdue; {
	case unplanned && f.mail.ready() == nil:
		f.catalogue.OweNotice(o, catalogue.OrderOverdue, why, now)
	case unplanned, emailOverdue(o, now):
		f.catalogue.OweAlert(o, catalogue.OrderOverdue, why, now)
	}
	if len(o.Emails) == before {
		return order.ErrUnchanged
	}
	return nil
}

// emailOverdue reports whether an e-mail has been due for long.
func emailOverdue(o *order.Order, now time.Time) bool {
	for _, d := range o.Mails() {
		if !d.Final() && now.Sub(d.DueAt) >= overdue {
			return true
		}
	}
	return false
}

// stripeItems asks Stripe.
type stripeItems struct {
	backend stripe.Backend
	key     func() (string, error)
}

// newStripeItems asks a Stripe API. It is tried once: the next attempt is written in the order,
// where a restart does not lose it.
func newStripeItems(s Service) *stripeItems {
	return &stripeItems{key: s.Key, backend: stripeclient.New(s.URL, s.Transport, 10*time.Second)}
}

// fetch reads all pages of a session's line items, with their products. A connected account's
// session is found only in its name.
func (s *stripeItems) fetch(ctx context.Context, id, account string) ([]order.Item, error) {
	key, err := s.key()
	if err != nil {
		return nil, err
	}
	params := &stripe.CheckoutSessionListLineItemsParams{Session: stripe.String(id)}
	params.Context = ctx
	params.Limit = stripe.Int64(100)
	params.AddExpand("data.price.product")
	if account != "" {
		params.SetStripeAccount(account)
	}
	items := []order.Item{}
	for more := true; more; {
		var page []order.Item
		if page, more, err = s.page(key, params); err != nil {
			return nil, fmt.Errorf("list line items: %w", stripeclient.Redacted(err))
		}
		items = append(items, page...)
		if more && (len(page) == 0 || len(items) >= maxItems) {
			return nil, fmt.Errorf("list line items: %w", stripeclient.ErrAnswer)
		}
		if more {
			params.StartingAfter = stripe.String(items[len(items)-1].ID)
		}
	}
	return items, nil
}

// page reads one page of line items, and whether there are more. stripe-go would go from page to
// page by itself, and panics where an empty one promises another.
func (s *stripeItems) page(key string, params *stripe.CheckoutSessionListLineItemsParams) (items []order.Item, more bool, err error) {
	params.Single = true
	list := session.Client{B: s.backend, Key: key}.ListLineItems(params)
	for list.Next() {
		if list.LineItem() == nil {
			return nil, false, stripeclient.ErrAnswer
		}
		items = append(items, itemOf(list.LineItem()))
	}
	if err := list.Err(); err != nil {
		return nil, false, err
	}
	return items, list.Meta().HasMore, stripeclient.IsList(list.LineItemList().LastResponse)
}

func itemOf(l *stripe.LineItem) order.Item {
	item := order.Item{
		ID:             l.ID,
		Description:    l.Description,
		Quantity:       l.Quantity,
		AmountSubtotal: l.AmountSubtotal,
		AmountDiscount: l.AmountDiscount,
		AmountTax:      l.AmountTax,
		AmountTotal:    l.AmountTotal,
		Currency:       string(l.Currency),
	}
	if l.Price != nil {
		item.Price = l.Price.ID
		if p := l.Price.Product; p != nil {
			item.Product = p.ID
			item.ProductName = p.Name
			item.Metadata = order.Pairs(p.Metadata)
		}
	}
	return item
}

// permanent reports whether asking again will not help: the session is not there for this key.
func permanent(err error) bool {
	var e *stripeclient.Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

// refusesKey reports whether Stripe refused the key, or what it may do: that is for the owner to
// mend.
func refusesKey(err error) bool {
	var e *stripeclient.Error
	return errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden)
}

func isMisconfigured(err error) bool {
	_, ok := openfaas.Misconfiguration(err)
	return ok
}
