package stripe_test

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	stripego "github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/checkout/session"
)

// These tests ask with the client that send-email asks with.

func client(s server, retries int64) session.Client {
	return session.Client{Key: testKey, B: stripego.GetBackendWithConfig(stripego.APIBackend, &stripego.BackendConfig{
		URL:               stripego.String(s.url),
		HTTPClient:        &http.Client{Timeout: 5 * time.Second},
		MaxNetworkRetries: stripego.Int64(retries),
		LeveledLogger:     &quiet{slog.New(slog.NewTextHandler(io.Discard, nil))},
	})}
}

// quiet keeps error bodies, which stripe-go prints by default, off the tests' output.
type quiet struct{ log *slog.Logger }

func (q *quiet) Debugf(format string, v ...any) { q.log.Debug(fmt.Sprintf(format, v...)) }
func (q *quiet) Infof(format string, v ...any)  { q.log.Info(fmt.Sprintf(format, v...)) }
func (q *quiet) Warnf(format string, v ...any)  { q.log.Warn(fmt.Sprintf(format, v...)) }
func (q *quiet) Errorf(format string, v ...any) { q.log.Error(fmt.Sprintf(format, v...)) }

func list(c session.Client, id, account string, limit int64) ([]*stripego.LineItem, error) {
	params := &stripego.CheckoutSessionListLineItemsParams{Session: stripego.String(id)}
	params.Limit = stripego.Int64(limit)
	params.AddExpand("data.price.product")
	if account != "" {
		params.SetStripeAccount(account)
	}
	var items []*stripego.LineItem
	it := c.ListLineItems(params)
	for it.Next() {
		items = append(items, it.LineItem())
	}
	return items, it.Err()
}

func TestStripesOwnClient(t *testing.T) {
	t.Parallel()

	t.Run("walks all pages, whatever their size", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		s.set(t, "cs_test_1", "", manyItems(7))
		for limit := int64(1); limit <= 8; limit++ {
			items, err := list(client(s, 0), "cs_test_1", "", limit)
			if err != nil || len(items) != 7 {
				t.Fatalf("limit %d: %d items, %v", limit, len(items), err)
			}
			for i, item := range items {
				if item.ID != fmt.Sprintf("li_%d", i+1) || item.Price.Product.Name != fmt.Sprintf("Thing %d", i+1) {
					t.Errorf("limit %d: item %d is %s, %s", limit, i, item.ID, item.Price.Product.Name)
				}
			}
		}
	})

	t.Run("reads Stripe's samples", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		s.set(t, "cs_test_1", "acct_1", sample(t, "completed_two_products.json"))
		items, err := list(client(s, 0), "cs_test_1", "acct_1", 1)
		if err != nil || len(items) != 2 {
			t.Fatalf("%d items, %v", len(items), err)
		}
		got := items[1]
		if got.AmountTotal != 12000 || got.Currency != "eur" || got.Price.ID != "price_course_eur" || got.Price.Product.ID != "prod_course" ||
			got.Price.Product.Name != "The course" || got.Quantity != 1 {
			t.Errorf("%+v", got)
		}
	})

	t.Run("gets a typed error for an unknown session and for a bad key", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		_, err := list(client(s, 0), "cs_test_9", "", 3)
		var e *stripego.Error
		if !errors.As(err, &e) || e.HTTPStatusCode != 404 || e.Code != stripego.ErrorCodeResourceMissing || e.Param != "session" || e.RequestID == "" {
			t.Errorf("%+v", err)
		}
		c := client(s, 0)
		c.Key = "nonsense"
		_, err = list(c, "cs_test_9", "", 3)
		if !errors.As(err, &e) || e.HTTPStatusCode != 401 || e.Type != stripego.ErrorTypeInvalidRequest {
			t.Errorf("%+v", err)
		}
	})

	t.Run("gets through a fault that ends before its retries do", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		s.set(t, "cs_test_1", "", manyItems(2))
		s.do(t, "PUT", "/_local/fault", `{"status":503}`)
		if _, err := list(client(s, 0), "cs_test_1", "", 3); err == nil {
			t.Error("no error")
		}
		s.do(t, "PUT", "/_local/fault", `{"status":503}`)
		if items, err := list(client(s, 1), "cs_test_1", "", 3); err != nil || len(items) != 2 {
			t.Errorf("%d items, %v", len(items), err)
		}
	})
}
