package order_test

import (
	"slices"
	"testing"
	"time"

	"handler/function/internal/order"
)

// accept has SendGrid accept the receipt at the start, with that status, and awaits an event.
func accept(t *testing.T, status int) *order.Order {
	t.Helper()
	o := planned(t)
	must(t, o.Claim(key, "one", lease, start))
	must(t, o.MarkSent(key, "one", "m1", status, start))
	o.AwaitEvent(key, start)
	return o
}

func TestUnheard(t *testing.T) {
	t.Parallel()

	end := start.Add(order.HearPatience)

	t.Run("is an e-mail without an event for six hours, at which it is due", func(t *testing.T) {
		t.Parallel()

		o := accept(t, 202)
		if o.NextDueAt == nil || !o.NextDueAt.Equal(end) || len(o.Due(end)) != 0 {
			t.Errorf("due at %v, to be sent %v", o.NextDueAt, o.Due(end))
		}
		if early, late := o.Silent(end.Add(-1)), o.Silent(end); early != nil || !slices.Equal(late, []string{key}) || o.Unheard(key) {
			t.Errorf("silent before %v, and at the end %v", early, late)
		}
		o.MarkUnheard(key, end)
		o.AwaitEvent(key, end)
		if !o.Unheard(key) || o.NextDueAt != nil || o.Silent(end.Add(1000*time.Hour)) != nil {
			t.Errorf("it is due at %v: %+v", o.NextDueAt, o.Emails[key])
		}
	})

	for _, kind := range order.ArrivalKinds() {
		t.Run("ends with an event "+string(kind), func(t *testing.T) {
			t.Parallel()

			o := accept(t, 202)
			arrive(t, o, start, heard(kind, 1, "m1"))
			if o.NextDueAt != nil || o.Silent(end) != nil {
				t.Errorf("still awaited until %v", o.NextDueAt)
			}
			o = accept(t, 202)
			o.MarkUnheard(key, end)
			arrive(t, o, end, heard(kind, 1, "m1"))
			if o.Unheard(key) || o.NextDueAt != nil {
				t.Errorf("still unheard: %+v", o.Emails[key])
			}
		})
	}

	t.Run("is nothing of which an event came first, nor what the sandbox took", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		arrive(t, o, start, heard(order.Processed, 0, "m1"))
		must(t, o.MarkSent(key, "one", "m1", 202, start))
		o.AwaitEvent(key, start)
		if o.NextDueAt != nil {
			t.Errorf("awaited until %v", o.NextDueAt)
		}
		if o = accept(t, 200); o.NextDueAt != nil {
			t.Errorf("of the sandbox, awaited until %v", o.NextDueAt)
		}
	})

	t.Run("is over once a copy was sent, until that is unheard too", func(t *testing.T) {
		t.Parallel()

		o := accept(t, 202)
		o.MarkUnheard(key, end)
		copies, err := o.Resend(key, order.Again{Call: "0000000a", Template: func(e order.Email) (string, string) { return e.Template, "" }}, end)
		must(t, err)
		if !o.Unheard(key) {
			t.Error("it is over before the copy is sent")
		}
		must(t, o.Claim(copies[0], "two", lease, end))
		must(t, o.MarkSent(copies[0], "two", "m2", 202, end))
		if o.AwaitEvent(copies[0], end); o.Unheard(key) {
			t.Error("the copy is sent, and it is not over")
		}
		if o.MarkUnheard(copies[0], end.Add(order.HearPatience)); !o.Unheard(key) || !o.Unheard(copies[0]) {
			t.Error("the copy is unheard, and it is over")
		}
	})
}

// A payment that stays pending longer than any bank debit takes is due once.
func TestStillUnpaid(t *testing.T) {
	t.Parallel()

	unpaid := event(t, "completed_unpaid", nil)
	o := placed(t, unpaid)
	end := start.Add(order.LongestDebit)
	if r, can := o.Plannable(end.Add(-1)); can || !o.NextDueAt.Equal(end) {
		t.Errorf("due at %v, before for %q", o.NextDueAt, r)
	}
	if _, waits := o.Unplanned(); waits {
		t.Error("it waits for a plan")
	}
	if r, can := o.Plannable(end); !can || r != order.ForStillUnpaid || !o.Awaits(r) {
		t.Errorf("at the end it is for %q", r)
	}
	o.Plan(order.ForStillUnpaid, nil, end)
	if r, can := o.Plannable(end); can || o.Awaits(order.ForStillUnpaid) || o.NextDueAt != nil {
		t.Errorf("again for %q, due at %v", r, o.NextDueAt)
	}
	for name, o := range map[string]*order.Order{
		"paid":     placed(t, unpaid, event(t, "async_payment_succeeded", nil)),
		"declined": placed(t, unpaid, event(t, "async_payment_failed", nil)),
	} {
		if o.Awaits(order.ForStillUnpaid) {
			t.Errorf("%s, and still unpaid", name)
		}
	}
}
