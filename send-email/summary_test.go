package function

import (
	"fmt"
	"testing"
	"time"

	"handler/function/internal/commands"
	"handler/function/internal/order"
	"handler/function/internal/view"
)

func TestSummary(t *testing.T) {
	t.Parallel()

	t.Run("has what was sold, and what there is to do", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.sendOrder(t, b.place(t, "completed_paid"))
		b.shelve(t, "cs_yesterday", "completed_two_products", 24*time.Hour, func(o *order.Order) { o.Fetch.FailedAt = b.clock })
		for id, ago := range map[string]time.Duration{"cs_stuck": time.Hour, "cs_due": time.Minute, "cs_later": -time.Minute} {
			b.shelve(t, id, "completed_jpy", 50*24*time.Hour, func(o *order.Order) {
				due := b.clock.Add(-ago)
				o.NextDueAt = &due
			})
		}
		s := asked[view.Summary](t, b, `{"summary": true}`)
		if today := s.Test[0]; today.Orders != 1 || today.Paid != 1 || today.Emails.Sent != 2 || len(today.Products) != 1 || today.Total[0].Formatted != "$49.00" {
			t.Errorf("today %+v", today)
		}
		if week := s.Test[1]; week.Orders != 2 || s.Test[2].Orders != 2 || s.Live[2].Orders != 0 {
			t.Errorf("seven days %+v", week)
		}
		if n := s.Now; n.Due != 2 || n.Stuck != 1 || n.AtLeast || n.OldestDue != 3600 || n.Failed != 1 {
			t.Errorf("now %+v", n)
		}
		if s.CountedSince != nil {
			t.Errorf("counted since %v only", s.CountedSince)
		}
	})

	t.Run("counts a delayed payment on the day on which it was paid", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		debit := func(id string, made, paid time.Duration) {
			b.shelve(t, id, "completed_paid", made, func(o *order.Order) { o.PaidAt = b.clock.Add(-paid) })
		}
		const day = 24 * time.Hour
		debit("cs_today", 10*day, time.Hour)
		debit("cs_month", 45*day, 25*day) // the longest that a debit takes
		debit("cs_before", 45*day, 31*day)
		s := asked[view.Summary](t, b, `{"summary": true}`)
		if today, month := s.Test[0], s.Test[2]; today.Paid != 1 || today.Orders != 0 || month.Paid != 2 || month.Orders != 1 {
			t.Errorf("today %+v, month %+v", today, month)
		}
	})

	t.Run("says how far it came where there are too many", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		for i := range 10 {
			b.shelve(t, fmt.Sprintf("cs_%d", i), "completed_paid", time.Duration(i)*time.Hour, nil)
		}
		began := b.clock
		b.now = func() time.Time { b.clock = b.clock.Add(10 * time.Second); return b.clock }
		s := asked[view.Summary](t, b, `{"summary": true}`)
		if s.CountedSince == nil || !s.CountedSince.Equal(began.Add(-2*time.Hour)) || s.Test[2].Orders != 3 {
			t.Errorf("counted since %v: %d orders", s.CountedSince, s.Test[2].Orders)
		}
	})

	t.Run("says so where the delayed payments are too many", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		const day = 24 * time.Hour
		for i := range 5 {
			b.shelve(t, fmt.Sprintf("cs_%d", i), "completed_paid", 40*day, func(o *order.Order) { o.PaidAt = b.clock.Add(-20 * day) })
		}
		b.now = func() time.Time { b.clock = b.clock.Add(10 * time.Second); return b.clock }
		s := asked[view.Summary](t, b, `{"summary": true}`)
		if s.CountedSince == nil || !s.CountedSince.Equal(s.Test[2].Since) || s.Test[2].Paid == 0 || s.Test[2].Paid == 5 {
			t.Errorf("counted since %v, want %v: %d paid", s.CountedSince, s.Test[2].Since, s.Test[2].Paid)
		}
	})

	t.Run("counts no more of what is due than it holds", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		b.shelve(t, "cs_due", "completed_paid", 0, func(o *order.Order) { o.NextDueAt = &o.CreatedAt })
		for i := range commands.MaxDue {
			o := b.memory.orders["cs_due"].Clone()
			o.ID = fmt.Sprintf("cs_%d", i)
			b.memory.orders[o.ID] = o
		}
		if s := asked[view.Summary](t, b, `{"summary": true}`); s.Now.Due != commands.MaxDue || !s.Now.AtLeast {
			t.Errorf("got %+v", s.Now)
		}
	})
}
