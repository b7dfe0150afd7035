package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/checkout/session"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// itemsOverdue is how long Stripe may be away before the admins are told that an order waits for it.
const itemsOverdue = time.Hour

// maxItems is far above the hundred that a session may have, and ends a list that does not.
const maxItems = 1000

// itemSource says what a session bought.
type itemSource interface {
	fetch(ctx context.Context, session, account string) ([]order.Item, error)
}

// stripeItems asks Stripe.
type stripeItems struct {
	backend stripe.Backend
	key     func() (string, error)
}

// newStripeItems asks a Stripe API. stripe-go would wait 80 seconds for an answer and try three times;
// ours waits for ten, and the next attempt is written in the order, where a restart does not lose it.
func newStripeItems(s Service) *stripeItems {
	return &stripeItems{
		key: s.Key,
		backend: stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
			URL:               stripe.String(s.URL),
			HTTPClient:        &http.Client{Timeout: 10 * time.Second, Transport: s.Transport},
			MaxNetworkRetries: stripe.Int64(0),
			EnableTelemetry:   stripe.Bool(false),
			// Its own logger prints error bodies to stderr.
			LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull},
		}),
	}
}

// fetch reads all pages of a session's line items, with their products. A connected account's session
// is found only in its name.
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
			return nil, fmt.Errorf("list line items: %w", redacted(err))
		}
		items = append(items, page...)
		if more && (len(page) == 0 || len(items) >= maxItems) {
			return nil, fmt.Errorf("list line items: %w", errAnswer)
		}
		if more {
			params.StartingAfter = stripe.String(items[len(items)-1].ID)
		}
	}
	return items, nil
}

// page reads one page of line items, and whether there are more. stripe-go would go from page to page by itself, and
// panics where an empty one promises another.
func (s *stripeItems) page(key string, params *stripe.CheckoutSessionListLineItemsParams) (items []order.Item, more bool, err error) {
	params.Single = true
	list := session.Client{B: s.backend, Key: key}.ListLineItems(params)
	for list.Next() {
		if list.LineItem() == nil {
			return nil, false, errAnswer
		}
		items = append(items, itemOf(list.LineItem()))
	}
	if err := list.Err(); err != nil {
		return nil, false, err
	}
	return items, list.Meta().HasMore, isList(list.LineItemList().LastResponse)
}

// isList: stripe-go takes {}, null and what comes with a 3xx for a list without items, by which an order would be
// planned.
func isList(res *stripe.APIResponse) error {
	var answer struct {
		Object string `json:"object"`
	}
	if res.StatusCode != http.StatusOK || json.Unmarshal(res.RawJSON, &answer) != nil || answer.Object != "list" {
		return errAnswer
	}
	return nil
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
		item.UnitAmount = l.Price.UnitAmount
		if p := l.Price.Product; p != nil {
			item.Product = p.ID
			item.ProductName = p.Name
			item.Metadata = order.Pairs(p.Metadata)
		}
	}
	return item
}

// redacted keeps of an error what may be logged and stored: of Stripe's its status, type and code, since
// the message may quote what was sent; of a connection's what went wrong. stripe-go's error for an
// answer that is not Stripe's holds the answer, so of that nothing is kept.
func redacted(err error) error {
	var transport *url.Error
	var e *stripe.Error
	switch {
	case errors.As(err, &transport):
		return transport.Err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	case !errors.As(err, &e):
		return errAnswer
	}
	return &stripeError{status: e.HTTPStatusCode, kind: wordOf(string(e.Type)), code: wordOf(string(e.Code)), request: wordOf(e.RequestID)}
}

// wordOf is a service's name for something, or its ID for it; of what looks like anything else, a dash. It is logged
// and stored.
func wordOf(name string) string {
	if !wordForm.MatchString(name) {
		return "-"
	}
	return name
}

var wordForm = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,100}$`)

var errAnswer = errors.New("the answer is not one of Stripe's")

type stripeError struct {
	status              int
	kind, code, request string
}

func (e *stripeError) Error() string {
	return fmt.Sprintf("Stripe answered %d %s %s (request %s)", e.status, e.kind, e.code, e.request)
}

// permanent reports whether asking again will not help: the session is not there for this key.
func permanent(err error) bool {
	var e *stripeError
	return errors.As(err, &e) && e.status == http.StatusNotFound
}

func isMisconfigured(err error) bool {
	_, ok := openfaas.Misconfiguration(err)
	return ok
}
