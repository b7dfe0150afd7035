package order_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

func TestRetry(t *testing.T) {
	t.Parallel()

	failed := func(t *testing.T) *order.Order {
		t.Helper()
		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		notice := receipt(start)
		notice.Key, notice.Audience = "notice/email-failed/"+key, order.Admins
		must(t, o.MarkFailed(key, "one", order.Setback{Status: 400}, []order.Email{notice}, start))
		return o
	}

	t.Run("takes up items that were given up", func(t *testing.T) {
		t.Parallel()

		o := placed(t, event(t, "completed_paid", nil))
		for at := start; o.Fetch.FailedAt.IsZero(); at = at.Add(order.Horizon) {
			o.FetchFailed("away", at, at)
		}
		if !o.GivenUp() {
			t.Error("it is not given up")
		}
		isNew, err := o.Retry(again("0a1b2c3d"), start)
		if !isNew || err != nil || o.GivenUp() || !o.Awaits(order.ForPaid) || o.Fetch.GivenUp != 1 {
			t.Errorf("new %v, %v; %+v", isNew, err, o.Fetch)
		}
	})

	t.Run("owes a copy of what failed, once for each call", func(t *testing.T) {
		t.Parallel()

		o := failed(t)
		for range 2 {
			_, err := o.Retry(again("0a1b2c3d"), start)
			must(t, err)
		}
		if d := cmp.Diff([]string{key + "/again-0a1b2c3d", "notice/email-failed/" + key}, o.Due(start)); d != "" {
			t.Errorf("due (-want +got):\n%s", d)
		}
		if o.GivenUp() || len(o.Audit) != 1 || o.Audit[0].Command != "retry" {
			t.Errorf("given up %v, audit %+v", o.GivenUp(), o.Audit)
		}
	})

	t.Run("sends to a colleague what failed to go to them, and nothing to the customer who has it", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkSent(key, "one", "m1", 202, start))
		at := start.Add(time.Minute)
		elsewhere := again("0a1b2c3d")
		elsewhere.To = order.Address{Email: "colleague@example.com"}
		copies, err := o.Resend(key, elsewhere, at)
		must(t, err)
		must(t, o.Claim(copies[0], "two", lease, at))
		must(t, o.MarkFailed(copies[0], "two", order.Setback{Status: 400}, nil, at))
		_, err = o.Retry(again("1b2c3d4e"), at)
		must(t, err)
		if to := o.Emails[key+"/again-1b2c3d4e"].To; len(to) != 1 || to[0].Email != "colleague@example.com" {
			t.Errorf("it goes to %v", to)
		}
	})

	t.Run("leaves an e-mail without a recipient, and takes up the others", func(t *testing.T) {
		t.Parallel()

		o := failed(t)
		nobody := receipt(start)
		nobody.Key, nobody.To = "ebook/nobody", nil
		o.Owe([]order.Email{nobody}, start)
		isNew, err := o.Retry(again("0a1b2c3d"), start)
		if _, owed := o.Emails[key+"/again-0a1b2c3d"]; !isNew || err != nil || !owed || o.GivenUp() {
			t.Errorf("new %v, %v, owed %v, given up %v", isNew, err, owed, o.GivenUp())
		}
	})

	t.Run("leaves what the money went back for, and what was forgotten", func(t *testing.T) {
		t.Parallel()

		reversed, forgotten := failed(t), failed(t)
		reverse(t, reversed)
		must(t, forgotten.Forget("", start))
		for _, o := range []*order.Order{reversed, forgotten, planned(t)} {
			isNew, err := o.Retry(again("0a1b2c3d"), start)
			if isNew || err != nil || o.GivenUp() {
				t.Errorf("new %v, %v, given up %v", isNew, err, o.GivenUp())
			}
		}
	})
}

func TestRefusedKeyBeginsTheHorizonAnew(t *testing.T) {
	t.Parallel()

	o := placed(t, event(t, "completed_paid", nil))
	at := start
	for _, step := range []struct {
		after time.Duration
		fail  func(string, time.Time, time.Time)
	}{{0, o.FetchFailed}, {order.Horizon, o.FetchRefused}, {order.Horizon, o.FetchFailed}, {order.Horizon - 1, o.FetchFailed}} {
		at = at.Add(step.after)
		if step.fail("away", at, at); !o.Fetch.FailedAt.IsZero() {
			t.Fatalf("given up after %v: %+v", at.Sub(start), o.Fetch)
		}
	}
	at = at.Add(1)
	if o.FetchFailed("away", at, at); o.Fetch.FailedAt.IsZero() {
		t.Errorf("not given up a horizon after the key was taken: %+v", o.Fetch)
	}
}
