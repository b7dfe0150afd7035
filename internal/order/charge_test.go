package order_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// charged is an event of a charge or a dispute with the fields given, so many seconds after start.
func charged(t *testing.T, id, eventType, object string, seconds int) order.Event {
	t.Helper()
	created := start.Unix() + int64(seconds)
	payload := fmt.Sprintf(`{"id":"%s","object":"event","type":"%s","created":%d,"data":{"object":%s}}`, id, eventType, created, object)
	e, err := order.ParseEvent([]byte(payload), start)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

const (
	aPart     = `{"object":"charge","payment_intent":"pi_1","amount":4900,"amount_refunded":1000,"refunded":false,"currency":"usd"}`
	morePart  = `{"object":"charge","payment_intent":"pi_1","amount":4900,"amount_refunded":2000,"refunded":false,"currency":"usd"}`
	theWhole  = `{"object":"charge","payment_intent":"pi_1","amount":4900,"amount_refunded":4900,"refunded":true,"currency":"usd"}`
	aDispute  = `{"object":"dispute","payment_intent":"pi_1","charge":"ch_1","amount":4900,"currency":"usd","reason":"fraudulent"}`
	aDispute2 = `{"object":"dispute","payment_intent":"pi_1","charge":"ch_1","amount":4800,"currency":"usd","reason":"duplicate"}`
)

func TestCharge(t *testing.T) {
	t.Parallel()

	t.Run("says what went back, and of which payment", func(t *testing.T) {
		t.Parallel()

		for name, want := range map[string]order.Charge{
			"charge_refunded":        {PaymentIntent: "pi_000000000000000000000001", Amount: 4900, Currency: "usd", Whole: true},
			"charge_refunded_partly": {PaymentIntent: "pi_000000000000000000000002", Amount: 4225, Currency: "eur"},
			"charge_dispute_created": {PaymentIntent: "pi_000000000000000000000007", ID: "dp_000000000000000000000007", Status: "needs_response", Amount: 5000, Currency: "jpy", Reason: "fraudulent"},
			"refund_failed":          {PaymentIntent: "pi_000000000000000000000001", ID: "re_000000000000000000000001", Status: "failed", Amount: 4900, Currency: "usd", Reason: "expired_or_canceled_card"},
			"payment_captured":       {PaymentIntent: "pi_000000000000000000000003", Amount: 12000, Currency: "usd", Captured: true},
		} {
			got, err := event(t, name, nil).Charge()
			if d := cmp.Diff(want, got); err != nil || d != "" {
				t.Errorf("%s: %v, (-want +got):\n%s", name, err, d)
			}
		}
	})

	t.Run("has its payment intent as an ID, as an object, or not at all", func(t *testing.T) {
		t.Parallel()

		for intent, want := range map[string]string{`"pi_1"`: "pi_1", `{"id":"pi_1","object":"payment_intent"}`: "pi_1", `null`: ""} {
			c, err := charged(t, "evt_1", order.DisputeCreated, `{"object":"dispute","payment_intent":`+intent+`}`, 0).Charge()
			if err != nil || c.PaymentIntent != want {
				t.Errorf("%s: %q, %v", intent, c.PaymentIntent, err)
			}
		}
	})

	t.Run("is nothing but a charge or a dispute, each in an event of its own type", func(t *testing.T) {
		t.Parallel()

		for _, c := range [][2]string{
			{order.ChargeRefunded, aDispute}, {order.DisputeCreated, aPart}, {order.ChargeRefunded, `null`}, {order.ChargeRefunded, `[]`},
			{order.RefundFailed, aPart}, {order.DisputeClosed, aPart}, {order.PaymentSucceeded, aPart},
			{order.ChargeRefunded, `{"object":"checkout.session","id":"cs_1"}`}, {order.ChargeRefunded, `{"object":"charge","amount_refunded":1.5}`},
		} {
			payload := `{"id":"evt_1","type":"` + c[0] + `","created":1,"data":{"object":` + c[1] + `}}`
			if e, err := order.ParseEvent([]byte(payload), start); !errors.Is(err, order.ErrMalformed) {
				t.Errorf("%s of %s: %+v, %v", c[0], c[1], e, err)
			}
		}
	})

	t.Run("may have fields that no session could have", func(t *testing.T) {
		t.Parallel()

		c, err := charged(t, "evt_1", order.ChargeRefunded, `{"object":"charge","payment_intent":"pi_1","metadata":[],"mode":7,"created":"today"}`, 0).Charge()
		if err != nil || c.PaymentIntent != "pi_1" {
			t.Errorf("%+v, %v", c, err)
		}
	})

	t.Run("is not what an event of a session speaks of, nor the other way round", func(t *testing.T) {
		t.Parallel()

		if c, err := event(t, "completed_paid", nil).Charge(); !errors.Is(err, order.ErrMalformed) {
			t.Errorf("%+v, %v", c, err)
		}
		refund := event(t, "charge_refunded", nil)
		if id, _, err := refund.Session(); !errors.Is(err, order.ErrMalformed) {
			t.Errorf("session %q, %v", id, err)
		}
		if o, err := order.New(refund, start); !errors.Is(err, order.ErrMalformed) {
			t.Errorf("it makes order %+v, %v", o, err)
		}
	})
}

func TestReversal(t *testing.T) {
	t.Parallel()

	paid := event(t, "completed_paid", nil)
	for name, c := range map[string]struct {
		events []order.Event
		want   order.Reversal
	}{
		"no charge": {nil, order.Reversal{}},
		"a part":    {[]order.Event{charged(t, "evt_a", order.ChargeRefunded, aPart, 1)}, order.Reversal{Refunded: 1000}},
		"two parts, told the wrong way round": {[]order.Event{
			charged(t, "evt_a", order.ChargeRefunded, aPart, 2), charged(t, "evt_b", order.ChargeRefunded, morePart, 1),
		}, order.Reversal{Refunded: 2000}},
		"a part, and then all of it": {[]order.Event{
			charged(t, "evt_a", order.ChargeRefunded, aPart, 1), charged(t, "evt_b", order.ChargeRefunded, theWhole, 1),
		}, order.Reversal{Refunded: 4900, RefundedWholly: true}},
		"disputed twice": {[]order.Event{
			charged(t, "evt_b", order.DisputeCreated, aDispute, 1), charged(t, "evt_a", order.DisputeCreated, aDispute2, 2),
		}, order.Reversal{Disputed: true, DisputedAmount: 4800, DisputeReason: "duplicate", Dispute: order.DisputeOpen, Withdrawn: 9700}},
		"refunded in part, and disputed": {[]order.Event{
			charged(t, "evt_a", order.ChargeRefunded, aPart, 1), charged(t, "evt_b", order.DisputeCreated, aDispute, 1),
		}, order.Reversal{Refunded: 1000, Disputed: true, DisputedAmount: 4900, DisputeReason: "fraudulent", Dispute: order.DisputeOpen, Withdrawn: 4900}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			alone := placed(t, paid).Facts
			for _, p := range permutations(c.events) {
				got := placed(t, append([]order.Event{paid}, p...)...).Facts
				if d := cmp.Diff(c.want, got.Reversal); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
				got.Reversal = order.Reversal{}
				if d := cmp.Diff(alone, got); d != "" {
					t.Errorf("a charge changes what the session says (-alone +with it):\n%s", d)
				}
			}
		})
	}
}

func TestChargesArePlannedEachByItself(t *testing.T) {
	t.Parallel()

	second, first := charged(t, "evt_a", order.ChargeRefunded, morePart, 2), charged(t, "evt_b", order.ChargeRefunded, aPart, 1)
	dispute := charged(t, "evt_c", order.DisputeCreated, aDispute, 3)
	plans := func(o *order.Order) []order.Reason {
		var made []order.Reason
		for r, waits := o.Unplanned(); waits; r, waits = o.Unplanned() {
			made = append(made, r)
			o.Plan(r, nil, start)
		}
		return made
	}

	t.Run("after that of the payment, the oldest first", func(t *testing.T) {
		t.Parallel()

		o := placed(t, event(t, "completed_paid", nil), dispute, second, first)
		if d := cmp.Diff([]order.Reason{order.ForPaid, "refund_evt_b", "refund_evt_a", "dispute_evt_c"}, plans(o)); d != "" {
			t.Errorf("plans (-want +got):\n%s", d)
		}
		if o.NextDueAt != nil {
			t.Errorf("something is due at %v", o.NextDueAt)
		}
		again, err := o.Add(first, start)
		if _, waits := o.Unplanned(); again || err != nil || waits {
			t.Errorf("a redelivery is new: %v, waits %v, %v", again, waits, err)
		}
	})

	t.Run("without one of a payment, and the payment's when it comes", func(t *testing.T) {
		t.Parallel()

		o := placed(t, event(t, "completed_unpaid", nil), first)
		if d := cmp.Diff([]order.Reason{"refund_evt_b"}, plans(o)); d != "" {
			t.Errorf("plans (-want +got):\n%s", d)
		}
		_, err := o.Add(event(t, "async_payment_succeeded", nil), start)
		must(t, err)
		if d := cmp.Diff([]order.Reason{order.ForPaid}, plans(o)); d != "" {
			t.Errorf("plans (-want +got):\n%s", d)
		}
	})

	t.Run("before that of the payment, while the items are unknown", func(t *testing.T) {
		t.Parallel()

		o := placed(t, event(t, "completed_paid", nil), first)
		next := func(now time.Time, want order.Reason, due time.Time) {
			t.Helper()
			if r, _ := o.Plannable(now); r != want || o.NextDueAt == nil || !o.NextDueAt.Equal(due) {
				t.Errorf("to plan is %q, want %q; due at %v, want %v", r, want, o.NextDueAt, due)
			}
		}
		grace, later := start.Add(order.DispatchGrace), start.Add(time.Hour)
		next(start, order.ForPaid, grace)
		o.FetchFailed("away", later, start)
		next(start, "refund_evt_b", grace)
		next(later, order.ForPaid, grace)
		o.Plan("refund_evt_b", nil, start)
		next(start, "", later)
		next(later, order.ForPaid, later)
	})

	t.Run("and alone, when the items are not fetched any more", func(t *testing.T) {
		t.Parallel()

		o := placed(t, event(t, "completed_paid", nil), first)
		for at := start; o.Fetch.FailedAt.IsZero(); at = at.Add(order.Horizon) {
			o.FetchFailed("away", at, at)
		}
		if d := cmp.Diff([]order.Reason{"refund_evt_b"}, plans(o)); d != "" || o.Awaits(order.ForPaid) || o.NextDueAt != nil {
			t.Errorf("due at %v, plans (-want +got):\n%s", o.NextDueAt, d)
		}
		_, err := o.Add(second, start)
		must(t, err)
		if d := cmp.Diff([]order.Reason{"refund_evt_a"}, plans(o)); d != "" {
			t.Errorf("a refund is no news of what was bought; plans (-want +got):\n%s", d)
		}
		_, err = o.Add(event(t, "async_payment_succeeded", nil), start)
		must(t, err)
		if d := cmp.Diff([]order.Reason{order.ForPaid}, plans(o)); d != "" {
			t.Errorf("after an event of the session, plans (-want +got):\n%s", d)
		}
	})
}

func BenchmarkParseCharge(b *testing.B) {
	payload, err := sample.Event("charge_refunded")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := order.ParseEvent(payload, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}
