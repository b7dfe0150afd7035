package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

func TestHistory(t *testing.T) {
	t.Parallel()

	at := func(second int) time.Time { return today.Add(time.Duration(second) * time.Second) }
	customer := []order.Address{{Email: "jenny@example.com"}}

	t.Run("tells all that happened, the first thing first", func(t *testing.T) {
		t.Parallel()

		o := &order.Order{
			ID: "cs_test_1",
			Events: map[string]order.Event{
				"evt_2": {Type: order.AsyncPaymentSucceeded, ReceivedAt: at(2)},
				"evt_1": {Type: order.Completed, ReceivedAt: at(1)},
			},
			Items: []order.Item{{Quantity: 2, Description: "E-book"}, {Quantity: 1, Description: "Course"}},
			Fetch: order.Fetch{DoneAt: at(3)},
			Plans: map[order.Reason]time.Time{order.ForPaid: at(4)},
			Emails: map[string]order.Delivery{
				"ebook/later": {State: order.Planned, PlannedAt: at(5), DueAt: at(3600)},
				"ebook/link": {State: order.Sent, PlannedAt: at(4), SentAt: at(7),
					Email: order.Email{To: append(customer, order.Address{Email: "office@example.com"})}},
				"course/key": {State: order.Failed, PlannedAt: at(4), FailedAt: at(6), LastError: "no such template"},
				"ebook/much": {State: order.Cancelled, PlannedAt: at(5), CancelledAt: at(8), LastError: "refunded"},
			},
		}
		want := []string{
			"1 stored checkout.session.completed in order cs_test_1",
			"2 stored checkout.session.async_payment_succeeded in order cs_test_1",
			"3 fetched what was bought: 2 × E-book, 1 × Course",
			"4 planned 2 e-mails (paid)",
			"6 failed course/key: no such template",
			"7 sent ebook/link to jenny@example.com, office@example.com",
			"8 cancelled ebook/much: refunded",
		}
		if diff := cmp.Diff(want, tell(o, today)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("leaves out what happened before", func(t *testing.T) {
		t.Parallel()

		o := &order.Order{
			ID:     "cs_test_1",
			Events: map[string]order.Event{"evt_1": {Type: order.Completed, ReceivedAt: at(1)}, "evt_2": {Type: order.ChargeRefunded, ReceivedAt: at(60)}},
			Fetch:  order.Fetch{DoneAt: at(1)},
			Plans:  map[order.Reason]time.Time{order.ForPaid: at(1)},
			Emails: map[string]order.Delivery{
				"a": {State: order.Sent, PlannedAt: at(1), SentAt: at(1), Email: order.Email{To: customer}},
				"b": {State: order.Cancelled, PlannedAt: at(1), CancelledAt: at(61), LastError: "refunded"},
			},
		}
		want := []string{"60 stored charge.refunded in order cs_test_1", "61 cancelled b: refunded"}
		if diff := cmp.Diff(want, tell(o, at(60))); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("does not tell of items that were not fetched", func(t *testing.T) {
		t.Parallel()

		o := &order.Order{ID: "cs_test_1", Events: map[string]order.Event{"evt_1": {Type: order.Completed, ReceivedAt: at(1)}}}
		want := []string{"1 stored checkout.session.completed in order cs_test_1"}
		if diff := cmp.Diff(want, tell(o, today)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("tells the cause before the effect where both came at once", func(t *testing.T) {
		t.Parallel()

		o := &order.Order{
			ID:     "cs_test_1",
			Events: map[string]order.Event{"evt_1": {Type: order.Completed, ReceivedAt: at(1)}},
			Fetch:  order.Fetch{DoneAt: at(1)},
			Plans:  map[order.Reason]time.Time{order.ForPaid: at(1)},
			Emails: map[string]order.Delivery{"a": {State: order.Sent, PlannedAt: at(1), SentAt: at(1), Email: order.Email{To: customer}}},
		}
		want := []string{
			"1 stored checkout.session.completed in order cs_test_1",
			"1 fetched what was bought: ",
			"1 planned 1 e-mail (paid)",
			"1 sent a to jenny@example.com",
		}
		if diff := cmp.Diff(want, tell(o, today)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("is empty for an empty order", func(t *testing.T) {
		t.Parallel()

		if got := history(&order.Order{}, today); len(got) != 0 {
			t.Errorf("%v", got)
		}
	})
}

// tell is a history as lines, each with its second of today.
func tell(o *order.Order, since time.Time) []string {
	var lines []string
	for _, h := range history(o, since) {
		lines = append(lines, fmt.Sprintf("%.0f %s", h.at.Sub(today).Seconds(), h.what))
	}
	return lines
}

func TestPending(t *testing.T) {
	t.Parallel()

	due := today.Add(time.Hour)
	email := func(s order.State) map[string]order.Delivery {
		return map[string]order.Delivery{"a": {State: s, DueAt: due, Email: order.Email{To: []order.Address{{Email: "jenny@example.com"}}}}}
	}
	goes := []string{"a goes to jenny@example.com at " + due.Local().Format(time.DateTime)}
	for name, c := range map[string]struct {
		order order.Order
		want  []string
	}{
		"nothing of what is sent": {order.Order{Emails: email(order.Sent)}, nil},
		"an e-mail for later":     {order.Order{Emails: email(order.Planned)}, goes},
		"an e-mail tried again":   {order.Order{Emails: email(order.Retry)}, goes},
		"why an order gets none":  {order.Order{Ignored: "no series"}, []string{"no e-mail goes out: no series"}},
		"what a bank debit awaits": {order.Order{ID: "cs_1", Facts: order.Facts{PaymentStatus: order.Unpaid}}, []string{
			"no e-mail goes out before the bank debit is paid or declined:",
			"make buy EVENT=async_payment_succeeded SESSION=cs_1", "make buy EVENT=async_payment_failed SESSION=cs_1"}},
		"nothing of a debit that was declined": {order.Order{Facts: order.Facts{PaymentStatus: order.Unpaid, PaymentFailed: true}}, nil},
	} {
		t.Run("tells "+name, func(t *testing.T) {
			t.Parallel()

			if d := cmp.Diff(c.want, pending(&c.order)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
