package order_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

// copyOne is the key of the copy that again("11111111") makes.
const copyOne = key + "/again-11111111"

func again(call string) order.Again {
	return order.Again{Call: call, Reason: "asked for", Template: func(e order.Email) (string, string) { return e.Template, e.TemplateName }}
}

// sent is a paid order whose one e-mail was sent.
func sent(t *testing.T) *order.Order {
	t.Helper()
	o := planned(t)
	send(t, o, key)
	return o
}

func send(t *testing.T, o *order.Order, key string) {
	t.Helper()
	must(t, o.Claim(key, "one", lease, start))
	must(t, o.MarkSent(key, "one", "m", 202, start))
}

func fail(t *testing.T, o *order.Order, key string) {
	t.Helper()
	must(t, o.Claim(key, "one", lease, start))
	must(t, o.MarkFailed(key, "one", order.Setback{Status: 400}, nil, start))
}

func TestResend(t *testing.T) {
	t.Parallel()

	t.Run("owes the same once more, and leaves the first as it is", func(t *testing.T) {
		t.Parallel()

		o := sent(t)
		before := o.Emails[key]
		now := start.Add(time.Hour)
		keys, err := o.Resend(key, again("11111111"), now)
		if d := cmp.Diff([]string{copyOne}, keys); err != nil || d != "" {
			t.Fatalf("%v, keys (-want +got):\n%s", err, d)
		}
		want := order.Delivery{Email: receipt(now), State: order.Planned, PlannedAt: now, DueAt: now}
		want.Key, want.CopyOf = copyOne, key
		if d := cmp.Diff(want, o.Emails[copyOne]); d != "" {
			t.Errorf("the copy (-want +got):\n%s", d)
		}
		if d := cmp.Diff(before, o.Emails[key]); d != "" {
			t.Errorf("the first changed:\n%s", d)
		}
		if d := cmp.Diff([]order.Entry{{At: now, Command: "resend", Key: key, Reason: "asked for"}}, o.Audit); d != "" {
			t.Errorf("audit (-want +got):\n%s", d)
		}
		if o.NextDueAt == nil || !o.NextDueAt.Equal(now) {
			t.Errorf("next due at %v", o.NextDueAt)
		}
	})

	t.Run("does nothing for a copy of the call, and something for a new one", func(t *testing.T) {
		t.Parallel()

		o := sent(t)
		for range 3 {
			if keys, err := o.Resend(key, again("11111111"), start); err != nil || len(keys) != 1 || len(o.Emails) != 2 || len(o.Audit) != 1 {
				t.Fatalf("%v, %v, %d e-mails, %d entries", keys, err, len(o.Emails), len(o.Audit))
			}
		}
		send(t, o, copyOne)
		if keys, err := o.Resend(key, again("22222222"), start); err != nil || len(keys) != 1 || len(o.Emails) != 3 {
			t.Errorf("a new call: %v, %v", keys, err)
		}
	})

	t.Run("goes to another address, by the template that there is now", func(t *testing.T) {
		t.Parallel()

		o := sent(t)
		a := again("11111111")
		a.To, a.Template = order.Address{Email: "ada@work.example"}, func(order.Email) (string, string) { return "d-2", "receipt.fr" }
		if _, err := o.Resend(key, a, start); err != nil {
			t.Fatal(err)
		}
		c := o.Emails[copyOne]
		if c.Audience != order.Other || c.To[0].Email != "ada@work.example" || c.Template != "d-2" || c.TemplateName != "receipt.fr" {
			t.Errorf("the copy: %+v", c)
		}
	})

	t.Run("keeps the recipient's name, unless the other address has one", func(t *testing.T) {
		t.Parallel()

		other := order.Address{Email: "ada@work.example"}
		for _, c := range []struct{ had, to, want order.Address }{
			{order.Address{Name: "Ada"}, other, order.Address{Email: other.Email, Name: "Ada"}},
			{order.Address{Name: "Ada"}, order.Address{Email: other.Email, Name: "Bob"}, order.Address{Email: other.Email, Name: "Bob"}},
			{order.Address{}, other, other},
		} {
			o := sent(t)
			d := o.Emails[key]
			d.To = []order.Address{{Email: "ada@example.com", Name: c.had.Name}}
			o.Emails[key] = d
			a := again("11111111")
			a.To = c.to
			if _, err := o.Resend(key, a, start); err != nil || o.Emails[copyOne].To[0] != c.want {
				t.Errorf("%+v, %v", o.Emails[copyOne].To, err)
			}
		}
		o := owing(t, order.Email{Key: key, Audience: order.Customer})
		o.CustomerName = "Ada"
		a := again("11111111")
		a.To = other
		if _, err := o.Resend(key, a, start); err != nil || o.Emails[copyOne].To[0].Name != "Ada" {
			t.Errorf("where Stripe said no address: %+v, %v", o.Emails[copyOne].To, err)
		}
	})

	t.Run("refuses what is in flight", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		refused := func(state order.State) {
			t.Helper()
			_, err := o.Resend(key, again("11111111"), start)
			if !errors.Is(err, order.ErrInFlight) || !strings.Contains(err.Error(), key+" is "+string(state)) || len(o.Emails) != 1 || len(o.Audit) != 0 {
				t.Errorf("%v, %d e-mails", err, len(o.Emails))
			}
		}
		refused(order.Planned)
		must(t, o.Claim(key, "one", lease, start))
		refused(order.Sending)
		must(t, o.MarkRetry(key, "one", order.Setback{Status: 503}, start.Add(time.Hour), start))
		refused(order.Retry)
	})

	t.Run("sends what was cancelled by its key alone", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		o.Cancel(key, "refunded", start)
		if keys, err := o.Resend("", again("11111111"), start); !errors.Is(err, order.ErrNothingOwed) {
			t.Errorf("without a key: %v, %v", keys, err)
		}
		if keys, err := o.Resend(key, again("11111111"), start); err != nil || len(keys) != 1 {
			t.Errorf("by its key: %v, %v", keys, err)
		}
	})

	t.Run("refuses while a copy is in flight, of the original as well as of the copy", func(t *testing.T) {
		t.Parallel()

		o := sent(t)
		for _, k := range []string{key, copyOne} {
			if _, err := o.Resend(k, again("11111111"), start); err != nil {
				t.Fatal(err)
			}
			if _, err := o.Resend(k, again("22222222"), start); !errors.Is(err, order.ErrInFlight) || !strings.Contains(err.Error(), copyOne+" is planned") {
				t.Errorf("%s: %v", k, err)
			}
		}
		send(t, o, copyOne)
		if keys, err := o.Resend(copyOne, again("22222222"), start); err != nil || keys[0] != key+"/again-22222222" {
			t.Errorf("a copy of the copy: %v, %v", keys, err)
		}
	})

	t.Run("sends all that the customer got, or nothing", func(t *testing.T) {
		t.Parallel()

		o := sent(t)
		to := []order.Address{{Email: "owner@example.com"}}
		o.Owe([]order.Email{
			{Key: "ebook/later", Audience: order.Customer, To: receipt(start).To, NotBefore: start},
			{Key: "ebook/sale", Audience: order.Admins, To: to, NotBefore: start}, {Key: "ebook/stock", Audience: order.Other, To: to, NotBefore: start},
		}, start)
		const want = "a delivery is already in progress: ebook/later is planned; name the e-mail to send again, for example ebook/delivery"
		if _, err := o.Resend("", again("11111111"), start); !errors.Is(err, order.ErrInFlight) || err.Error() != want || len(o.Emails) != 4 {
			t.Errorf("%v, %d e-mails", err, len(o.Emails))
		}
		fail(t, o, "ebook/later")
		for range 2 {
			keys, err := o.Resend("", again("11111111"), start)
			if d := cmp.Diff([]string{copyOne, "ebook/later/again-11111111"}, keys); err != nil || d != "" {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		}
		send(t, o, copyOne)
		send(t, o, "ebook/later/again-11111111")
		if keys, err := o.Resend("", again("22222222"), start); err != nil || len(keys) != 2 || len(o.Audit) != 4 {
			t.Errorf("with copies there: %v, %v, %d entries", keys, err, len(o.Audit))
		}
	})

	for name, c := range map[string]struct {
		order *order.Order
		key   string
		err   error
	}{
		"no e-mail at all":        {placed(t, event(t, "completed_unpaid", nil)), "", order.ErrNothingOwed},
		"no e-mail by a key":      {placed(t, event(t, "completed_unpaid", nil)), key, order.ErrNothingOwed},
		"none to the customer":    {owing(t, order.Email{Key: key, Audience: order.Admins}), "", order.ErrNothingOwed},
		"none of that key":        {sent(t), "ebook/none", order.ErrNoDelivery},
		"one without a recipient": {owing(t, order.Email{Key: key, Audience: order.Customer}), key, order.ErrNoRecipient},
	} {
		t.Run("says that there is "+name, func(t *testing.T) {
			t.Parallel()

			before := len(c.order.Emails)
			if _, err := c.order.Resend(c.key, again("11111111"), start); !errors.Is(err, c.err) || len(c.order.Emails) != before {
				t.Errorf("got %v, want %v", err, c.err)
			}
		})
	}
}

// owing is a paid order that owes that e-mail.
func owing(t *testing.T, e order.Email) *order.Order {
	t.Helper()
	o := placed(t, event(t, "completed_paid", nil))
	o.Plan(order.ForPaid, []order.Email{e}, start)
	return o
}

func TestNothingElseResends(t *testing.T) {
	t.Parallel()

	o := sent(t)
	if _, err := o.Add(event(t, "completed_paid", func(e, _ map[string]any) { e["id"] = "evt_again" }), start); err != nil {
		t.Fatal(err)
	}
	o.Plan(order.ForPaid, []order.Email{receipt(start)}, start)
	o.Owe([]order.Email{receipt(start)}, start)
	if len(o.Emails) != 1 || o.Emails[key].State != order.Sent || o.NextDueAt != nil {
		t.Errorf("it owes %+v", o.Emails)
	}
}

func TestResent(t *testing.T) {
	t.Parallel()

	o := planned(t)
	resent := func(want bool, when, key string) {
		t.Helper()
		if got := o.Resent(key); got != want {
			t.Errorf("%s: %v", when, got)
		}
	}
	resent(false, "planned", key)
	fail(t, o, key)
	resent(false, "failed", key)
	if _, err := o.Resend(key, again("11111111"), start); err != nil {
		t.Fatal(err)
	}
	resent(false, "a copy is planned", key)
	fail(t, o, copyOne)
	resent(false, "the copy failed too", key)
	if _, err := o.Resend(key, again("22222222"), start); err != nil {
		t.Fatal(err)
	}
	send(t, o, key+"/again-22222222")
	resent(true, "the second copy was sent", key)
	resent(true, "and settles the first copy", copyOne)
	resent(false, "what was sent did not fail", key+"/again-22222222")
	resent(false, "what is not there", "none")

	if _, err := o.Resend(key, again("33333333"), start); err != nil {
		t.Fatal(err)
	}
	must(t, o.Claim(key+"/again-33333333", "one", lease, start))
	must(t, o.MarkFailed(key+"/again-33333333", "one", order.Setback{}, nil, start.Add(time.Second)))
	resent(false, "one that failed after the last was sent", key+"/again-33333333")
}
