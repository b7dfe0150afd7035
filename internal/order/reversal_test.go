package order_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

// refund and dispute are events of one refund or dispute, so many seconds after start.
func refund(t *testing.T, id, eventType, of, status string, amount int64, seconds int) order.Event {
	t.Helper()
	return charged(t, id, eventType, fmt.Sprintf(
		`{"object":"refund","id":"%s","payment_intent":"pi_1","amount":%d,"currency":"usd","status":"%s","failure_reason":"unknown"}`, of, amount, status), seconds)
}

func dispute(t *testing.T, id, eventType, of, status string, seconds int) order.Event {
	t.Helper()
	return charged(t, id, eventType, fmt.Sprintf(
		`{"object":"dispute","id":"%s","payment_intent":"pi_1","amount":4900,"currency":"usd","status":"%s","reason":"general"}`, of, status), seconds)
}

// moneyCases are what may become of a payment of 4900, with what comes of it and the news that the
// admins are told.
func moneyCases(t *testing.T) map[string]moneyCase {
	t.Helper()
	of := func(events ...order.Event) []order.Event { return events }
	refunded := func(id, object string, seconds int) order.Event {
		return charged(t, id, order.ChargeRefunded, object, seconds)
	}
	failed := func(id, of string, amount int64, seconds int) order.Event {
		return refund(t, id, order.RefundFailed, of, "failed", amount, seconds)
	}
	asked := func(seconds int) order.Event {
		return dispute(t, "evt_a", order.DisputeCreated, "dp_1", "warning_needs_response", seconds)
	}
	opened := func(seconds int) order.Event {
		return dispute(t, "evt_b", order.DisputeCreated, "dp_1", "needs_response", seconds)
	}
	closed := func(status string, seconds int) order.Event {
		return dispute(t, "evt_z", order.DisputeClosed, "dp_1", status, seconds)
	}
	real := func(state order.DisputeState, withdrawn int64) order.Reversal {
		return order.Reversal{Disputed: true, DisputedAmount: 4900, DisputeReason: "general", Dispute: state, Withdrawn: withdrawn}
	}
	none := order.Reversal{}
	whole := order.Reversal{Refunded: 4900, RefundedWholly: true}
	return map[string]moneyCase{
		"a refund that fails": {of(refunded("evt_a", theWhole, 1), failed("evt_b", "re_1", 4900, 9)), none,
			[]order.Reason{"refund_evt_a", "refundfailed_re_1"}},
		"a refund that fails within the second": {of(refunded("evt_b", theWhole, 1), failed("evt_a", "re_1", 4900, 1)), none,
			[]order.Reason{"refund_evt_b", "refundfailed_re_1"}},
		"a failure that three events say": {of(refunded("evt_a", theWhole, 1), failed("evt_b", "re_1", 4900, 9),
			refund(t, "evt_c", order.RefundUpdated, "re_1", "failed", 4900, 9),
			refund(t, "evt_d", order.ChargeRefundUpdated, "re_1", "failed", 4900, 10)), none,
			[]order.Reason{"refund_evt_a", "refundfailed_re_1"}},
		"a refund that is cancelled": {of(refunded("evt_a", theWhole, 1), refund(t, "evt_b", order.RefundUpdated, "re_1", "canceled", 4900, 9)), none,
			[]order.Reason{"refund_evt_a", "refundfailed_re_1"}},
		"a refund that is news of nothing": {of(refunded("evt_a", theWhole, 1), refund(t, "evt_b", order.RefundUpdated, "re_1", "succeeded", 4900, 9)), whole,
			[]order.Reason{"refund_evt_a"}},
		"a part that fails, and then all of it": {of(refunded("evt_a", aPart, 1), failed("evt_b", "re_1", 1000, 5), refunded("evt_c", theWhole, 9)), whole,
			[]order.Reason{"refund_evt_a", "refundfailed_re_1", "refund_evt_c"}},
		"two parts, of which the first fails": {of(refunded("evt_a", aPart, 1), refunded("evt_b", morePart, 5), failed("evt_c", "re_1", 1000, 9)),
			order.Reversal{Refunded: 1000}, []order.Reason{"refund_evt_a", "refund_evt_b", "refundfailed_re_1"}},
		"two refunds that fail": {of(refunded("evt_a", theWhole, 1), failed("evt_b", "re_1", 1000, 5), failed("evt_c", "re_2", 3900, 9)), none,
			[]order.Reason{"refund_evt_a", "refundfailed_re_1", "refundfailed_re_2"}},
		"a failure without its refund": {of(failed("evt_b", "re_1", 4900, 9)), none, []order.Reason{"refundfailed_re_1"}},

		"an inquiry":             {of(asked(1)), order.Reversal{Dispute: order.Inquiry}, []order.Reason{"inquiry_dp_1"}},
		"an inquiry that closes": {of(asked(1), closed("warning_closed", 9)), order.Reversal{Dispute: order.InquiryClosed}, []order.Reason{"inquiryclosed_dp_1"}},
		"an inquiry that becomes a dispute": {of(asked(1), dispute(t, "evt_b", order.DisputeUpdated, "dp_1", "needs_response", 5)),
			real(order.DisputeOpen, 4900), []order.Reason{"dispute_dp_1"}},
		"an inquiry whose money is taken": {of(asked(1), dispute(t, "evt_b", order.DisputeWithdrawn, "dp_1", "warning_under_review", 5)),
			real(order.DisputeOpen, 4900), []order.Reason{"dispute_dp_1"}},
		"a dispute that many events say": {of(opened(1), dispute(t, "evt_c", order.DisputeWithdrawn, "dp_1", "needs_response", 1),
			dispute(t, "evt_d", order.DisputeUpdated, "dp_1", "under_review", 5)), real(order.DisputeOpen, 4900), []order.Reason{"dispute_dp_1"}},
		"a dispute that is won": {of(opened(1), closed("won", 9), dispute(t, "evt_c", order.DisputeReinstated, "dp_1", "won", 9)),
			real(order.DisputeWon, 0), []order.Reason{"won_dp_1"}},
		"a dispute that is won within the second": {of(dispute(t, "evt_z", order.DisputeUpdated, "dp_1", "under_review", 1),
			dispute(t, "evt_a", order.DisputeClosed, "dp_1", "won", 1)), real(order.DisputeWon, 0), []order.Reason{"won_dp_1"}},
		"a dispute that is lost":      {of(opened(1), closed("lost", 9)), real(order.DisputeLost, 4900), []order.Reason{"lost_dp_1"}},
		"a dispute that is prevented": {of(closed("prevented", 9)), real(order.DisputeLost, 4900), []order.Reason{"lost_dp_1"}},
		"a dispute that is lost, with a part of the money back": {of(opened(1), closed("lost", 9),
			dispute(t, "evt_c", order.DisputeReinstated, "dp_1", "lost", 10)), real(order.DisputeLost, 4900), []order.Reason{"lost_dp_1"}},
		"a dispute that is lost, and then won": {of(opened(1), closed("lost", 5), dispute(t, "evt_c", order.DisputeReinstated, "dp_1", "won", 9)),
			real(order.DisputeWon, 0), []order.Reason{"won_dp_1"}},
		"two disputes, of which one is won": {of(opened(1), closed("won", 9), dispute(t, "evt_c", order.DisputeCreated, "dp_2", "needs_response", 5)),
			real(order.DisputeOpen, 4900), []order.Reason{"dispute_dp_2", "won_dp_1"}},
		"a dispute of a forgotten order, which has no ID": {of(charged(t, "evt_a", order.DisputeCreated,
			`{"object":"dispute","payment_intent":"pi_1","amount":4900,"currency":"usd","reason":"general"}`, 1)),
			real(order.DisputeOpen, 4900), []order.Reason{"dispute_evt_a"}},
		"a dispute whose ID is no name of a field": {of(dispute(t, "evt_a", order.DisputeCreated, "dp.$1", "needs_response", 1)),
			real(order.DisputeOpen, 4900), []order.Reason{"dispute_evt_a"}},
	}
}

type moneyCase struct {
	events []order.Event
	want   order.Reversal
	news   []order.Reason
}

func TestMoneyIsAFunctionOfItsEvents(t *testing.T) {
	t.Parallel()

	paid := event(t, "completed_paid", nil)
	for name, c := range moneyCases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			for _, p := range permutations(c.events) {
				p = append(p, p...) // each is told again
				o := placed(t, append([]order.Event{paid}, p...)...)
				if d := cmp.Diff(c.want, o.Reversal); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
				if got := reasons(o); !slices.Equal(got, c.news) {
					t.Errorf("news %q, want %q", got, c.news)
				}
				if got := stored(t, append([]order.Event{paid}, p...)); !cmp.Equal(got.Facts, o.Facts) || !slices.Equal(reasons(got), c.news) {
					t.Errorf("read from the database in between, news %q and\n%s", reasons(got), cmp.Diff(o.Facts, got.Facts))
				}
				must(t, o.Forget("", start))
				if got := reasons(o); o.Reversal != c.want || len(got) != len(c.news) {
					t.Errorf("forgotten: %+v, news %q", o.Reversal, got)
				}
			}
		})
	}
}

// reasons are those of the order's news.
func reasons(o *order.Order) []order.Reason {
	var all []order.Reason
	for _, n := range o.News() {
		all = append(all, n.Reason())
	}
	return all
}

// Whatever came in which sequence, the admins are told each fact once, and no fact that is not so.
func TestNewsIsToldOnce(t *testing.T) {
	t.Parallel()

	paid := event(t, "completed_paid", nil)
	for name, c := range moneyCases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			for _, p := range permutations(c.events) {
				o := placed(t, paid)
				for _, e := range append(p, p...) {
					_, err := o.Add(e, start)
					must(t, err)
					for r, waits := o.Unplanned(); waits; r, waits = o.Unplanned() {
						if _, of := o.NewsOf(r); !of && !r.OfPayment() {
							t.Errorf("%s is a plan of nothing", r)
						}
						o.Plan(r, nil, start)
					}
				}
				for _, r := range c.news {
					if !o.Planned(r) {
						t.Errorf("%s is not told after %v", r, ids(p))
					}
				}
			}
		})
	}
}

func ids(events []order.Event) []string {
	var all []string
	for _, e := range events {
		all = append(all, e.ID)
	}
	return all
}

func TestDisputeThatAnOlderVersionToldOf(t *testing.T) {
	t.Parallel()

	o := placed(t, event(t, "completed_paid", nil), dispute(t, "evt_a", order.DisputeCreated, "dp_1", "needs_response", 1))
	for _, r := range []order.Reason{order.ForPaid, "dispute_evt_a"} {
		o.Plan(r, nil, start)
	}
	if r, waits := o.Unplanned(); waits {
		t.Errorf("it is told again: %s", r)
	}
	_, err := o.Add(dispute(t, "evt_b", order.DisputeClosed, "dp_1", "lost", 9), start)
	must(t, err)
	if r, _ := o.Unplanned(); r != "lost_dp_1" {
		t.Errorf("its end is not told: %q", r)
	}

	asked := placed(t, event(t, "completed_paid", nil), dispute(t, "evt_a", order.DisputeCreated, "dp_1", "warning_needs_response", 1))
	for _, r := range []order.Reason{order.ForPaid, "dispute_evt_a"} {
		asked.Plan(r, nil, start)
	}
	if r, waits := asked.Unplanned(); waits {
		t.Errorf("an inquiry is told again: %s", r)
	}
}

func TestMoneyThatIsBackAgain(t *testing.T) {
	t.Parallel()

	sold := func(t *testing.T, events ...order.Event) *order.Order {
		t.Helper()
		o := placed(t, append([]order.Event{event(t, "completed_paid", nil)}, events...)...)
		o.Plan(order.ForPaid, []order.Email{receipt(start)}, start)
		return o
	}
	add := func(t *testing.T, o *order.Order, e order.Event) {
		t.Helper()
		_, err := o.Add(e, start)
		must(t, err)
	}
	failure := refund(t, "evt_failed", order.RefundFailed, "re_1", "failed", 4900, 9)

	t.Run("does not send what was cancelled", func(t *testing.T) {
		t.Parallel()

		for _, back := range []order.Event{failure, dispute(t, "evt_won", order.DisputeClosed, "dp_1", "won", 9)} {
			o := sold(t)
			if back.ID == "evt_failed" {
				reverse(t, o)
			} else {
				add(t, o, dispute(t, "evt_open", order.DisputeCreated, "dp_1", "needs_response", 1))
			}
			add(t, o, back)
			if got := o.Stopped(); o.CameBack() != 0 || len(got) != 1 || got[0] != key {
				t.Errorf("after %s, %d came back, and stopped is %q", back.Type, o.CameBack(), got)
			}
		}
	})

	t.Run("nor what was being sent when it was refunded", func(t *testing.T) {
		t.Parallel()

		o := sold(t)
		must(t, o.Claim(key, "one", lease, start))
		reverse(t, o)
		add(t, o, failure)
		must(t, o.MarkRetry(key, "one", order.Setback{Status: 503}, start, start))
		if d := o.Emails[key]; d.State != order.Cancelled || d.LastError != "refunded" {
			t.Errorf("it is %s %q", d.State, d.LastError)
		}
	})

	t.Run("but what is planned from then on, and until it is refunded again", func(t *testing.T) {
		t.Parallel()

		o := placed(t, event(t, "completed_paid", nil))
		reverse(t, o)
		add(t, o, failure)
		o.Plan(order.ForPaid, []order.Email{receipt(start)}, start)
		if d := o.Emails[key]; d.State != order.Planned {
			t.Errorf("it is %s %q", d.State, d.LastError)
		}
		add(t, o, charged(t, "evt_again", order.ChargeRefunded, theWhole, 20))
		if d := o.Emails[key]; d.State != order.Cancelled {
			t.Errorf("refunded again, it is %s", d.State)
		}
	})

	t.Run("and an inquiry stops nothing", func(t *testing.T) {
		t.Parallel()

		o := sold(t)
		add(t, o, dispute(t, "evt_ask", order.DisputeCreated, "dp_1", "warning_needs_response", 1))
		if !o.InquiryOnly() || o.DisputedNow() || o.CameBack() != 0 || o.Emails[key].State != order.Planned {
			t.Errorf("%+v, it is %s", o.Reversal, o.Emails[key].State)
		}
		add(t, o, dispute(t, "evt_took", order.DisputeUpdated, "dp_1", "needs_response", 2))
		if o.InquiryOnly() || !o.DisputedNow() || o.Net() != 0 || o.Emails[key].State != order.Cancelled {
			t.Errorf("%+v, it is %s", o.Reversal, o.Emails[key].State)
		}
	})
}

func TestCapture(t *testing.T) {
	t.Parallel()

	captured := event(t, "payment_captured", nil)
	unpaid, paid := event(t, "completed_unpaid", nil), event(t, "async_payment_succeeded", nil)

	t.Run("makes an order paid that was completed unpaid, from then on", func(t *testing.T) {
		t.Parallel()

		o := placed(t, unpaid, captured)
		if r, _ := o.Unplanned(); o.PaymentStatus != order.Paid || !o.PaidAt.Equal(captured.Created) || r != order.ForPaid {
			t.Errorf("%s, paid at %v; %q is to be planned", o.PaymentStatus, o.PaidAt, r)
		}
	})

	t.Run("is one plan, in any sequence with what else says so", func(t *testing.T) {
		t.Parallel()

		for _, p := range permutations([]order.Event{unpaid, captured, paid}) {
			if p[0].ID == captured.ID {
				continue // it makes no order
			}
			o := placed(t, p...)
			if o.PaymentStatus != order.Paid || o.PaidAt.IsZero() || !slices.Equal(reasons(o), nil) {
				t.Errorf("%v: %s, paid at %v", ids(p), o.PaymentStatus, o.PaidAt)
			}
			o.Plan(order.ForPaid, nil, start)
			if r, waits := o.Unplanned(); waits {
				t.Errorf("%v: a second plan, %s", ids(p), r)
			}
		}
	})

	t.Run("is news only where it was made by hand", func(t *testing.T) {
		t.Parallel()

		for object, want := range map[string]bool{
			`{"object":"payment_intent","id":"pi_1","capture_method":"manual"}`:                                                                        true,
			`{"object":"payment_intent","id":"pi_1","capture_method":"automatic_async","payment_method_options":{"card":{"capture_method":"manual"}}}`: true,
			`{"object":"payment_intent","id":"pi_1","capture_method":"automatic","payment_method_options":{"card":{}}}`:                                false,
		} {
			if got := charged(t, "evt_1", order.PaymentSucceeded, object, 1).NoNews(); got == "" != want {
				t.Errorf("%s: %q", object, got)
			}
		}
	})
}

func TestNoNews(t *testing.T) {
	t.Parallel()

	for status, news := range map[string]bool{"failed": true, "canceled": true, "succeeded": false, "pending": false, "requires_action": false} {
		if got := refund(t, "evt_1", order.ChargeRefundUpdated, "re_1", status, 1, 1).NoNews(); got == "" != news {
			t.Errorf("a refund that is %s: %q", status, got)
		}
	}
	if got := charged(t, "evt_1", order.ChargeRefunded, aPart, 1).NoNews(); got != "" {
		t.Errorf("a refund: %q", got)
	}
}
