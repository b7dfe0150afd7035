package order_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

func isMalformed(err error) bool { return errors.Is(err, order.ErrMalformed) }

const (
	key   = "ebook/delivery"
	lease = time.Minute
)

func receipt(notBefore time.Time) order.Email {
	return order.Email{Key: key, Template: "d-1", Audience: order.Customer, To: []order.Address{{Email: "ada@example.com"}}, NotBefore: notBefore}
}

// planned is a paid order that owes one e-mail.
func planned(t *testing.T) *order.Order {
	t.Helper()
	o := placed(t, event(t, "completed_paid", nil))
	o.SetItems([]order.Item{{ID: "li_1"}}, start)
	o.Plan(order.ForPaid, []order.Email{receipt(start)}, start)
	return o
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestClaim(t *testing.T) {
	t.Parallel()

	t.Run("is had by one", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		if err := o.Claim(key, "two", lease, start); !errors.Is(err, order.ErrNotDue) {
			t.Errorf("the second claimer got %v, want ErrNotDue", err)
		}
		must(t, o.Claim(key, "one", lease, start)) // again, since its answer was lost
		if n := o.Emails[key].Attempts; n != 1 {
			t.Errorf("%d attempts, want 1", n)
		}
	})

	t.Run("waits for its time", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		o.Owe([]order.Email{{Key: "ebook/later", To: []order.Address{{Email: "a@example.com"}}, NotBefore: start.Add(48 * time.Hour)}}, start)
		if err := o.Claim("ebook/later", "one", lease, start.Add(48*time.Hour-1)); !errors.Is(err, order.ErrNotDue) {
			t.Errorf("a moment early: got %v, want ErrNotDue", err)
		}
		must(t, o.Claim("ebook/later", "one", lease, start.Add(48*time.Hour)))
	})

	t.Run("may be taken over when its lease ran out, and is unsure then", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.Claim(key, "two", lease, start.Add(lease)))
		must(t, o.MarkSent(key, "two", "m2", 202, start.Add(lease)))
		if d := o.Emails[key]; d.State != order.Sent || !d.Unsure || d.Attempts != 2 {
			t.Errorf("got %+v, want it sent, unsure, after 2 attempts", d)
		}
	})

	t.Run("cannot be had of what is final, or not there", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkSent(key, "one", "m1", 202, start))
		if err := o.Claim(key, "two", lease, start.Add(time.Hour)); !errors.Is(err, order.ErrNotDue) {
			t.Errorf("a sent one: got %v, want ErrNotDue", err)
		}
		if err := o.Claim("ebook/none", "two", lease, start); !errors.Is(err, order.ErrNoDelivery) {
			t.Errorf("one that is not there: got %v, want ErrNoDelivery", err)
		}
	})
}

func TestMarkSent(t *testing.T) {
	t.Parallel()

	t.Run("is sure for the holder of the lease", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkSent(key, "one", "m1", 202, start))
		must(t, o.MarkSent(key, "one", "m1", 202, start)) // again, since its answer was lost
		if d := o.Emails[key]; d.Unsure || d.MessageID != "m1" || !d.SentAt.Equal(start) {
			t.Errorf("got %+v", d)
		}
		if o.NextDueAt != nil {
			t.Errorf("something is due at %v though all is sent", o.NextDueAt)
		}
	})

	t.Run("is believed of a holder whose lease is lost, and is unsure", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.Claim(key, "two", lease, start.Add(lease)))
		must(t, o.MarkSent(key, "one", "m1", 202, start.Add(lease)))
		if d := o.Emails[key]; d.State != order.Sent || !d.Unsure {
			t.Errorf("got %+v, want it sent and unsure", d)
		}
	})
}

func TestUnsureStays(t *testing.T) {
	t.Parallel()

	t.Run("when an acceptance comes after the delivery was given back", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkRetry(key, "one", order.Setback{Status: 503}, start, start))
		must(t, o.MarkSent(key, "one", "m1", 202, start))
		if d := o.Emails[key]; d.State != order.Sent || !d.Unsure {
			t.Errorf("got %+v, want it sent and unsure", d)
		}
	})

	t.Run("when a later attempt is answered", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkRetry(key, "one", order.Setback{Unsure: true}, start, start))
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkRetry(key, "one", order.Setback{Status: 503}, start, start))
		if !o.Emails[key].Unsure {
			t.Error("a plain refusal made it sure again")
		}
	})
}

func TestDueLongestFirst(t *testing.T) {
	t.Parallel()

	o := planned(t)
	to := []order.Address{{Email: "a@example.com"}}
	o.Owe([]order.Email{
		{Key: "b", To: to, NotBefore: start.Add(-time.Hour)},
		{Key: "a", To: to, NotBefore: start.Add(-time.Minute)},
		{Key: "c", To: to, NotBefore: start.Add(-2 * time.Hour)},
	}, start)
	if d := cmp.Diff([]string{"c", "b", "a", key}, o.Due(start)); d != "" {
		t.Errorf("due (-want +got):\n%s", d)
	}
}

func TestItemsAreSetOnce(t *testing.T) {
	t.Parallel()

	o := planned(t)
	o.SetItems([]order.Item{{ID: "li_other"}}, start.Add(time.Hour))
	o.FetchFailed("late", start.Add(time.Hour), start.Add(time.Hour))
	if o.Items[0].ID != "li_1" || o.Fetch.Attempts != 0 || !o.Fetch.DoneAt.Equal(start) {
		t.Errorf("items %v, fetch %+v", o.Items, o.Fetch)
	}
}

func TestSetbacks(t *testing.T) {
	t.Parallel()

	t.Run("a retry is due at its time and no earlier", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		at := start.Add(time.Hour)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkRetry(key, "one", order.Setback{Status: 503, Reason: "away"}, at, start))
		if o.NextDueAt == nil || !o.NextDueAt.Equal(at) {
			t.Errorf("next due at %v, want %v", o.NextDueAt, at)
		}
		if err := o.Claim(key, "two", lease, at.Add(-1)); !errors.Is(err, order.ErrNotDue) {
			t.Errorf("a moment early: %v, want ErrNotDue", err)
		}
		must(t, o.Claim(key, "two", lease, at))
		if o.Emails[key].Unsure {
			t.Error("unsure, though SendGrid had answered")
		}
	})

	t.Run("an attempt without an answer makes it unsure", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkRetry(key, "one", order.Setback{Reason: "EOF", Unsure: true}, start, start))
		must(t, o.Claim(key, "two", lease, start))
		must(t, o.MarkSent(key, "two", "m2", 202, start))
		if !o.Emails[key].Unsure {
			t.Error("not unsure, though SendGrid may have accepted the first attempt")
		}
	})

	t.Run("a failure owes the admins their notice in the same change, once", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		notice := order.Email{Key: "notice/email-failed/ebook/delivery", To: []order.Address{{Email: "o@example.com"}}, NotBefore: start}
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkFailed(key, "one", order.Setback{Status: 400, Reason: "no"}, []order.Email{notice}, start))
		must(t, o.MarkFailed(key, "one", order.Setback{Reason: "again"}, []order.Email{notice}, start.Add(1))) // the first answer was lost
		if got := o.Emails[key]; got.LastError != "no" || !got.FailedAt.Equal(start) {
			t.Errorf("the second time changed it: %+v", got)
		}
		if d := cmp.Diff([]string{notice.Key}, o.Due(start)); d != "" {
			t.Errorf("due (-want +got):\n%s", d)
		}
	})

	t.Run("who lost the lease changes nothing", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.Claim(key, "two", lease, start.Add(lease)))
		before := o.Emails[key]
		if err := o.MarkRetry(key, "one", order.Setback{}, start, start); !errors.Is(err, order.ErrLeaseLost) {
			t.Errorf("got %v, want ErrLeaseLost", err)
		}
		if d := cmp.Diff(before, o.Emails[key]); d != "" {
			t.Errorf("the delivery changed (-before +after):\n%s", d)
		}
	})
}

func TestPlan(t *testing.T) {
	t.Parallel()

	t.Run("is made once", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		o.Plan(order.ForPaid, []order.Email{{Key: "course/welcome"}}, start)
		if len(o.Emails) != 1 {
			t.Errorf("%d e-mails after a second plan, want 1", len(o.Emails))
		}
	})

	t.Run("waits for the money", func(t *testing.T) {
		t.Parallel()

		o := placed(t, event(t, "completed_unpaid", nil))
		if r, waits := o.Unplanned(); waits {
			t.Errorf("an unpaid order waits for the plan %q", r)
		}
		if want := start.Add(order.LongestDebit); !o.NextDueAt.Equal(want) {
			t.Errorf("an unpaid order is due at %v, want %v", o.NextDueAt, want)
		}
		_, err := o.Add(event(t, "async_payment_succeeded", nil), start)
		must(t, err)
		if r, waits := o.Unplanned(); !waits || r != order.ForPaid {
			t.Errorf("a paid order waits for %q, %v", r, waits)
		}
	})

	t.Run("of an order that was never dispatched is due soon", func(t *testing.T) {
		t.Parallel()

		o := placed(t, event(t, "completed_paid", nil))
		if want := start.Add(order.DispatchGrace); o.NextDueAt == nil || !o.NextDueAt.Equal(want) {
			t.Errorf("due at %v, want %v", o.NextDueAt, want)
		}
		o.FetchFailed("away", start.Add(time.Hour), start)
		if want := start.Add(time.Hour); !o.NextDueAt.Equal(want) {
			t.Errorf("after a failed fetch due at %v, want %v", o.NextDueAt, want)
		}
	})

	t.Run("fails an e-mail without a recipient at once", func(t *testing.T) {
		t.Parallel()

		o := placed(t, event(t, "completed_paid", nil))
		o.Plan(order.ForPaid, []order.Email{{Key: key}}, start)
		if d := o.Emails[key]; d.State != order.Failed || d.LastError == "" {
			t.Errorf("got %+v, want it failed with a reason", d)
		}
	})

	t.Run("owes nothing where the order is ignored", func(t *testing.T) {
		t.Parallel()

		o := placed(t, event(t, "completed_paid", nil))
		o.Ignore(order.ForPaid, "another shop's", start)
		if _, waits := o.Unplanned(); waits || o.NextDueAt != nil || o.Ignored == "" {
			t.Errorf("still due at %v, ignored %q", o.NextDueAt, o.Ignored)
		}
	})
}

// TestNextDueAt walks random paths through the life of an order and compares what it says of itself
// with what a look at each delivery says.
func TestNextDueAt(t *testing.T) {
	t.Parallel()

	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		now := start
		o := planned(t)
		o.Owe([]order.Email{{Key: "a", To: []order.Address{{}}, NotBefore: now.Add(time.Hour)}, {Key: "b", To: []order.Address{{}}}}, now)
		keys := []string{key, "a", "b"}
		for range 30 {
			k, owner := keys[r.IntN(3)], string(rune('x'+r.IntN(2)))
			switch r.IntN(5) {
			case 0, 1:
				_ = o.Claim(k, owner, lease, now)
			case 2:
				_ = o.MarkRetry(k, owner, order.Setback{}, now.Add(time.Duration(r.IntN(100))*time.Second), now)
			case 3:
				if r.IntN(4) == 0 {
					_ = o.MarkFailed(k, owner, order.Setback{}, nil, now)
				}
			case 4:
				now = now.Add(time.Duration(r.IntN(90)) * time.Second)
			}
			var want *time.Time
			for _, d := range o.Emails {
				if !d.Final() && (want == nil || d.DueAt.Before(*want)) {
					want = &d.DueAt
				}
			}
			if d := cmp.Diff(want, o.NextDueAt); d != "" {
				t.Fatalf("seed %d: next due (-want +got):\n%s", seed, d)
			}
			if due := o.Due(now); (len(due) > 0) != (want != nil && !want.After(now)) {
				t.Fatalf("seed %d: due %v, but the next is at %v and it is %v", seed, due, want, now)
			}
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()

	for _, c := range []struct {
		attempts int
		asked    time.Duration
		jitter   float64
		want     time.Duration
	}{
		{0, 0, 0, 5 * time.Second},
		{1, 0, 0, 5 * time.Second},
		{2, 0, 0, 10 * time.Second},
		{10, 0, 0, 2560 * time.Second},
		{11, 0, 0, time.Hour},
		{1000, 0, 0, time.Hour},
		{11, 0, 0.75, 45 * time.Minute},
		{1, time.Minute, 0.5, time.Minute},
		{11, time.Second, 0, time.Hour},
		{1, 1000 * time.Hour, 0, 6 * time.Hour},
		{1, 0, 0.00001, 4999 * time.Millisecond},
	} {
		if got := order.Backoff(c.attempts, c.asked, c.jitter); got != c.want {
			t.Errorf("Backoff(%d, %v, %v) = %v, want %v", c.attempts, c.asked, c.jitter, got, c.want)
		}
	}
	if order.Exhausted(start, start.Add(order.Horizon-1)) || !order.Exhausted(start, start.Add(order.Horizon)) {
		t.Error("a delivery is given up at another time than the horizon")
	}
}
