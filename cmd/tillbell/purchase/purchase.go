// Package purchase is the test purchase after a deployment: what is bought, and what becomes of it.
//
// Stripe's API cannot pay on its hosted page: a person with a browser does. So against Stripe's
// test mode this says which payment link to open, and waits for the session; an event made up here
// would show less than it seems to, since Stripe would not know its session. The laptop's Stripe
// has no such page, and the laptop plays a sample purchase instead.
package purchase

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/checkout/session"
	"github.com/stripe/stripe-go/v76/paymentlink"

	"handler/function/cmd/tillbell/stripeapi"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/shared/shop"
)

// ErrNoLink: the account has nothing to buy by.
var ErrNoLink = errors.New("the Stripe account has no active payment link in test mode; make one, and make up again")

// Wait is how long to wait for a thing, and how often to look.
type Wait struct{ For, Every time.Duration }

// Until looks until there is no error, or the time is over: then it is the last one. Where ctx
// ends, it is ctx's.
func (w Wait) Until(ctx context.Context, look func(context.Context) error) error {
	waiting, cancel := context.WithTimeout(ctx, w.For)
	defer cancel()
	for {
		err := look(waiting)
		if err == nil {
			return nil
		}
		select {
		case <-waiting.Done():
			return cmp.Or(ctx.Err(), err)
		case <-time.After(w.Every):
		}
	}
}

// Play plays a sample purchase on a laptop, and gives its session.
func Play(ctx context.Context, s *shop.Shop) (string, error) {
	const name = "completed_paid"
	body, err := sample.Event(name)
	if err != nil {
		return "", err
	}
	items, err := sample.LineItems(name)
	if err != nil {
		return "", err
	}
	return s.Buy(ctx, body, items)
}

// Buyer has a person buy something in Stripe's test mode.
type Buyer struct {
	Backend stripe.Backend
	// Key may read payment links and Checkout Sessions.
	Key  string
	Wait Wait
	Out  io.Writer
}

// Buy says where to buy, and waits for the purchase. It gives its session.
func (b *Buyer) Buy(ctx context.Context) (string, error) {
	link, err := b.link(ctx)
	if err != nil {
		return "", err
	}
	began, bought := time.Now(), ""
	if _, err := b.completed(ctx, link.ID, began); err != nil && !errors.Is(err, errNotBought) {
		return "", err // before a payment
	}
	fmt.Fprintf(b.Out, "Open %s\nand pay with 4242 4242 4242 4242, any date to come and any CVC. Waiting for that; Ctrl-C ends it.\n", link.URL)
	err = b.Wait.Until(ctx, func(ctx context.Context) error {
		var err error
		bought, err = b.completed(ctx, link.ID, began)
		return err
	})
	return bought, err
}

func (b *Buyer) link(ctx context.Context) (*stripe.PaymentLink, error) {
	params := &stripe.PaymentLinkListParams{Active: stripe.Bool(true)}
	params.Context, params.Limit, params.Single = ctx, stripe.Int64(1), true
	list := paymentlink.Client{B: b.Backend, Key: b.Key}.List(params)
	if list.Next() {
		return list.PaymentLink(), nil
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("list the payment links: %w", stripeapi.Explain(err))
	}
	return nil, ErrNoLink
}

var errNotBought = errors.New("nothing was bought")

// completed is a session of a link that was completed since a time, give or take what the clocks
// differ.
func (b *Buyer) completed(ctx context.Context, link string, since time.Time) (string, error) {
	params := &stripe.CheckoutSessionListParams{PaymentLink: stripe.String(link)}
	params.Context, params.Limit, params.Single = ctx, stripe.Int64(20), true
	list := session.Client{B: b.Backend, Key: b.Key}.List(params)
	for list.Next() {
		s := list.CheckoutSession()
		if s.Status == stripe.CheckoutSessionStatusComplete && s.Created > since.Add(-time.Minute).Unix() {
			return s.ID, nil
		}
	}
	if err := list.Err(); err != nil {
		return "", fmt.Errorf("list the sessions: %w", stripeapi.Explain(err))
	}
	return "", errNotBought
}

// Orders keep what became of a purchase.
type Orders interface {
	Load(ctx context.Context, id string) (*order.Order, error)
}

// Follow waits until all is sent that a session owes now, and says what that was. logs is the
// command that shows a function's log.
func Follow(ctx context.Context, out io.Writer, orders Orders, id string, w Wait, logs func(function string) string) error {
	var o *order.Order
	err := w.Until(ctx, func(ctx context.Context) (err error) {
		if o, err = orders.Load(ctx, id); err != nil {
			return err
		}
		return settled(o)
	})
	if errors.Is(err, order.ErrNotFound) {
		return fmt.Errorf("the session %s is at Stripe, and the database has no order for it: is the webhook endpoint right (make doctor)? what does its log say (%s)?", id, logs("stripe-webhook"))
	}
	if err != nil {
		return fmt.Errorf("order %s: %w; %s says more", id, err, logs("send-email"))
	}
	fmt.Fprintf(out, "✓ the order %s is stored\n", id)
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		if e := o.Emails[key]; e.State == order.Sent {
			fmt.Fprintf(out, "✓ %s is sent\n", key)
		} else {
			fmt.Fprintf(out, "– %s is due at %s\n", key, e.NotBefore.Local().Format(time.DateTime))
		}
	}
	return nil
}

// settled says what is not done yet of what is due now.
func settled(o *order.Order) error {
	if len(o.Emails) == 0 {
		return errors.New("no e-mail is planned yet")
	}
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		e := o.Emails[key]
		switch {
		case e.State == order.Failed:
			return fmt.Errorf("the e-mail %s failed: %s", key, e.LastError)
		case e.State != order.Sent && !e.NotBefore.After(time.Now()):
			return fmt.Errorf("the e-mail %s is not sent: %s %s", key, e.State, e.LastError)
		}
	}
	return nil
}
