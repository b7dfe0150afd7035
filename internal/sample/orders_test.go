package sample_test

import (
	"testing"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

func TestOrders(t *testing.T) {
	t.Parallel()

	orders, err := sample.Orders(time.Date(2024, 11, 24, 12, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range orders {
		if len(o.Items) == 0 || o.Items[0].Description == "" || o.Items[0].Currency != o.Currency || o.Fetch.DoneAt.IsZero() {
			t.Errorf("%s bought %+v", name, o.Items)
		}
	}
	if failed := orders["async_payment_failed"]; len(failed.Events) != 2 || !failed.PaymentFailed || failed.Settled() {
		t.Errorf("async_payment_failed: %d events, failed %v", len(failed.Events), failed.PaymentFailed)
	}
	if paid := orders["async_payment_succeeded"]; len(paid.Events) != 2 || paid.PaymentStatus != order.Paid {
		t.Errorf("async_payment_succeeded: %d events, %s", len(paid.Events), paid.PaymentStatus)
	}
	for name, want := range map[string]order.Reversal{
		"charge_refunded":        {Refunded: 4900, RefundedWholly: true},
		"charge_refunded_partly": {Refunded: 4225},
		"charge_dispute_created": {Disputed: true, DisputedAmount: 5000, DisputeReason: "fraudulent", Dispute: order.DisputeOpen, Withdrawn: 5000},
		"dispute_won":            {Disputed: true, DisputedAmount: 5000, DisputeReason: "fraudulent", Dispute: order.DisputeWon},
		"dispute_lost":           {Disputed: true, DisputedAmount: 5000, DisputeReason: "fraudulent", Dispute: order.DisputeLost, Withdrawn: 5000},
		"dispute_inquiry":        {Dispute: order.Inquiry},
		"refund_failed":          {},
		"payment_captured":       {},
	} {
		if o := orders[name]; len(o.Events) != 2 || o.Reversal != want || o.PaymentStatus != order.Paid {
			t.Errorf("%s: %d events, %+v, %s", name, len(o.Events), o.Reversal, o.PaymentStatus)
		}
	}
	if orders["payment_intent_succeeded"] != nil {
		t.Error("an event that changes no order made one")
	}
}
