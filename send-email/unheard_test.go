package function

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/condition"
	"handler/function/internal/order"
	"handler/function/internal/view"
	"handler/function/internal/watch"
)

// sellOne places an order and sends its e-mails a minute later than what was sold before.
func (b *bench) sellOne(t *testing.T, event string) string {
	t.Helper()
	b.clock = b.clock.Add(time.Minute)
	id := b.place(t, event)
	b.memory.orders[id].CreatedAt = b.clock
	b.sendOrder(t, id)
	return id
}

// hearOf has SendGrid report on an e-mail.
func (b *bench) hearOf(t *testing.T, a account, id, key string) {
	t.Helper()
	b.tell(t, a, event("processed", id, key, "m9", b.clock))
}

func TestUnheard(t *testing.T) {
	t.Parallel()

	const told, silence = "notice/unheard/ebook/delivery", "has reported nothing of any since"

	t.Run("is told to the admins once if later e-mails are heard of, and is over with an event", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		silent := b.sellOne(t, "completed_paid")
		b.tell(t, a, event("delivered", silent, "ebook/sale", "m1", b.clock))
		later := b.sellOne(t, "completed_no_payment_required")
		b.tell(t, a, event("processed", later, delivery, "m3", b.clock), event("delivered", later, "ebook/sale", "m4", b.clock))
		b.clock = b.clock.Add(order.HearPatience - time.Minute - 1)
		b.invoke(`{"sweep":true}`)
		if !b.email(silent, delivery).UnheardAt.IsZero() {
			t.Error("it is unheard too early")
		}
		for range 3 {
			b.clock = b.clock.Add(time.Minute)
			b.invoke(`{"sweep":true}`)
		}
		o := b.memory.orders[silent]
		if got := view.StateOf(o, b.clock); !o.Unheard(delivery) || got != view.Unheard || o.Emails[told].State != order.Sent {
			t.Errorf("the order is %s, %v", got, b.stands(silent))
		}
		if sent := b.sendgrid.sent(); len(sent) != 5 || !slices.Contains(sent, told) {
			t.Errorf("sent %v", sent)
		}
		p := b.sendgrid.mails[4].Personalizations[0]
		notice, _ := p.Data["notice"].(map[string]any)
		want := "resend " + silent + " ebook/delivery --reason unheard"
		if p.To[0].Email != "owner@example.com" || notice["command"] != want || !strings.Contains(notice["text"].(string), "dropped it") {
			t.Errorf("the notice says %v", notice)
		}
		if _, told := b.memory.orders[later].Emails[told]; told || strings.Contains(b.logged.String(), silence) {
			t.Errorf("of the later one: %v; log: %s", told, b.logged)
		}
		b.tell(t, a, event("bounce", silent, delivery, "m1", b.clock))
		if o := b.memory.orders[silent]; o.Unheard(delivery) || view.StateOf(o, b.clock) == view.Unheard {
			t.Errorf("still unheard: %+v", o.Emails[delivery])
		}
	})

	t.Run("is not told of each if nothing is heard of", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		ids := []string{b.sellOne(t, "completed_paid"), b.sellOne(t, "completed_no_payment_required")}
		b.clock = b.clock.Add(order.HearPatience)
		b.invoke(`{"sweep":true}`)
		for _, id := range ids {
			if o := b.memory.orders[id]; !o.Unheard(delivery) || !o.Unheard("ebook/sale") || len(o.Emails) != 2 || o.NextDueAt != nil {
				t.Errorf("%s: %v, due at %v", id, b.stands(id), o.NextDueAt)
			}
		}
		if log := b.logged.String(); strings.Count(log, silence) != 4 {
			t.Errorf("log: %s", log)
		}
		wantCondition(t, b, true)
		b.tell(t, a, event("open", ids[0], delivery, "m1", b.clock))
		b.invoke(`{"sweep":true}`)
		wantCondition(t, b, true)
		b.tell(t, a, event("delivered", ids[0], delivery, "m1", b.clock))
		b.invoke(`{"sweep":true}`)
		wantCondition(t, b, false)
	})

	t.Run("is given more time by a visit that comes late, since no event could be stored before", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		silent := b.sellOne(t, "completed_paid")
		b.hearOf(t, a, b.sellOne(t, "completed_no_payment_required"), delivery)
		b.clock = b.clock.Add(10 * time.Hour)
		b.invoke(`{"sweep":true}`)
		if o := b.memory.orders[silent]; o.Unheard(delivery) || !o.NextDueAt.Equal(b.clock.Add(moreTime)) {
			t.Errorf("after an outage: %v, due at %v", b.stands(silent), o.NextDueAt)
		}
		b.clock = b.clock.Add(moreTime)
		b.invoke(`{"sweep":true}`)
		if s := b.stands(silent); !b.memory.orders[silent].Unheard(delivery) || s[told] == "" {
			t.Errorf("an hour later: %v", s)
		}
	})

	t.Run("makes no further notice where it is a notice", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		silent := b.sellOne(t, "completed_paid")
		later := b.sellOne(t, "completed_no_payment_required")
		b.tell(t, a, event("processed", later, delivery, "m3", b.clock), event("processed", silent, "ebook/sale", "m2", b.clock))
		for event, key := range map[string]string{"completed_two_products": delivery, "completed_jpy": "course/welcome", "completed_de": "default/receipt"} {
			b.clock = b.clock.Add(order.HearPatience)
			b.hearOf(t, a, b.sellOne(t, event), key)
			b.invoke(`{"sweep":true}`)
		}
		if d := cmp.Diff([]string{delivery, "ebook/sale", told}, keysOf(b.memory.orders[silent])); d != "" || !b.memory.orders[silent].Unheard(told) {
			t.Errorf("deliveries (-want +got):\n%s", d)
		}
	})

	t.Run("costs a sale that is heard of no write, and no look at other orders", func(t *testing.T) {
		t.Parallel()

		b, a := listening(t, false)
		id := b.sellOne(t, "completed_paid")
		before := b.memory.calls
		b.tell(t, a, event("processed", id, delivery, "m1", b.clock), event("processed", id, "ebook/sale", "m2", b.clock))
		if n := b.memory.calls - before; n != 1 || b.memory.orders[id].NextDueAt != nil {
			t.Errorf("%d calls of the database, and due at %v", n, b.memory.orders[id].NextDueAt)
		}
	})

	t.Run("is nothing where SendGrid's events are not used", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.sellOne(t, "completed_paid")
		if o := b.memory.orders[id]; o.NextDueAt != nil {
			t.Errorf("due at %v", o.NextDueAt)
		}
	})
}

// wantCondition wants the condition that SendGrid reports on nothing to be there, or not.
func wantCondition(t *testing.T, b *bench, want bool) {
	t.Helper()
	kept := watch.KeptIn(b.memory.orders[order.ConditionsID])
	active := kept.Active()
	if got := slices.ContainsFunc(active, func(c condition.Condition) bool { return c.Kind == condition.SendGridSilent }); got != want {
		t.Errorf("the conditions are %+v", active)
	}
}

func keysOf(o *order.Order) []string {
	var keys []string
	for key := range o.Emails {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// A payment that neither comes nor fails for longer than any bank debit takes is told once.
func TestStillUnpaid(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_unpaid")
	b.clock = b.clock.Add(order.LongestDebit - 1)
	b.invoke(`{"sweep":true}`)
	if sent := b.sendgrid.sent(); len(sent) != 0 {
		t.Errorf("too early: %v", sent)
	}
	for range 3 {
		b.clock = b.clock.Add(order.LongestDebit)
		b.invoke(`{"sweep":true}`)
	}
	if d := cmp.Diff([]string{"notice/still-unpaid"}, b.sendgrid.sent()); d != "" {
		t.Fatalf("sent (-want +got):\n%s", d)
	}
	notice, _ := b.sendgrid.mails[0].Personalizations[0].Data["notice"].(map[string]any)
	if text, _ := notice["text"].(string); !strings.Contains(text, "three weeks") || b.sendgrid.mails[0].Personalizations[0].To[0].Email != "owner@example.com" {
		t.Errorf("the notice says %v", notice)
	}
	b.place(t, "async_payment_succeeded")
	if r, waits := b.memory.orders[id].Unplanned(); !waits || r != order.ForPaid {
		t.Errorf("paid after all, it waits for %q", r)
	}
}
