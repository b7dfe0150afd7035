package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"handler/function/internal/mongodb"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/shared/shop"
)

func TestReadPurchase(t *testing.T) {
	t.Parallel()

	t.Run("reads a sample and its items by its name", func(t *testing.T) {
		t.Parallel()

		wantItems, err := sample.LineItems("completed_two_products")
		if err != nil {
			t.Fatal(err)
		}
		body, items, err := readPurchase("completed_two_products", "")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(body, mustSample(t, "completed_two_products")) || !bytes.Equal(items, wantItems) {
			t.Error("it is another one")
		}
	})

	t.Run("has no items for a sample without any", func(t *testing.T) {
		t.Parallel()

		_, items, err := readPurchase("async_payment_failed", "")
		if err != nil || items != nil {
			t.Errorf("items %q, error %v", items, err)
		}
	})

	t.Run("reads files as they are", func(t *testing.T) {
		t.Parallel()

		dir := t.TempDir()
		event, list := filepath.Join(dir, "event.json"), filepath.Join(dir, "items.json")
		write(t, event, "the event")
		write(t, list, "the items")
		body, items, err := readPurchase(event, list)
		if err != nil || string(body) != "the event" || string(items) != "the items" {
			t.Errorf("event %q, items %q, error %v", body, items, err)
		}
		if _, items, err = readPurchase(event, ""); err != nil || items != nil {
			t.Errorf("without a file of items: %q, error %v", items, err)
		}
	})

	t.Run("takes the file of items for a sample too", func(t *testing.T) {
		t.Parallel()

		list := filepath.Join(t.TempDir(), "items.json")
		write(t, list, "the items")
		_, items, err := readPurchase("completed_paid", list)
		if err != nil || string(items) != "the items" {
			t.Errorf("items %q, error %v", items, err)
		}
	})

	t.Run("names the file that is not there, and the samples that are", func(t *testing.T) {
		t.Parallel()

		_, _, err := readPurchase("no-such.json", "")
		if !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("error = %v", err)
		}
		mustContain(t, err.Error(), "no-such.json", "completed_paid")
		_, _, err = readPurchase("completed_paid", "no-items.json")
		if !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("error = %v", err)
		}
		mustContain(t, err.Error(), "no-items.json")
	})
}

func TestBuyMany(t *testing.T) {
	t.Parallel()

	t.Run("counts what was not acknowledged, and says why", func(t *testing.T) {
		t.Parallel()

		b := setupBuyer(t, func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "the till is shut", http.StatusServiceUnavailable)
		})
		c, out := quiet(t)
		err := b.buyMany(t.Context(), c, mustSample(t, "completed_paid"), nil, 20)
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "the till is shut")
		mustContain(t, out.String(), "20 of 20 were not acknowledged", "0 of 20 purchases acknowledged: 0 orders, 0 e-mails owed")
	})

	t.Run("begins no more when it is stopped, and counts all the same", func(t *testing.T) {
		t.Parallel()

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		b := setupBuyer(t, func(http.ResponseWriter, *http.Request) { t.Error("a purchase was played") })
		c, out := quiet(t)
		if err := b.buyMany(ctx, c, mustSample(t, "completed_paid"), nil, 20); err == nil {
			t.Error("no error")
		}
		mustContain(t, out.String(), "0 of 20 purchases acknowledged: 0 orders")
	})

	t.Run("counts what is there when it is stopped half-way", func(t *testing.T) {
		t.Parallel()

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		store := everyOrder{order: order.Order{Facts: order.Facts{PaymentStatus: order.Paid}}}
		b := setupBuyer(t, func(http.ResponseWriter, *http.Request) { cancel() })
		b.Store = mongodb.NewStoreOf(store)
		c, out := quiet(t)
		if err := b.buyMany(ctx, c, mustSample(t, "completed_paid"), nil, 1000); err == nil {
			t.Error("no error")
		}
		if !regexp.MustCompile(`(?m)^\d+ of 1000 purchases acknowledged: \d+ orders?, 0 e-mails owed, 0 sent \(0 unsure\), in `).MatchString(out.String()) {
			t.Errorf("it says %q", out)
		}
	})
}

func TestCount(t *testing.T) {
	t.Parallel()

	sent := order.Delivery{State: order.Sent, SentAt: today.Add(2 * time.Second)}
	later := order.Delivery{State: order.Planned, PlannedAt: today, Email: order.Email{NotBefore: time.Now().AddDate(1, 0, 0)}, DueAt: time.Now().AddDate(1, 0, 0)}
	failed := order.Delivery{State: order.Failed, Unsure: true}
	for name, c := range map[string]struct {
		emails     map[string]order.Delivery
		want, text string
	}{
		"is content when all is sent":         {map[string]order.Delivery{"a": sent}, "", "1 order, 1 e-mail owed, 1 sent (0 unsure), the slowest 2.0 s after its order"},
		"does not wait for what is for later": {map[string]order.Delivery{"a": sent, "b": later}, "", "1 order, 2 e-mails owed, 1 sent (0 unsure), 1 for later, the slowest 2.0 s after its order"},
		"counts what is missing all the same": {map[string]order.Delivery{"a": sent, "b": failed}, "not sent: 1 e-mail", "1 order, 2 e-mails owed, 1 sent (1 unsure), the slowest 2.0 s after its order"},
		"counts an order that owes nothing":   {nil, "", "1 order, 0 e-mails owed, 0 sent (0 unsure)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			o := order.Order{CreatedAt: today, Facts: order.Facts{PaymentStatus: order.Paid}, Plans: map[order.Reason]time.Time{order.ForPaid: today}, Emails: c.emails}
			b := &buyer{&shop.Shop{Store: mongodb.NewStoreOf(everyOrder{order: o})}}
			sum, err := b.count(t.Context(), []string{"cs_1", ""})
			if got := fmt.Sprint(cmp.Or(err, errors.New(""))); got != c.want || sum.String() != c.text {
				t.Errorf("got %q, %q", got, sum)
			}
		})
	}

	t.Run("counts the orders that cannot be read", func(t *testing.T) {
		t.Parallel()

		b := &buyer{&shop.Shop{Store: mongodb.NewStoreOf(noDatabase{})}}
		sum, err := b.count(t.Context(), []string{"cs_1", "cs_2"})
		if !errors.Is(err, errAway) || sum.String() != "0 orders, 0 e-mails owed, 0 sent (0 unsure), 2 orders cannot be read" {
			t.Errorf("got %q, %v", sum, err)
		}
	})
}

// everyOrder is a collection that has one order under any ID.
type everyOrder struct {
	mongodb.Documents
	order order.Order
}

func (c everyOrder) Load(ctx context.Context, id string) (*order.Order, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o := c.order
	o.ID = id
	return &o, nil
}

var errAway = errors.New("the database is away")

// noDatabase is a collection that cannot be read.
type noDatabase struct{ mongodb.Documents }

func (noDatabase) Load(context.Context, string) (*order.Order, error) { return nil, errAway }

func TestFollowed(t *testing.T) {
	t.Parallel()

	t.Run("says that there is no such purchase", func(t *testing.T) {
		t.Parallel()

		b := &buyer{&shop.Shop{Store: mongodb.NewStoreOf(onlyOrder{})}}
		if _, err := b.followed(t.Context(), "cs_none", mustSample(t, "charge_refunded")); !errors.Is(err, order.ErrNotFound) {
			t.Errorf("error = %v", err)
		}
	})

	t.Run("goes on with the dispute of the payment", func(t *testing.T) {
		t.Parallel()

		e, err := order.ParseEvent(mustSample(t, "dispute_inquiry"), today)
		if err != nil {
			t.Fatal(err)
		}
		o := &order.Order{ID: "cs_1", Facts: order.Facts{PaymentIntent: "pi_1"}, Events: map[string]order.Event{e.ID: e}}
		p, err := (&buyer{&shop.Shop{Store: mongodb.NewStoreOf(onlyOrder{order: o})}}).followed(t.Context(), "cs_1", mustSample(t, "dispute_lost"))
		if err != nil {
			t.Fatal(err)
		}
		then, err := order.ParseEvent(p.Body, today)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := then.Charge(); err != nil || c.ID != "dp_000000000000000000000007" || then.Dispute() != order.DisputeLost {
			t.Errorf("%+v, %v", c, err)
		}
	})

	t.Run("is about the payment of the session", func(t *testing.T) {
		t.Parallel()

		b := &buyer{&shop.Shop{Store: mongodb.NewStoreOf(onlyOrder{order: &order.Order{ID: "cs_1", Facts: order.Facts{PaymentIntent: "pi_1"}}})}}
		p, err := b.followed(t.Context(), "cs_1", mustSample(t, "charge_refunded"))
		if err != nil {
			t.Fatal(err)
		}
		e, err := order.ParseEvent(p.Body, today)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := e.Charge(); err != nil || c.PaymentIntent != "pi_1" || p.Session != "cs_1" || !c.Whole {
			t.Errorf("%+v of session %s, %v", c, p.Session, err)
		}
	})
}

// onlyOrder is a collection with one order, or none.
type onlyOrder struct {
	mongodb.Documents
	order *order.Order
}

func (c onlyOrder) Load(_ context.Context, id string) (*order.Order, error) {
	if c.order == nil || c.order.ID != id {
		return nil, order.ErrNotFound
	}
	return c.order, nil
}

func TestMissMany(t *testing.T) {
	t.Parallel()

	b := setupBuyer(t, func(http.ResponseWriter, *http.Request) { t.Error("the webhook was called") })
	c, out := quiet(t)
	if err := b.missMany(t.Context(), c, mustSample(t, "completed_paid"), nil, 20); err != nil {
		t.Fatal(err)
	}
	mustContain(t, out.String(), "20 sessions are paid at Stripe, without webhook calls", "tillbell reconcile --since 1h")
}

// All mistakes are reported before any call: nothing runs here.
func TestBuyMistakes(t *testing.T) {
	t.Parallel()

	for arguments, want := range map[string]string{
		"PRODUKT=prod_a": "make buy has no argument PRODUKT: did you mean PRODUCT?",
		"everything":     "make buy has no argument everything; make buy HELP=1 lists",
		"PRODUCT=prod_a ITEMS=items.json EVENT=completed_paid":          "ITEMS: open items.json: ",
		"PRODUCT=prod_a SESSION=cs_1":                                   "SESSION: this purchase was made, with its products and its customer; leave the others out",
		"SESSION=cs_1 N=2":                                              `N: "2": want 1 to 100000, and 1 with SESSION`,
		"SESSION=cs_1 MISSED=1":                                         "MISSED: what becomes of a purchase that was made, SESSION, is always told",
		"EVENT=charge_refunded":                                         "EVENT: it begins no purchase: add SESSION=cs_… of the purchase that it is about (the event is about no checkout.session: see its data.object.object)",
		"PRODUCT=prod_a EVENT=charge_refunded":                          "EVENT: the event is about no checkout.session",
		"PRODUCT=prod_a AMOUNT=999999.99 QUANTITY=2":                    "AMOUNT: the total has more than eight digits",
		"PRODUCT=prod_a AMOUNT=1 EVENT=completed_no_payment_required":   "AMOUNT: the event is of a purchase that is free of charge",
		"PRODUCT=prod_a QUANTITY=-1 LOCALE=xx EMAIL=ada META=kind N=-1": `N: "-1": want`,
		"PRODUCT=prod_a QUANTITY=-1 LOCALE=xx EMAIL=ada META=kind":      "LOCALE: ",
	} {
		t.Run(arguments, func(t *testing.T) {
			t.Parallel()

			err := dispatch(t.Context(), append([]string{"buy", "--state", t.TempDir()}, strings.Fields(arguments)...))
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got %v\nwant %s", err, want)
			}
		})
	}
}
