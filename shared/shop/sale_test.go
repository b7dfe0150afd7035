package shop

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stripe/stripe-go/v76"

	"handler/function/internal/order"
)

// photoCourse is two things of which the second is bought twice.
var photoCourse = Sale{
	Products: []Product{
		{ID: "prod_photo", Price: "price_photo", Name: "Photo course", Quantity: 1, Amount: 4900, Metadata: map[string]string{"download_url": "https://example.com/a?b=1&c=2"}},
		{ID: "prod_poster", Price: "price_poster", Name: "Poster", Quantity: 2, Amount: 1250},
	},
	Currency: "eur", Email: "a@b.example", Customer: "Jörg", Locale: "de", Link: "plink_1", Metadata: map[string]string{"site": "blog"},
}

// mustSell is the session and the line items of a sale, as Stripe's library reads them.
func mustSell(t *testing.T, s Sale, event string) (stripe.CheckoutSession, stripe.LineItemList) {
	t.Helper()
	body, items, err := s.Over(mustSample(t, event))
	if err != nil {
		t.Fatal(err)
	}
	var e stripe.Event
	var session stripe.CheckoutSession
	var list stripe.LineItemList
	if err := errors.Join(json.Unmarshal(body, &e), json.Unmarshal(e.Data.Raw, &session)); err != nil {
		t.Fatal(err)
	}
	if items != nil {
		if err := json.Unmarshal(items, &list); err != nil {
			t.Fatal(err)
		}
	}
	return session, list
}

func TestSale(t *testing.T) {
	t.Parallel()

	t.Run("is of its products, and adds up", func(t *testing.T) {
		t.Parallel()

		session, list := mustSell(t, photoCourse, "completed_paid")
		if session.AmountTotal != 7400 || session.AmountSubtotal != 7400 || session.Currency != "eur" || session.PaymentStatus != "paid" {
			t.Errorf("%d of %d %s, %s", session.AmountTotal, session.AmountSubtotal, session.Currency, session.PaymentStatus)
		}
		if len(list.Data) != 2 || list.Data[1].AmountTotal != 2500 || list.Data[1].Price.UnitAmount != 1250 {
			t.Fatalf("items %+v", list.Data)
		}
		first := list.Data[0].Price.Product
		want := map[string]string{"download_url": "https://example.com/a?b=1&c=2"}
		if d := cmp.Diff(want, first.Metadata); d != "" || first.ID != "prod_photo" || first.Name != "Photo course" {
			t.Errorf("%s %s: %s", first.ID, first.Name, d)
		}
	})

	t.Run("is an order of its customer", func(t *testing.T) {
		t.Parallel()

		body, _, err := photoCourse.Over(mustSample(t, "completed_paid"))
		if err != nil {
			t.Fatal(err)
		}
		e, err := order.ParseEvent(body, today)
		if err != nil {
			t.Fatal(err)
		}
		o, err := order.New(e, today)
		if err != nil {
			t.Fatal(err)
		}
		if o.CustomerEmail != "a@b.example" || o.CustomerName != "Jörg" || o.Locale != "de" || o.PaymentLink != "plink_1" || o.AmountTotal != 7400 {
			t.Errorf("got %+v", o.Facts)
		}
		if d := cmp.Diff([]order.Pair{{Key: "site", Value: "blog"}}, o.Metadata); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})

	t.Run("has nothing of the sample's link", func(t *testing.T) {
		t.Parallel()

		session, _ := mustSell(t, Sale{Products: photoCourse.Products, Currency: "eur"}, "completed_paid")
		if session.PaymentLink != nil || len(session.Metadata) > 0 || session.CustomerDetails.Email != "ada@example.com" {
			t.Errorf("link %v, metadata %v, customer %s", session.PaymentLink, session.Metadata, session.CustomerDetails.Email)
		}
	})

	t.Run("leaves what is bought where it has no products", func(t *testing.T) {
		t.Parallel()

		session, list := mustSell(t, Sale{Email: "a@b.example"}, "completed_paid")
		if session.AmountTotal != 4900 || session.PaymentLink == nil || session.CustomerDetails.Email != "a@b.example" || list.Data != nil {
			t.Errorf("got %+v, %v", session, list.Data)
		}
	})

	t.Run("needs no payment where it costs nothing", func(t *testing.T) {
		t.Parallel()

		free := Sale{Products: []Product{{ID: "prod_a", Price: "price_a", Name: "A", Quantity: 3}}, Currency: "eur"}
		session, _ := mustSell(t, free, "completed_paid")
		if session.PaymentStatus != "no_payment_required" || session.PaymentIntent != nil {
			t.Errorf("%s, %v", session.PaymentStatus, session.PaymentIntent)
		}
		if session, _ = mustSell(t, free, "completed_no_payment_required"); session.AmountTotal != 0 {
			t.Errorf("it costs %d", session.AmountTotal)
		}
	})

	t.Run("keeps what the event says of the payment", func(t *testing.T) {
		t.Parallel()

		if session, _ := mustSell(t, photoCourse, "completed_unpaid"); session.PaymentStatus != "unpaid" {
			t.Errorf("got %s", session.PaymentStatus)
		}
	})

	for name, c := range map[string]struct {
		event string
		sale  Sale
		want  error
	}{
		"more than Stripe takes":        {"completed_paid", Sale{Products: []Product{{Quantity: 1, Amount: MaxTotal}, {Quantity: 1, Amount: 1}}}, ErrTotal},
		"more than fits an integer":     {"completed_paid", Sale{Products: []Product{{Quantity: 1 << 40, Amount: 1 << 40}}}, ErrTotal},
		"a price for what must be free": {"completed_no_payment_required", photoCourse, ErrFree},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()

			if _, _, err := c.sale.Over(mustSample(t, c.event)); !errors.Is(err, c.want) {
				t.Errorf("got %v", err)
			}
		})
	}

	t.Run("is no event of a charge", func(t *testing.T) {
		t.Parallel()

		_, _, err := photoCourse.Over(mustSample(t, "charge_refunded"))
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "about no checkout.session")
	})
}

// Later events of a purchase have its customer and its amounts, not the sample's.
func TestThenContinues(t *testing.T) {
	t.Parallel()

	body, items, err := photoCourse.Over(mustSample(t, "completed_unpaid"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPurchase(body, items, today)
	if err != nil {
		t.Fatal(err)
	}
	then, err := p.Then(mustSample(t, "async_payment_succeeded"), today)
	if err != nil {
		t.Fatal(err)
	}
	e, err := order.ParseEvent(then.Body, today)
	if err != nil {
		t.Fatal(err)
	}
	if _, facts, err := e.Session(); err != nil || facts.CustomerEmail != "a@b.example" || facts.AmountTotal != 7400 || facts.PaymentStatus != order.Paid {
		t.Errorf("got %+v, %v", facts, err)
	}
	for name, refunded := range map[string]int64{"charge_refunded": 7400, "charge_refunded_partly": 1850} {
		then, err := p.Then(mustSample(t, name), today)
		if err != nil {
			t.Fatal(err)
		}
		e, err := order.ParseEvent(then.Body, today)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := e.Charge(); err != nil || c.Amount != refunded || c.Currency != "eur" || c.Whole != (refunded == 7400) {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}
