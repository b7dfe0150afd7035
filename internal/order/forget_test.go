package order_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"handler/function/internal/order"
)

// personal is a paid order with all that an order may hold of people: each text has "Ada", in any
// letters.
func personal(t *testing.T) *order.Order {
	t.Helper()
	o := placed(t, event(t, "completed_paid", func(e, session map[string]any) {
		e["account"] = "acct_1"
		session["client_reference_id"] = "ada-1"
		session["metadata"] = map[string]string{"for": "Ada"}
		session["locale"] = "fr"
		session["shipping_details"] = map[string]any{"name": "Ada"}
		session["a_field_of_next_year"] = "Ada"
	}))
	o.SetItems([]order.Item{{ID: "li_1", Description: "An e-book", ProductName: "E-book"}}, start)
	to := []order.Address{{Email: "ada@example.com", Name: "Ada"}}
	o.Plan(order.ForPaid, []order.Email{
		receipt(start), {Key: "ebook/friend", Audience: order.Other, To: to, NotBefore: start},
		{Key: "ebook/sale", Audience: order.Admins, To: []order.Address{{Email: "owner@example.com"}}, NotBefore: start},
		{Key: "ebook/later", Audience: order.Customer, To: to, NotBefore: start.Add(48 * time.Hour)},
	}, start)
	send(t, o, key)
	must(t, o.Claim("ebook/friend", "one", lease, start))
	must(t, o.MarkFailed("ebook/friend", "one", order.Setback{Status: 400, Reason: "no ada@example.com"}, nil, start))
	o.Note(order.Entry{At: start, Command: "resend", Reason: "Ada called"})
	return o
}

// text is all that the order holds, in small letters; one of its fields has a name like our
// customer's.
func text(t *testing.T, o *order.Order) string {
	t.Helper()
	b, err := json.Marshal(o)
	must(t, err)
	return strings.ReplaceAll(strings.ToLower(string(b)), "metadata", "")
}

func TestForget(t *testing.T) {
	t.Parallel()

	t.Run("leaves nothing of the customer, and the sale as it was", func(t *testing.T) {
		t.Parallel()

		o := personal(t)
		arrive(t, o, start, order.Arrival{Kind: order.Bounced, To: "ada@example.com", At: start, Status: "5.1.1", Reason: "550 no ada@example.com here"})
		before := o.Clone()
		if n := strings.Count(text(t, o), "ada"); n < 10 {
			t.Fatalf("only %d to forget", n)
		}
		now := start.Add(time.Hour)
		o.Fetch.LastError = "Stripe answered: no session of ada@example.com"
		must(t, o.Forget("", now))
		if s := text(t, o); strings.Contains(s, "ada") || strings.Contains(s, "postal") {
			t.Errorf("something is left: %s", s)
		}
		if d := cmp.Diff(plain(before.Facts), o.Facts); d != "" || o.AmountTotal != 4900 || o.Locale != "fr" || o.PaymentIntent == "" || o.Account != "acct_1" {
			t.Errorf("the facts (-want +got):\n%s", d)
		}
		if d := cmp.Diff(before.Items, o.Items); d != "" {
			t.Errorf("the items (-want +got):\n%s", d)
		}
		for k, d := range before.Emails {
			want := d
			if want.Audience != order.Admins {
				want.To = nil
			}
			if len(d.Arrivals) > 0 {
				want.Arrivals = []order.Arrival{{Kind: order.Bounced, At: start}}
			}
			if want.LastError = ""; !d.Final() {
				want.State, want.CancelledAt, want.LastError = order.Cancelled, now, "forgotten"
			}
			if d := cmp.Diff(want, o.Emails[k]); d != "" {
				t.Errorf("%s (-want +got):\n%s", k, d)
			}
		}
		want := []order.Entry{{At: start, Command: "resend"}, {At: now, Command: "forget"}}
		if d := cmp.Diff(want, o.Audit); d != "" || !o.ForgottenAt.Equal(now) || o.NextDueAt != nil {
			t.Errorf("forgotten at %v, due at %v, audit (-want +got):\n%s", o.ForgottenAt, o.NextDueAt, d)
		}
		if d := cmp.Diff("Ada called", before.Audit[0].Reason); d != "" {
			t.Errorf("a clone lost it too:\n%s", d)
		}
	})

	t.Run("leaves an order whole that is being sent something", func(t *testing.T) {
		t.Parallel()

		o := personal(t)
		must(t, o.Claim("ebook/sale", "one", lease, start))
		before := text(t, o)
		if err := o.Forget("", start); !errors.Is(err, order.ErrInFlight) || text(t, o) != before {
			t.Errorf("%v; it is now %s", err, text(t, o))
		}
	})

	t.Run("does it once", func(t *testing.T) {
		t.Parallel()

		o := personal(t)
		must(t, o.Forget("", start))
		before := text(t, o)
		if err := o.Forget("", start.Add(time.Hour)); !errors.Is(err, order.ErrForgotten) || text(t, o) != before {
			t.Errorf("%v; it is now %s", err, text(t, o))
		}
		if _, err := o.Resend(key, again("11111111"), start); !errors.Is(err, order.ErrForgotten) {
			t.Errorf("sent again: %v", err)
		}
	})

	t.Run("lets nothing come back with a later event, whose plain facts count", func(t *testing.T) {
		t.Parallel()

		o := placed(t, event(t, "completed_unpaid", nil))
		must(t, o.Forget("", start))
		late := event(t, "async_payment_succeeded", func(_, session map[string]any) {
			session["customer_details"] = map[string]string{"name": "Ada Example", "email": "ada@example.com"}
		})
		if isNew, err := o.Add(late, start); err != nil || !isNew || !o.Settled() {
			t.Errorf("new %v, %s, %v", isNew, o.PaymentStatus, err)
		}
		if s := text(t, o); strings.Contains(s, "ada") {
			t.Errorf("it came back: %s", s)
		}
		if isNew, err := o.Add(late, start); err != nil || isNew {
			t.Errorf("delivered again: new %v, %v", isNew, err)
		}
		if _, waits := o.Unplanned(); !waits {
			t.Error("the money came, and there is no notice")
		}
	})

	t.Run("is the same whichever came first", func(t *testing.T) {
		t.Parallel()

		events := []order.Event{event(t, "completed_unpaid", nil), event(t, "async_payment_succeeded", nil)}
		want := placed(t, events...)
		must(t, want.Forget("", start))
		for _, p := range permutations(events) {
			o := placed(t, p[0])
			must(t, o.Forget("", start))
			if _, err := o.Add(p[1], start); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, o, cmpopts.IgnoreUnexported(order.Event{}), cmpopts.IgnoreFields(order.Order{}, "NextDueAt")); d != "" {
				t.Errorf("another order:\n%s", d)
			}
		}
	})
}

func TestConcerns(t *testing.T) {
	t.Parallel()

	o := personal(t)
	friend := o.Emails["ebook/friend"]
	friend.To = []order.Address{{Email: "bob@example.com"}}
	o.Emails["ebook/friend"] = friend
	for email, want := range map[string][2]bool{
		"ada@example.com": {true, true}, "ADA@Example.com": {true, true}, "Bob@example.com": {true, false},
		"owner@example.com": {false, false}, "ada@example.co": {false, false}, "": {false, false},
	} {
		if got := [2]bool{o.Concerns(email), o.IsOf(email)}; got != want {
			t.Errorf("%q: concerns and is of: %v, want %v", email, got, want)
		}
	}
	o.CustomerEmail = "ada@new.example"
	if !o.IsOf("ada@example.com") {
		t.Error("an older address of the customer finds no order")
	}
}
