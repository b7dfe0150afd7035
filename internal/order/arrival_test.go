package order_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

// heard is one event of SendGrid's, so many seconds after the start.
func heard(kind order.ArrivalKind, seconds int, message string) order.Arrival {
	return order.Arrival{Kind: kind, To: "ada@example.com", At: start.Add(time.Duration(seconds) * time.Second), Message: message}
}

func arrive(t *testing.T, o *order.Order, now time.Time, all ...order.Arrival) {
	t.Helper()
	_, err := o.Arrive(key, all, now)
	must(t, err)
}

// The same set of events makes the same delivery, in any order, any number of times, one by one or
// at once.
func TestArrivalsInAnyOrder(t *testing.T) {
	t.Parallel()

	early, late := heard(order.Bounced, 4, "m1"), heard(order.Bounced, 4, "m1")
	early.Reason, late.Reason = "550 no", "551 no"
	elsewhere := heard(order.Delivered, 3, "m1")
	elsewhere.To = "grace@example.com"
	nobody := heard(order.Deferred, 9, "m9")
	nobody.To, nobody.Reason = "eve@example.com", "of eve@example.com"
	events := []order.Arrival{
		heard(order.Processed, 1, "m1"), heard(order.Processed, 0, "m2"), heard(order.Delivered, 5, "m1"), heard(order.Delivered, 5, "m2"),
		early, late, elsewhere, nobody, heard(order.Opened, 60, ""), heard(order.Opened, 30, "m1"), heard(order.Dropped, 30, "m1"),
	}
	for i := range 12 { // more messages than are kept
		events = append(events, heard(order.Processed, 2, "n"+string(rune('a'+i))))
	}
	for name, before := range map[string]func(*order.Order){
		"planned": func(*order.Order) {},
		"retry": func(o *order.Order) {
			must(t, o.Claim(key, "one", lease, start))
			must(t, o.MarkRetry(key, "one", order.Setback{Unsure: true, Reason: "EOF"}, start.Add(time.Hour), start))
		},
		"held": func(o *order.Order) { must(t, o.Claim(key, "one", 100*time.Hour, start)) },
		"sent": func(o *order.Order) {
			must(t, o.Claim(key, "one", lease, start))
			must(t, o.MarkSent(key, "one", "m1", 202, start))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			made := func(batches ...[]order.Arrival) order.Delivery {
				o := planned(t)
				d := o.Emails[key]
				d.To = append(d.To, order.Address{Email: "Grace@Example.com"})
				o.Emails[key] = d
				before(o)
				for _, b := range batches {
					arrive(t, o, start.Add(time.Hour), b...)
				}
				return o.Emails[key]
			}
			want := made(events)
			if len(want.Arrivals) != 7 || want.Arrivals[0].Message != "m2" || len(want.Messages) != 8 {
				t.Errorf("got %+v", want)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			for range 500 {
				var batches [][]order.Arrival
				for range 3 { // several times, in several batches
					shuffled := slices.Clone(events)
					rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
					batches = slices.AppendSeq(batches, slices.Chunk(shuffled, 1+rng.IntN(len(events))))
				}
				if diff := cmp.Diff(want, made(batches...)); diff != "" {
					t.Fatalf("in another order (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestArrive(t *testing.T) {
	t.Parallel()

	later := start.Add(time.Hour)

	t.Run("ends what an attempt left open, sure of the one message of the one attempt", func(t *testing.T) {
		t.Parallel()

		for name, c := range map[string]struct {
			before func(*order.Order)
			unsure bool
		}{
			"unsure":  {func(o *order.Order) { must(t, o.MarkRetry(key, "one", order.Setback{Unsure: true}, later, start)) }, false},
			"refused": {func(o *order.Order) { must(t, o.MarkRetry(key, "one", order.Setback{Status: 503}, later, start)) }, false},
			"failed": {func(o *order.Order) {
				must(t, o.MarkFailed(key, "one", order.Setback{Unsure: true}, nil, start))
			}, false},
			"abandoned": {func(o *order.Order) { o.Abandon(key, "died", nil, start.Add(lease)) }, false},
			"lease out": {func(*order.Order) {}, false},
			"cancelled": {func(o *order.Order) {
				must(t, o.MarkRetry(key, "one", order.Setback{Unsure: true}, later, start))
				o.Cancel(key, "refunded", start)
			}, false},
			"two attempts": {func(o *order.Order) {
				must(t, o.Claim(key, "two", lease, start.Add(lease)))
				must(t, o.MarkRetry(key, "two", order.Setback{Status: 503}, later, start.Add(lease)))
			}, true},
		} {
			o := planned(t)
			must(t, o.Claim(key, "one", lease, start))
			c.before(o)
			arrive(t, o, later, heard(order.Delivered, 2, "m1"))
			d := o.Emails[key]
			if d.State != order.Sent || !d.Proven || d.MessageID != "m1" || d.Unsure != c.unsure || !d.SentAt.Equal(start.Add(2*time.Second)) || !d.FailedAt.IsZero() || !d.CancelledAt.IsZero() || d.LastError != "" {
				t.Errorf("%s: got %+v", name, d)
			}
			if err := o.Claim(key, "three", lease, later); !errors.Is(err, order.ErrNotDue) || o.NextDueAt != nil {
				t.Errorf("%s: it may be claimed (%v), and is due at %v", name, err, o.NextDueAt)
			}
		}
	})

	t.Run("leaves it to the process that is sending it, and the end of that attempt ends it", func(t *testing.T) {
		t.Parallel()

		notice := []order.Email{{Key: "notice/email-failed/" + key, To: []order.Address{{Email: "owner@example.com"}}}}
		for name, end := range map[string]func(*order.Order) error{
			"unsure":  func(o *order.Order) error { return o.MarkRetry(key, "one", order.Setback{Unsure: true}, later, start) },
			"refused": func(o *order.Order) error { return o.MarkRetry(key, "one", order.Setback{Status: 503}, later, start) },
			"failed":  func(o *order.Order) error { return o.MarkFailed(key, "one", order.Setback{Status: 400}, notice, start) },
			"silence": func(o *order.Order) error {
				if o.Prove(key, start.Add(lease-1)) {
					t.Error("it is taken from the process that is sending it")
				}
				d := o.Emails[key]
				d.Lost = order.MaxLost - 1
				o.Emails[key] = d
				if err := o.Claim(key, "two", lease, start.Add(lease)); !errors.Is(err, order.ErrNotDue) || o.Hopeless(key, later) {
					t.Errorf("it may be claimed (%v), or is hopeless", err)
				}
				o.Prove(key, start.Add(lease))
				return nil
			},
		} {
			o := planned(t)
			must(t, o.Claim(key, "one", lease, start))
			arrive(t, o, start, heard(order.Processed, 0, "m1"))
			if d := o.Emails[key]; d.State != order.Sending || d.Lease != "one" || !o.NextDueAt.Equal(start.Add(lease)) {
				t.Errorf("%s: while it is held, it is %+v", name, d)
			}
			must(t, end(o))
			if d := o.Emails[key]; d.State != order.Sent || d.Unsure || d.MessageID != "m1" || d.Attempts != 1 || len(o.Emails) != 1 {
				t.Errorf("%s: got %+v, and %d e-mails", name, d, len(o.Emails))
			}
			must(t, o.MarkSent(key, "one", "m1", 202, later)) // the answer was only late
			if d := o.Emails[key]; d.Proven || d.Unsure || d.Copies() != 1 || d.LastStatus != 202 {
				t.Errorf("%s: after the answer, it is %+v", name, d)
			}
		}
	})

	t.Run("says for certain that there was a copy where there are two messages", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.Claim(key, "two", lease, start.Add(lease)))
		must(t, o.MarkSent(key, "two", "m2", 202, start.Add(lease)))
		arrive(t, o, later, heard(order.Delivered, 70, "m2"))
		if d := o.Emails[key]; d.Copies() != 1 || !d.Unsure {
			t.Errorf("one message of two attempts: %d copies, unsure %v", d.Copies(), d.Unsure)
		}
		arrive(t, o, later, heard(order.Processed, 1, "m1"))
		if d := o.Emails[key]; d.Copies() != 2 || !d.Unsure || d.MessageID != "m2" {
			t.Errorf("two messages: %d copies, %+v", d.Copies(), d)
		}

		o = planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.Claim(key, "two", lease, start.Add(lease)))
		must(t, o.MarkSent(key, "two", "m2", 202, start.Add(lease)))
		must(t, o.MarkSent(key, "one", "m1", 202, start.Add(lease)))
		if d := o.Emails[key]; d.Copies() != 2 {
			t.Errorf("two answers: %d copies", d.Copies())
		}
	})

	t.Run("is sure again only when the message is known", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkRetry(key, "one", order.Setback{Unsure: true}, later, start))
		arrive(t, o, later, heard(order.Bounced, 50, ""))
		if d := o.Emails[key]; d.State != order.Sent || !d.Unsure {
			t.Errorf("got %+v", d)
		}
		arrive(t, o, later, heard(order.Processed, 1, "m1"))
		if d := o.Emails[key]; d.Unsure || d.MessageID != "m1" {
			t.Errorf("got %+v", d)
		}
	})

	t.Run("changes nothing else of one that is sent and sure", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkSent(key, "one", "m1", 202, start))
		want := o.Emails[key]
		before := o.Clone()
		arrive(t, o, later, heard(order.Bounced, 8, "m1"), heard(order.Delivered, 9, "m1"))
		got := o.Emails[key]
		if len(got.Arrivals) != 2 || got.Arrivals[0].Kind != order.Bounced || len(before.Emails[key].Arrivals) != 0 {
			t.Errorf("got %+v", got.Arrivals)
		}
		got.Arrivals, got.Messages = nil, nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		before = o.Clone()
		arrive(t, o, later, heard(order.Bounced, 7, "m1"))
		if a := before.Emails[key].Arrivals[0]; !a.At.Equal(start.Add(8 * time.Second)) {
			t.Errorf("a clone has changed as well: %+v", a)
		}
		if changed, err := o.Arrive(key, []order.Arrival{heard(order.Bounced, 8, "m1")}, later); changed || err != nil {
			t.Errorf("it changes by what is known: %v %v", changed, err)
		}
	})

	t.Run("keeps what can be kept of the recipient, and nothing of a stranger", func(t *testing.T) {
		t.Parallel()

		long := heard(order.Bounced, 1, "m1")
		long.To, long.Reason = "ADA@example.com", strings.Repeat("é", 400)+"\xff"
		o := planned(t)
		arrive(t, o, start, long)
		if a := o.Emails[key].Arrivals[0]; a.To != "ada@example.com" || a.Reason != strings.Repeat("é", 250) {
			t.Errorf("got %+v", a)
		}
		o = planned(t)
		odd := heard(order.Bounced, 1, "m1")
		odd.To, odd.Reason = "ada@xn--example.com", "no"
		arrive(t, o, start, odd)
		if a := o.Emails[key].Arrivals[0]; a.To != "ada@example.com" || a.Reason != "no" {
			t.Errorf("the only one it can be: got %+v", a)
		}
		o = planned(t)
		d := o.Emails[key]
		d.To = nil // forgotten
		o.Emails[key] = d
		arrive(t, o, start, long)
		if a := o.Emails[key].Arrivals[0]; a.To != "" || a.Reason != "" || o.Emails[key].State != order.Sent {
			t.Errorf("got %+v", o.Emails[key])
		}
	})

	t.Run("is about deliveries that there are", func(t *testing.T) {
		t.Parallel()

		if _, err := planned(t).Arrive("ebook/none", nil, start); !errors.Is(err, order.ErrNoDelivery) {
			t.Errorf("got %v, want ErrNoDelivery", err)
		}
	})

	t.Run("returns the first trouble", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		arrive(t, o, start, heard(order.Delivered, 1, "m1"), heard(order.Deferred, 0, "m1"), heard(order.Opened, 3, "m1"))
		if a, ok := o.Emails[key].Trouble(); ok {
			t.Errorf("trouble with what arrived: %+v", a)
		}
		for i, kind := range []order.ArrivalKind{order.SpamReport, order.Dropped, order.Blocked, order.Bounced} {
			arrive(t, o, start, heard(kind, 100-i, "m1"))
			if a, ok := o.Emails[key].Trouble(); !ok || a.Kind != kind {
				t.Errorf("got %+v, want %s", a, kind)
			}
		}
	})
}
