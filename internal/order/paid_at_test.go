package order_test

import (
	"testing"
	"time"

	"handler/function/internal/order"
)

func TestPaidAt(t *testing.T) {
	t.Parallel()

	at := func(name string, seconds int64) order.Event {
		return event(t, name, func(e, _ map[string]any) { e["created"] = seconds })
	}
	stored := time.Unix(1500, 0).UTC() // after the session was completed, and before a bank debit is paid
	completed, paid := at("completed_unpaid", 1000), at("async_payment_succeeded", 2000)
	for name, c := range map[string]struct {
		events []order.Event
		want   time.Time
	}{
		"paid at once":                {[]order.Event{at("completed_paid", 1000)}, time.Unix(1000, 0).UTC()},
		"paid, said twice":            {[]order.Event{at("completed_paid", 1000), paid}, time.Unix(1000, 0).UTC()},
		"free of charge":              {[]order.Event{at("completed_no_payment_required", 1000)}, time.Unix(1000, 0).UTC()},
		"not paid":                    {[]order.Event{completed}, time.Time{}},
		"declined":                    {[]order.Event{completed, at("async_payment_failed", 2000)}, time.Time{}},
		"a bank debit":                {[]order.Event{completed, paid}, time.Unix(2000, 0).UTC()},
		"a bank debit, in disorder":   {[]order.Event{paid, completed}, time.Unix(2000, 0).UTC()},
		"captured by hand":            {[]order.Event{completed, at("payment_captured", 3000)}, time.Unix(3000, 0).UTC()},
		"refunded after it":           {[]order.Event{at("completed_paid", 1000), at("charge_refunded", 3000)}, time.Unix(1000, 0).UTC()},
		"a refund dated before it":    {[]order.Event{at("completed_paid", 1000), at("charge_refunded", 500)}, time.Unix(1000, 0).UTC()},
		"news of another kind before": {[]order.Event{at("async_payment_failed", 500), paid}, time.Unix(2000, 0).UTC()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			o := placed(t, c.events...)
			if !o.PaidAt.Equal(c.want) {
				t.Errorf("paid at %v, want %v", o.PaidAt, c.want)
			}
			o.CreatedAt = stored
			sold := stored
			if c.want.After(stored) {
				sold = c.want
			}
			if !o.SoldAt().Equal(sold) {
				t.Errorf("sold at %v, want %v", o.SoldAt(), sold)
			}
		})
	}
}
