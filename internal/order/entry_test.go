package order_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

func TestCancel(t *testing.T) {
	t.Parallel()

	t.Run("ends an e-mail that is not being sent", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		if !o.Cancel(key, "refunded", start) {
			t.Fatal("not cancelled")
		}
		d := o.Emails[key]
		if d.State != order.Cancelled || d.LastError != "refunded" || !d.CancelledAt.Equal(start) || o.NextDueAt != nil {
			t.Errorf("got %+v, next due at %v", d, o.NextDueAt)
		}
		if err := o.Claim(key, "one", lease, start.Add(time.Hour)); !errors.Is(err, order.ErrNotDue) {
			t.Errorf("claimed all the same: %v", err)
		}
		if o.Cancel(key, "again", start) || o.Emails[key].LastError != "refunded" {
			t.Error("cancelled twice")
		}
	})

	t.Run("leaves what is being sent", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		if o.Cancel(key, "refunded", start) {
			t.Error("cancelled, though SendGrid may have it")
		}
		must(t, o.MarkRetry(key, "one", order.Setback{Status: 503}, start.Add(time.Hour), start))
		if !o.Cancel(key, "refunded", start) {
			t.Error("not cancelled, though it was given back")
		}
	})

	t.Run("finds no unknown entry", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		if o.Cancel("none", "refunded", start) || len(o.Emails) != 1 {
			t.Errorf("it did: %v", o.Emails)
		}
	})
}

func TestNote(t *testing.T) {
	t.Parallel()

	o := planned(t)
	o.Note(order.Entry{At: start, Command: "resend", Key: key, Reason: "asked for"})
	c := o.Clone()
	c.Note(order.Entry{At: start, Command: "forget"})
	o.Note(order.Entry{At: start, Command: "resend"})
	commands := func(o *order.Order) (all []string) {
		for _, e := range o.Audit {
			all = append(all, e.Command)
		}
		return all
	}
	if d := cmp.Diff([][]string{{"resend", "resend"}, {"resend", "forget"}}, [][]string{commands(o), commands(c)}); d != "" {
		t.Errorf("a clone shares its audit (-want +got):\n%s", d)
	}
}
