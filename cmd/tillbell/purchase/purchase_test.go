package purchase_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"handler/function/cmd/tillbell/purchase"
	"handler/function/cmd/tillbell/stripeapi"
	"handler/function/cmd/tillbell/target"
	"handler/function/internal/order"
)

var soon = purchase.Wait{For: 300 * time.Millisecond, Every: time.Millisecond}

// stripeWith answers with a link, and with sessions as it is told: the laptop's stand-in has none
// that anybody could pay.
func stripeWith(t *testing.T, links string, sessions func(n int64) string) (string, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/payment_links":
			fmt.Fprintf(w, `{"object": "list", "data": [%s]}`, links)
		case "/v1/checkout/sessions":
			if r.URL.Query().Get("payment_link") != "plink_1" {
				http.Error(w, "{}", http.StatusBadRequest)
				return
			}
			fmt.Fprintf(w, `{"object": "list", "data": [%s]}`, sessions(asked.Add(1)))
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, &asked
}

func session(id, status string, created time.Time) string {
	return fmt.Sprintf(`{"id": %q, "object": "checkout.session", "status": %q, "created": %d}`, id, status, created.Unix())
}

const link = `{"id": "plink_1", "object": "payment_link", "active": true, "url": "https://buy.stripe.com/test_1"}`

func TestBuy(t *testing.T) {
	t.Parallel()

	t.Run("says where to buy, and finds the session that was paid since", func(t *testing.T) {
		t.Parallel()

		url, asked := stripeWith(t, link, func(n int64) string {
			old, open := session("cs_test_old", "complete", time.Now().Add(-time.Hour)), session("cs_test_new", "open", time.Now())
			if n < 3 {
				return open + "," + old
			}
			return session("cs_test_new", "complete", time.Now()) + "," + old
		})
		var out bytes.Buffer
		b := purchase.Buyer{Backend: stripeapi.Backend(url), Key: "sk_test_1", Out: &out, Wait: purchase.Wait{For: 10 * time.Second, Every: time.Millisecond}}
		id, err := b.Buy(t.Context())
		if id != "cs_test_new" || err != nil || asked.Load() != 3 || !strings.Contains(out.String(), "https://buy.stripe.com/test_1") {
			t.Errorf("%q, %v, asked %d times, said %q", id, err, asked.Load(), out.String())
		}
	})

	t.Run("gives up when nobody buys", func(t *testing.T) {
		t.Parallel()

		url, _ := stripeWith(t, link, func(int64) string { return "" })
		b := purchase.Buyer{Backend: stripeapi.Backend(url), Key: "sk_test_1", Out: &bytes.Buffer{}, Wait: soon}
		if _, err := b.Buy(t.Context()); err == nil {
			t.Error("no error")
		}
	})

	t.Run("says what its key may not read before anybody pays", func(t *testing.T) {
		t.Parallel()

		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/payment_links" {
				fmt.Fprintf(w, `{"object": "list", "data": [%s]}`, link)
				return
			}
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"error": {"type": "invalid_request_error", "message": "needs rak_checkout_session_read"}}`)
		}))
		defer server.Close()
		var out bytes.Buffer
		b := purchase.Buyer{Backend: stripeapi.Backend(server.URL), Key: "rk_test_1", Out: &out, Wait: purchase.Wait{For: time.Hour, Every: time.Hour}}
		if _, err := b.Buy(t.Context()); !errors.Is(err, stripeapi.ErrPermission) || out.Len() > 0 {
			t.Errorf("error %v, said %q", err, out.String())
		}
	})

	t.Run("ends with its context", func(t *testing.T) {
		t.Parallel()

		ctx, cancel := context.WithCancel(t.Context())
		url, _ := stripeWith(t, link, func(n int64) string {
			if n == 2 {
				cancel()
			}
			return ""
		})
		b := purchase.Buyer{Backend: stripeapi.Backend(url), Key: "sk_test_1", Out: &bytes.Buffer{}, Wait: purchase.Wait{For: time.Hour, Every: time.Hour}}
		if _, err := b.Buy(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})

	t.Run("says that there is nothing to buy by", func(t *testing.T) {
		t.Parallel()

		url, _ := stripeWith(t, "", nil)
		b := purchase.Buyer{Backend: stripeapi.Backend(url), Key: "sk_test_1", Out: &bytes.Buffer{}, Wait: soon}
		if _, err := b.Buy(t.Context()); !errors.Is(err, purchase.ErrNoLink) {
			t.Errorf("error %v", err)
		}
	})
}

type orders struct {
	o   *order.Order
	err error
}

func (s orders) Load(context.Context, string) (*order.Order, error) { return s.o, s.err }

func TestFollow(t *testing.T) {
	t.Parallel()

	with := func(emails map[string]order.Delivery) orders { return orders{o: &order.Order{Emails: emails}} }
	sent, later := order.Delivery{State: order.Sent}, order.Delivery{State: order.Planned}
	later.NotBefore = time.Now().Add(48 * time.Hour)
	for _, tt := range []struct {
		name      string
		orders    orders
		said, err string
	}{
		{"an order that is done", with(map[string]order.Delivery{"ebook/delivery": sent}), "✓ ebook/delivery is sent", ""},
		{"one with an e-mail for later", with(map[string]order.Delivery{"ebook/delivery": sent, "ebook/follow-up": later}), "– ebook/follow-up is due at", ""},
		{"one that is not there", orders{err: order.ErrNotFound}, "", "the database has no order for it"},
		{"one without a plan", with(nil), "", "no e-mail is planned yet"},
		{"one whose e-mail waits", with(map[string]order.Delivery{"ebook/delivery": {State: order.Retry, LastError: "SendGrid is away"}}), "", "ebook/delivery is not sent: retry SendGrid is away"},
		{"one whose e-mail failed", with(map[string]order.Delivery{"ebook/delivery": {State: order.Failed, LastError: "no such template"}}), "", "ebook/delivery failed: no such template"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			var out bytes.Buffer
			err := purchase.Follow(t.Context(), &out, tt.orders, "cs_test_1", soon, target.OpenFaaS.Logs)
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if !strings.Contains(out.String(), tt.said) {
				t.Errorf("%q is not in\n%s", tt.said, out.String())
			}
		})
	}
}
