package mongodb

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// one is a collection of one order, which counts how often it is read and looked for.
type one struct {
	Documents
	order *order.Order
	loads int
	looks int
	// counted are the deliveries of events that were counted durably.
	counted int
}

func (c *one) Load(context.Context, string) (*order.Order, error) {
	c.loads++
	return c.order.Clone(), nil
}

func (c *one) Replace(_ context.Context, o *order.Order, _ []string) (bool, error) {
	if o.Revision != c.order.Revision {
		return false, nil
	}
	c.order = o.Clone()
	c.order.Revision++
	return true, nil
}

func (c *one) OfPayments(_ context.Context, paymentIntents []string) (map[string]string, error) {
	c.looks++
	if !slices.Contains(paymentIntents, c.order.PaymentIntent) {
		return nil, nil
	}
	return map[string]string{c.order.PaymentIntent: c.order.ID}, nil
}

func (c *one) CountDelivery(_ context.Context, _, event string) (bool, error) {
	_, known := c.order.Events[event]
	c.counted += map[bool]int{true: 1}[known]
	return known, nil
}

func TestRecordCharge(t *testing.T) {
	t.Parallel()

	now := time.Now().UTC().Truncate(time.Millisecond)
	setup := func(t *testing.T, of string) (*one, *Store, order.Event) {
		t.Helper()
		orders, err := sample.Orders(now)
		if err != nil {
			t.Fatal(err)
		}
		body, err := sample.Event("charge_refunded")
		if err != nil {
			t.Fatal(err)
		}
		e, err := order.ParseEvent(body, now)
		if err != nil {
			t.Fatal(err)
		}
		c := &one{order: orders[of]}
		return c, NewStoreOf(c), e
	}

	t.Run("adds it to the order of its payment, and says whether it was new", func(t *testing.T) {
		t.Parallel()

		c, s, e := setup(t, "completed_paid")
		for _, want := range []bool{true, false} {
			id, added, err := s.RecordCharge(t.Context(), e)
			if err != nil || id != c.order.ID || added != want || !c.order.RefundedWholly || c.order.Revision != 1 {
				t.Errorf("order %q, added %v at revision %d, %v", id, added, c.order.Revision, err)
			}
		}
		if c.counted != 1 {
			t.Errorf("the event that was there is answered after %d durable writes, want 1", c.counted)
		}
	})

	t.Run("looks once where no order has its payment", func(t *testing.T) {
		t.Parallel()

		c, s, e := setup(t, "completed_jpy")
		id, added, err := s.RecordCharge(t.Context(), e)
		if !errors.Is(err, order.ErrNotFound) || id != "" || added || c.looks != 1 || c.loads != 0 {
			t.Errorf("order %q, added %v after %d looks and %d reads, %v", id, added, c.looks, c.loads, err)
		}
	})

	t.Run("does not look where there is no payment intent", func(t *testing.T) {
		t.Parallel()

		c, s, _ := setup(t, "completed_no_payment_required")
		e, err := order.ParseEvent([]byte(`{"id":"evt_1","type":"charge.refunded","created":1,"data":{"object":{"object":"charge","payment_intent":null}}}`), now)
		if err != nil {
			t.Fatal(err)
		}
		if id, _, err := s.RecordCharge(t.Context(), e); !errors.Is(err, order.ErrNotFound) || id != "" || c.looks+c.loads != 0 {
			t.Errorf("order %q after %d looks, %v", id, c.looks+c.loads, err)
		}
	})
}

func TestUpdateFrom(t *testing.T) {
	t.Parallel()

	now := time.Now().UTC().Truncate(time.Millisecond)
	setup := func(t *testing.T) (*one, *Store, *order.Order) {
		t.Helper()
		orders, err := sample.Orders(now)
		if err != nil {
			t.Fatal(err)
		}
		c := &one{order: orders["completed_paid"]}
		return c, NewStoreOf(c), c.order.Clone()
	}
	plan := func(o *order.Order) error {
		if _, waits := o.Unplanned(); !waits {
			return order.ErrUnchanged
		}
		o.Plan(order.ForPaid, []order.Email{{Key: "a", To: []order.Address{{Email: "a@example.com"}}}}, now)
		return nil
	}

	t.Run("does not read an order again that is as it was, and leaves the copy alone", func(t *testing.T) {
		t.Parallel()

		c, s, read := setup(t)
		o, err := s.UpdateFrom(t.Context(), read, plan)
		if err != nil || len(o.Emails) != 1 || o.Revision != 1 || c.loads != 0 {
			t.Errorf("%d e-mails at revision %d after %d reads, %v", len(o.Emails), o.Revision, c.loads, err)
		}
		if len(read.Emails) != 0 || len(read.Plans) != 0 || read.Revision != 0 {
			t.Errorf("the copy has changed: %+v", read)
		}
		if _, err = s.UpdateFrom(t.Context(), o, func(o *order.Order) error { return o.Claim("a", "me", time.Minute, now) }); err != nil || c.loads != 0 {
			t.Errorf("what it gave cannot be gone on from: %v after %d reads", err, c.loads)
		}
	})

	t.Run("changes the current order if another process wrote it", func(t *testing.T) {
		t.Parallel()

		c, s, read := setup(t)
		c.order.CustomerName, c.order.Revision = "written meanwhile", 7
		o, err := s.UpdateFrom(t.Context(), read, plan)
		if err != nil || o.CustomerName != "written meanwhile" || len(o.Emails) != 1 || c.order.Revision != 8 || c.loads != 1 {
			t.Errorf("%q at revision %d after %d reads, %v", o.CustomerName, c.order.Revision, c.loads, err)
		}
	})

	t.Run("asks the order as it is now before it says that there is nothing to change", func(t *testing.T) {
		t.Parallel()

		for _, refusal := range []error{order.ErrUnchanged, order.ErrNotDue} {
			c, s, read := setup(t)
			c.order.CustomerName = "written meanwhile"
			o, err := s.UpdateFrom(t.Context(), read, func(*order.Order) error { return refusal })
			if o == nil || o.CustomerName != "written meanwhile" || c.loads != 1 || refusal != order.ErrUnchanged && !errors.Is(err, refusal) {
				t.Errorf("%v: %v after %d reads", refusal, err, c.loads)
			}
		}
	})
}
