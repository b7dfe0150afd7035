package order_test

import (
	"errors"
	"testing"
	"time"

	"handler/function/internal/order"
)

// reverse adds an event of the charge that ends the sale.
func reverse(t *testing.T, o *order.Order) {
	t.Helper()
	_, err := o.Add(charged(t, "evt_back", order.ChargeRefunded, theWhole, 5), start)
	must(t, err)
}

func TestMoneyThatWentBackStopsTheEmails(t *testing.T) {
	t.Parallel()

	const later = "ebook/later"
	sold := func(t *testing.T) *order.Order {
		t.Helper()
		o := placed(t, event(t, "completed_paid", nil))
		follow, sale := receipt(start.Add(time.Hour)), receipt(start)
		follow.Key, sale.Key, sale.Audience = later, "ebook/sale", order.Admins
		o.Plan(order.ForPaid, []order.Email{receipt(start), follow, sale}, start)
		return o
	}
	is := func(t *testing.T, o *order.Order, key string, want order.State) {
		t.Helper()
		if d := o.Emails[key]; d.State != want || want == order.Cancelled && d.LastError != "refunded" {
			t.Errorf("%s is %s %q, want %s", key, d.State, d.LastError, want)
		}
	}

	t.Run("that are planned, and not those to the admins", func(t *testing.T) {
		t.Parallel()

		o := sold(t)
		reverse(t, o)
		is(t, o, key, order.Cancelled)
		is(t, o, later, order.Cancelled)
		is(t, o, "ebook/sale", order.Planned)
	})

	t.Run("whose time has come", func(t *testing.T) {
		t.Parallel()

		o := sold(t)
		_, err := o.Add(charged(t, "evt_back", order.ChargeRefunded, theWhole, 5), start.Add(2*time.Hour))
		must(t, err)
		is(t, o, later, order.Cancelled)
	})

	t.Run("that are planned afterwards", func(t *testing.T) {
		t.Parallel()

		o := placed(t, event(t, "completed_paid", nil))
		reverse(t, o)
		o.Plan(order.ForPaid, []order.Email{receipt(start)}, start)
		is(t, o, key, order.Cancelled)
	})

	t.Run("whose attempt ends after it", func(t *testing.T) {
		t.Parallel()

		o := sold(t)
		must(t, o.Claim(key, "one", lease, start))
		reverse(t, o)
		is(t, o, key, order.Sending)
		must(t, o.MarkRetry(key, "one", order.Setback{Status: 503}, start.Add(time.Minute), start))
		is(t, o, key, order.Cancelled)
	})

	t.Run("whose lease expires after it", func(t *testing.T) {
		t.Parallel()

		o := sold(t)
		must(t, o.Claim(key, "one", lease, start))
		reverse(t, o)
		if o.Stop(key, start) {
			t.Error("stopped while its lease holds")
		}
		if err := o.Claim(key, "two", lease, start.Add(lease)); !errors.Is(err, order.ErrNotDue) {
			t.Errorf("claimed: %v", err)
		}
		if !o.Stop(key, start.Add(lease)) || !o.Emails[key].Unsure || o.Emails[key].Lost != 1 {
			t.Errorf("got %+v", o.Emails[key])
		}
		is(t, o, key, order.Cancelled)
	})

	t.Run("whose claim was not known to be written when it came", func(t *testing.T) {
		t.Parallel()

		o := sold(t)
		must(t, o.Claim(key, "one", lease, start))
		reverse(t, o)
		if err := o.Claim(key, "one", lease, start); !errors.Is(err, order.ErrNotDue) {
			t.Errorf("claimed: %v", err)
		}
	})

	t.Run("but not a copy that a person asks for later", func(t *testing.T) {
		t.Parallel()

		o := sold(t)
		reverse(t, o)
		keys, err := o.Resend(key, order.Again{Call: "0a1b2c3d", Template: func(e order.Email) (string, string) { return e.Template, "" }}, start)
		must(t, err)
		_, err = o.Add(charged(t, "evt_dispute", order.DisputeCreated, aDispute, 6), start)
		must(t, err)
		o.Plan("refund_evt_back", nil, start)
		is(t, o, keys[0], order.Planned)
		must(t, o.Claim(keys[0], "one", lease, start))
		must(t, o.MarkRetry(keys[0], "one", order.Setback{Status: 503}, start, start))
		is(t, o, keys[0], order.Retry)
	})

	t.Run("and copies that were asked for before", func(t *testing.T) {
		t.Parallel()

		o := sold(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkSent(key, "one", "m1", 202, start))
		keys, err := o.Resend(key, order.Again{Call: "0a1b2c3d", Template: func(e order.Email) (string, string) { return e.Template, "" }}, start)
		must(t, err)
		reverse(t, o)
		is(t, o, keys[0], order.Cancelled)
		is(t, o, key, order.Sent)
	})
}
