package order_test

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"handler/function/internal/order"
)

// right is the corrected address, and wrong is that of Stripe's sample events.
const right, wrong = "ada@right.example", "ada@example.com"

func correction(call string) order.Again {
	a := again(call)
	a.To = order.Address{Email: right}
	return a
}

func correct(t *testing.T, o *order.Order, call string, keys ...string) order.Moved {
	t.Helper()
	if isNew, err := o.Correct(correction(call), keys, start); err != nil || !isNew {
		t.Fatalf("new %v, %v", isNew, err)
	}
	return o.Moved(call)
}

// toWhom is the address that an e-mail goes to.
func toWhom(t *testing.T, o *order.Order, key string) string {
	t.Helper()
	d, ok := o.Emails[key]
	if !ok || len(d.To) != 1 {
		t.Fatalf("%s: %+v", key, d)
	}
	return d.To[0].Email
}

func bounce(t *testing.T, o *order.Order, key string, kind order.ArrivalKind) {
	t.Helper()
	_, err := o.Arrive(key, []order.Arrival{{Kind: kind, To: o.Emails[key].To[0].Email, At: start, Message: "m"}}, start)
	must(t, err)
	if o.Emails[key].State != order.Sent {
		t.Fatalf("%s is %s", key, o.Emails[key].State)
	}
}

func TestCorrectMovesWhatIsToCome(t *testing.T) {
	t.Parallel()

	const later, sale, friend = "ebook/later", "ebook/sale", "ebook/friend"
	o := sent(t)
	o.Owe([]order.Email{
		{Key: later, Audience: order.Customer, To: receipt(start).To, NotBefore: start.Add(48 * time.Hour)},
		{Key: sale, Audience: order.Admins, To: []order.Address{{Email: wrong}}, NotBefore: start},
		{Key: friend, Audience: order.Other, To: []order.Address{{Email: wrong}}, NotBefore: start},
	}, start)
	before := o.Clone()
	m := correct(t, o, "11111111")
	if d := cmp.Diff(order.Moved{Waiting: []string{later}, Earlier: []string{key}}, m); d != "" {
		t.Errorf("moved (-want +got):\n%s", d)
	}
	want := before.Emails[later]
	want.To = []order.Address{{Email: right, Name: o.CustomerName}}
	if d := cmp.Diff(want, o.Emails[later]); d != "" {
		t.Errorf("the follow-up (-want +got):\n%s", d)
	}
	for _, k := range []string{key, sale, friend} {
		if d := cmp.Diff(before.Emails[k], o.Emails[k]); d != "" {
			t.Errorf("%s changed:\n%s", k, d)
		}
	}
	if d := cmp.Diff([]order.Entry{{At: start, Command: "correct", Reason: "asked for"}}, o.Audit); d != "" {
		t.Errorf("audit (-want +got):\n%s", d)
	}
	if d := cmp.Diff(before.Facts, o.Facts); d != "" || len(before.Corrections) != 0 {
		t.Errorf("what Stripe said changed, or the clone did:\n%s", d)
	}
}

func TestCorrectSendsAgain(t *testing.T) {
	t.Parallel()

	const copied = "/again-11111111"
	for name, c := range map[string]struct {
		happened func(*order.Order)
		keys     []string
		want     []string
	}{
		"not what was sent":       {func(o *order.Order) { send(t, o, key) }, nil, nil},
		"what was sent, by a key": {func(o *order.Order) { send(t, o, key) }, []string{key}, []string{key + copied}},
		"what failed":             {func(o *order.Order) { fail(t, o, key) }, nil, []string{key + copied}},
		"what failed, named too":  {func(o *order.Order) { fail(t, o, key) }, []string{key, key}, []string{key + copied}},
		"what bounced":            {func(o *order.Order) { send(t, o, key); bounce(t, o, key, order.Bounced) }, nil, []string{key + copied}},
		"what was blocked":        {func(o *order.Order) { send(t, o, key); bounce(t, o, key, order.Blocked) }, nil, []string{key + copied}},
		"what was dropped":        {func(o *order.Order) { send(t, o, key); bounce(t, o, key, order.Dropped) }, nil, []string{key + copied}},
		"not what is spam":        {func(o *order.Order) { send(t, o, key); bounce(t, o, key, order.SpamReport) }, nil, nil},
		"not what was cancelled":  {func(o *order.Order) { o.Cancel(key, "refunded", start) }, nil, nil},
		"what was cancelled, by its key": {
			func(o *order.Order) { o.Cancel(key, "refunded", start) }, []string{key}, []string{key + copied}},
		"not what failed and was sent again": {func(o *order.Order) {
			fail(t, o, key)
			_, err := o.Resend(key, again("00000000"), start)
			must(t, err)
			send(t, o, key+"/again-00000000")
		}, nil, nil},
		"what was sent again and bounced then": {func(o *order.Order) {
			send(t, o, key)
			_, err := o.Resend(key, again("00000000"), start.Add(time.Second))
			must(t, err)
			must(t, o.Claim(key+"/again-00000000", "one", lease, start.Add(time.Second)))
			must(t, o.MarkSent(key+"/again-00000000", "one", "m", 202, start.Add(time.Second)))
			bounce(t, o, key+"/again-00000000", order.Bounced)
		}, nil, []string{key + copied}},
		"not what failed twice and was sent then": {func(o *order.Order) {
			fail(t, o, key)
			for i, call := range []string{"ffffffff", "00000000"} {
				now := start.Add(time.Duration(i+1) * time.Second)
				_, err := o.Resend(key, again(call), now)
				must(t, err)
				must(t, o.Claim(key+"/again-"+call, "one", lease, now))
				if i == 0 {
					must(t, o.MarkFailed(key+"/again-"+call, "one", order.Setback{}, nil, now))
				} else {
					must(t, o.MarkSent(key+"/again-"+call, "one", "m", 202, now))
				}
			}
		}, nil, nil},
		"what failed, and whose copy was cancelled": {func(o *order.Order) {
			fail(t, o, key)
			_, err := o.Resend(key, again("00000000"), start)
			must(t, err)
			o.Cancel(key+"/again-00000000", "on purpose", start)
		}, nil, []string{key + copied}},
		"by the key of a copy": {func(o *order.Order) {
			send(t, o, key)
			a := again("00000000")
			a.To = order.Address{Email: "boss@example.com"}
			_, err := o.Resend(key, a, start)
			must(t, err)
			send(t, o, key+"/again-00000000")
		}, []string{key + "/again-00000000"}, []string{key + copied}},
		"not what failed, after a refund": {func(o *order.Order) { fail(t, o, key); o.RefundedWholly = true }, nil, nil},
		"not what waits, by its key":      {func(*order.Order) {}, []string{key}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			o := planned(t)
			c.happened(o)
			if isNew, err := o.Correct(correction("11111111"), c.keys, start.Add(time.Minute)); err != nil || !isNew {
				t.Fatalf("new %v, %v", isNew, err)
			}
			m := o.Moved("11111111")
			if d := cmp.Diff(c.want, m.Again, cmpopts.EquateEmpty()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			for _, k := range m.Again {
				if d := o.Emails[k]; toWhom(t, o, k) != right || d.Audience != order.Customer || d.CopyOf != key || d.State != order.Planned {
					t.Errorf("%s: %+v", k, d)
				}
			}
		})
	}

	t.Run("what had no recipient", func(t *testing.T) {
		t.Parallel()

		o := owing(t, order.Email{Key: key, Audience: order.Customer})
		if m := correct(t, o, "11111111"); len(m.Again) != 1 || toWhom(t, o, m.Again[0]) != right {
			t.Errorf("%+v", m)
		}
	})
}

func TestCorrectTellsWhatWentToTheEarlierAddress(t *testing.T) {
	t.Parallel()

	resend := func(o *order.Order, to string) {
		a := again("00000000")
		a.To = order.Address{Email: to}
		_, err := o.Resend(key, a, start)
		must(t, err)
		send(t, o, key+"/again-00000000")
	}
	for name, c := range map[string]struct {
		happened func(*order.Order)
		keys     []string
		want     []string
	}{
		"what was sent":                     {func(o *order.Order) { send(t, o, key) }, nil, []string{key}},
		"not what is sent again":            {func(o *order.Order) { send(t, o, key) }, []string{key}, nil},
		"the last copy":                     {func(o *order.Order) { send(t, o, key); resend(o, "") }, nil, []string{key + "/again-00000000"}},
		"not what was sent elsewhere since": {func(o *order.Order) { send(t, o, key); resend(o, right) }, nil, nil},
		"not what failed":                   {func(o *order.Order) { fail(t, o, key) }, nil, nil},
		"not what was cancelled":            {func(o *order.Order) { o.Cancel(key, "refunded", start) }, nil, nil},
		"not what went to the same address": {func(o *order.Order) {
			d := o.Emails[key]
			d.To = []order.Address{{Email: strings.ToUpper(right)}}
			o.Emails[key] = d
			send(t, o, key)
		}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			o := planned(t)
			c.happened(o)
			if d := cmp.Diff(c.want, correct(t, o, "11111111", c.keys...).Earlier); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// An address is that of all attempts of a delivery, so that what is told of an attempt later is
// true.
func TestCorrectWhileItIsSent(t *testing.T) {
	t.Parallel()

	// inFlight is an order whose e-mail was being sent when the address was corrected.
	inFlight := func(t *testing.T) *order.Order {
		t.Helper()
		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		if d := cmp.Diff(order.Moved{Earlier: []string{key}}, correct(t, o, "11111111")); d != "" {
			t.Errorf("moved (-want +got):\n%s", d)
		}
		return o
	}
	replaced := func(t *testing.T, o *order.Order) {
		t.Helper()
		d := o.Emails[key]
		if d.State != order.Cancelled || toWhom(t, o, key) != wrong || toWhom(t, o, copyOne) != right || !slices.Equal(o.Due(start), []string{copyOne}) {
			t.Errorf("%+v, due %v", d, o.Due(start))
		}
	}

	t.Run("keeps the address", func(t *testing.T) {
		t.Parallel()

		o := inFlight(t)
		must(t, o.MarkSent(key, "one", "m", 202, start))
		if len(o.Emails) != 1 || toWhom(t, o, key) != wrong {
			t.Errorf("%+v", o.Emails)
		}
	})

	t.Run("and a copy goes to the corrected one when the attempt ends without success", func(t *testing.T) {
		t.Parallel()

		for _, s := range []order.Setback{{Status: 503}, {Unsure: true}} {
			o := inFlight(t)
			for range 2 { // the answer to the first write may be lost
				must(t, o.MarkRetry(key, "one", s, start.Add(time.Minute), start))
			}
			replaced(t, o)
		}
	})

	t.Run("or when its lease expires, whatever its outcome", func(t *testing.T) {
		t.Parallel()

		o, end := inFlight(t), start.Add(lease)
		if o.Redirect(key, start) {
			t.Error("before that")
		}
		if err := o.Claim(key, "two", lease, end); !errors.Is(err, order.ErrNotDue) {
			t.Errorf("it is claimed for the earlier address: %v", err)
		}
		if !o.Redirect(key, end) || o.Redirect(key, end) {
			t.Error("it is not replaced, or twice")
		}
		if d := o.Emails[key]; d.Lost != 1 || !d.Unsure || toWhom(t, o, copyOne) != right {
			t.Errorf("%+v", d)
		}
		must(t, o.MarkSent(key, "one", "m", 202, end))
		if d := o.Emails[key]; d.State != order.Sent || !d.Unsure || toWhom(t, o, key) != wrong || o.Emails[copyOne].State != order.Planned {
			t.Errorf("%+v", o.Emails)
		}
	})

	t.Run("and SendGrid's events of it stay its own", func(t *testing.T) {
		t.Parallel()

		o := inFlight(t)
		must(t, o.MarkRetry(key, "one", order.Setback{Unsure: true}, start.Add(time.Minute), start))
		arrive(t, o, start, order.Arrival{Kind: order.Delivered, To: wrong, At: start, Message: "m"})
		if d := o.Emails[key]; d.State != order.Sent || toWhom(t, o, key) != wrong || o.Emails[copyOne].State != order.Planned {
			t.Errorf("%+v", o.Emails)
		}
	})

	t.Run("what waits for another attempt is replaced too", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkRetry(key, "one", order.Setback{Status: 503}, start.Add(time.Minute), start))
		if d := cmp.Diff(order.Moved{Again: []string{copyOne}}, correct(t, o, "11111111")); d != "" {
			t.Errorf("moved (-want +got):\n%s", d)
		}
		replaced(t, o)
	})

	t.Run("but where only the name is another", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		must(t, o.Claim(key, "one", lease, start))
		must(t, o.MarkRetry(key, "one", order.Setback{Unsure: true}, start.Add(time.Minute), start))
		a := again("11111111")
		a.To = order.Address{Email: strings.ToUpper(wrong), Name: "Countess Ada"}
		_, err := o.Correct(a, nil, start)
		if d := o.Emails[key]; err != nil || d.State != order.Retry || d.To[0] != a.To || len(o.Emails) != 1 {
			t.Errorf("%v, %+v", err, o.Emails)
		}
	})
}

func TestLastCorrectionCounts(t *testing.T) {
	t.Parallel()

	t.Run("and a copy of a call changes nothing", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		correct(t, o, "11111111")
		other := again("22222222")
		other.To = order.Address{Email: "ada@new.example"}
		if isNew, err := o.Correct(other, nil, start); err != nil || !isNew {
			t.Fatalf("%v, %v", isNew, err)
		}
		before := text(t, o)
		for _, call := range []string{"11111111", "22222222", "11111111"} {
			if isNew, err := o.Correct(correction(call), []string{"none"}, start.Add(time.Hour)); err != nil || isNew || text(t, o) != before {
				t.Errorf("%s: new %v, %v, %s", call, isNew, err, text(t, o))
			}
		}
		if toWhom(t, o, key) != "ada@new.example" || len(o.Audit) != 2 {
			t.Errorf("to %s, %d entries", toWhom(t, o, key), len(o.Audit))
		}
	})

	t.Run("in one of two clones, and not in the other", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		for _, call := range []string{"11111111", "22222222", "33333333"} { // after three, an array has room for a fourth
			correct(t, o, call)
		}
		one, two := o.Clone(), o.Clone()
		for clone, email := range map[*order.Order]string{one: "one@right.example", two: "two@right.example"} {
			a := again("44444444")
			a.To.Email = email
			_, err := clone.Correct(a, nil, start)
			must(t, err)
		}
		if one.Customer().Email != "one@right.example" || two.Customer().Email != "two@right.example" || o.Customer().Email != right {
			t.Errorf("%s, %s, %s", one.Customer(), two.Customer(), o.Customer())
		}
	})

	t.Run("also if Stripe sends another address later", func(t *testing.T) {
		t.Parallel()

		o := placed(t, event(t, "completed_unpaid", nil))
		correct(t, o, "11111111")
		for _, e := range []order.Event{event(t, "completed_unpaid", nil), event(t, "async_payment_succeeded", nil)} {
			_, err := o.Add(e, start)
			must(t, err)
		}
		if c := o.Customer(); c.Email != right || c.Name != o.CustomerName || o.CustomerEmail == right {
			t.Errorf("the customer is %s, and Stripe says %s", c, o.CustomerEmail)
		}
	})

	t.Run("and keeps the name until another is given", func(t *testing.T) {
		t.Parallel()

		o := planned(t)
		for i, c := range []struct{ to, want order.Address }{
			{order.Address{Email: "a@b.example"}, order.Address{Email: "a@b.example", Name: o.CustomerName}},
			{order.Address{Email: "a@c.example", Name: "Countess"}, order.Address{Email: "a@c.example", Name: "Countess"}},
			{order.Address{Email: "a@d.example"}, order.Address{Email: "a@d.example", Name: "Countess"}},
		} {
			a := again(strings.Repeat(string(rune('1'+i)), 8))
			a.To = c.to
			if _, err := o.Correct(a, nil, start); err != nil || o.Customer() != c.want || o.Emails[key].To[0] != c.want {
				t.Errorf("%v: %s, %+v", err, o.Customer(), o.Emails[key].To)
			}
		}
	})

	t.Run("also where an e-mail is sent again", func(t *testing.T) {
		t.Parallel()

		o := sent(t)
		correct(t, o, "11111111")
		if _, err := o.Resend(key, again("22222222"), start); err != nil || toWhom(t, o, key+"/again-22222222") != right {
			t.Errorf("%v, %+v", err, o.Emails)
		}
	})
}

func TestCorrectRefuses(t *testing.T) {
	t.Parallel()

	sending := planned(t)
	must(t, sending.Claim(key, "one", lease, start))
	forgotten := sent(t)
	must(t, forgotten.Forget("", start))
	for name, c := range map[string]struct {
		order *order.Order
		keys  []string
		err   error
		says  string
	}{
		"a key that there is not":       {sent(t), []string{key, "ebook/none"}, order.ErrNoDelivery, "no such e-mail; the order has ebook/delivery"},
		"a key before there is any":     {placed(t, event(t, "completed_unpaid", nil)), []string{key}, order.ErrNoDelivery, "the order has none"},
		"what does not go to customers": {owing(t, order.Email{Key: key, Audience: order.Admins}), []string{key}, order.ErrNotToCustomer, key},
		"a key that is being sent":      {sending, []string{key}, order.ErrInFlight, key + " is sending"},
		"an order that was forgotten":   {forgotten, nil, order.ErrForgotten, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			before := text(t, c.order)
			if _, err := c.order.Correct(correction("11111111"), c.keys, start); !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.says) || text(t, c.order) != before {
				t.Errorf("%v; it is now %s", err, text(t, c.order))
			}
		})
	}
}

func TestCorrectedAddressIsTheCustomers(t *testing.T) {
	t.Parallel()

	o := sent(t)
	correct(t, o, "11111111")
	for _, email := range []string{wrong, strings.ToUpper(right)} {
		if !o.IsOf(email) || !o.Concerns(email) {
			t.Errorf("it is not found by %s", email)
		}
	}
	must(t, o.Forget("", start))
	if s := text(t, o); strings.Contains(s, "right.example") || o.IsOf(right) || o.Customer() != (order.Address{}) {
		t.Errorf("something is left: %s", s)
	}
}

// TestNoClaimGoesAstray walks random paths through the life of an order: after a correction, no
// attempt begins at an earlier address, and each e-mail of the customer's that was not sent before
// is owed to the corrected one.
func TestNoClaimGoesAstray(t *testing.T) {
	t.Parallel()

	replaced := 0
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		now, calls := start, 0
		o := planned(t)
		o.Owe([]order.Email{{Key: "a", Audience: order.Customer, To: receipt(now).To, NotBefore: now.Add(time.Minute)}}, now)
		for range 40 {
			keys := slices.Sorted(maps.Keys(o.Emails))
			k, owner := keys[r.IntN(len(keys))], string(rune('x'+r.IntN(2)))
			switch r.IntN(8) {
			case 0, 1, 2:
				before := o.Emails[k]
				if err := o.Claim(k, owner, lease, now); err == nil && before.Attempts < o.Emails[k].Attempts && o.Emails[k].To[0].Email != o.Customer().Email {
					t.Fatalf("seed %d: %s is claimed for %s", seed, k, o.Emails[k].To[0])
				}
			case 3:
				if o.Redirect(k, now) {
					replaced++
				}
			case 4:
				_ = o.MarkRetry(k, owner, order.Setback{Unsure: r.IntN(2) == 0}, now.Add(time.Second), now)
			case 5:
				now = now.Add(time.Duration(r.IntN(90)) * time.Second)
			case 6:
				if r.IntN(3) == 0 {
					_ = o.MarkSent(k, owner, "m", 202, now)
				}
			case 7:
				calls++
				a := again(strings.Repeat(string(rune('a'+calls%6)), 8))
				a.To = order.Address{Email: string(rune('a'+r.IntN(3))) + "@right.example"}
				_, err := o.Correct(a, nil, now)
				must(t, err)
			}
		}
		for _, original := range []string{key, "a"} {
			owed := false
			for k, d := range o.Emails {
				owed = owed || (k == original || d.CopyOf == original) && d.State != order.Cancelled
			}
			if !owed {
				t.Fatalf("seed %d: nothing is left of %s: %+v", seed, original, o.Emails)
			}
		}
	}
	if replaced == 0 {
		t.Error("no expired lease was replaced")
	}
}
