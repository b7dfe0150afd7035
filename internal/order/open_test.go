package order_test

import (
	"testing"
	"time"

	"handler/function/internal/order"
)

func TestOpen(t *testing.T) {
	t.Parallel()

	done := planned(t)
	must(t, done.Claim(key, "one", lease, start))
	must(t, done.MarkSent(key, "one", "m1", 202, start))
	failed := planned(t)
	must(t, failed.Claim(key, "one", lease, start))
	must(t, failed.MarkFailed(key, "one", order.Setback{Status: 400}, nil, start))
	declined := placed(t, event(t, "completed_unpaid", nil), event(t, "async_payment_failed", nil))
	declined.Plan(order.ForPaymentFailed, nil, start)
	stillUnpaid := placed(t, event(t, "completed_unpaid", nil))
	stillUnpaid.Plan(order.ForStillUnpaid, nil, start.Add(order.LongestDebit))
	for name, c := range map[string]struct {
		o     *order.Order
		after time.Duration
		want  bool
	}{
		"an e-mail is to come":             {planned(t), 1000 * time.Hour, true},
		"an e-mail failed":                 {failed, 0, false},
		"all is sent":                      {done, 0, false},
		"the payment was declined":         {declined, 0, false},
		"the money may still come":         {placed(t, event(t, "completed_unpaid", nil)), order.LongestDebit - 1, true},
		"the money does not come any more": {stillUnpaid, order.LongestDebit, false},
	} {
		if got := c.o.Open(c.o.CreatedAt.Add(c.after)); got != c.want {
			t.Errorf("%s: open is %v", name, got)
		}
	}
}
