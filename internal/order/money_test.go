package order_test

import (
	"testing"

	"handler/function/internal/order"
)

func TestMoneyThatCameBack(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		reversal       order.Reversal
		back, net      int64
		inPart, ofBank bool
	}{
		"nothing":                    {order.Reversal{}, 0, 4900, false, false},
		"a part":                     {order.Reversal{Refunded: 1000}, 1000, 3900, true, false},
		"all of it":                  {order.Reversal{Refunded: 4900, RefundedWholly: true}, 4900, 0, false, false},
		"all of it, in another coin": {order.Reversal{Refunded: 4534, RefundedWholly: true}, 4900, 0, false, false},
		"a dispute":                  {order.Reversal{Disputed: true, DisputedAmount: 4900}, 4900, 0, false, true},
		"a dispute of more":          {order.Reversal{Disputed: true, DisputedAmount: 5000}, 5000, 0, false, true},
		"a dispute of the rest":      {order.Reversal{Refunded: 1000, Disputed: true, DisputedAmount: 3000}, 4000, 900, true, true},
		"a dispute of old":           {order.Reversal{Disputed: true}, 4900, 0, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			f := order.Facts{AmountTotal: 4900, PaymentStatus: order.Paid, Reversal: c.reversal}
			if f.CameBack() != c.back || f.Net() != c.net {
				t.Errorf("%d came back of %d, which leaves %d; want %d and %d", f.CameBack(), f.AmountTotal, f.Net(), c.back, c.net)
			}
			if f.RefundedInPart() != c.inPart || f.DisputedNow() != c.ofBank || f.InquiryOnly() {
				t.Errorf("refunded in part: %v, disputed: %v, an inquiry: %v", f.RefundedInPart(), f.DisputedNow(), f.InquiryOnly())
			}
		})
	}
}
