package view_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

func TestStateOf(t *testing.T) {
	t.Parallel()

	owed := []order.Email{{Key: "a/b", To: []order.Address{{}}, NotBefore: start}}
	for name, c := range map[string]struct {
		change func(*order.Order)
		after  time.Duration
		want   view.State
	}{
		"not planned yet":        {change: func(*order.Order) {}, want: view.Waiting},
		"planned, nothing owed":  {change: func(o *order.Order) { o.Plan(order.ForPaid, nil, start) }, want: view.Done},
		"ignored":                {change: func(o *order.Order) { o.Ignore(order.ForPaid, "not ours", start) }, want: view.Ignored},
		"items never came":       {change: func(o *order.Order) { o.Fetch.FailedAt = start }, want: view.Failed},
		"not paid, nothing owed": {change: func(o *order.Order) { o.PaymentStatus = order.Unpaid }, after: time.Hour, want: view.Unpaid},
		"an e-mail waits":        {change: func(o *order.Order) { o.Plan(order.ForPaid, owed, start) }, want: view.Waiting},
		"an e-mail is due for no longer than others take": {
			change: func(o *order.Order) { o.Plan(order.ForPaid, owed, start) }, after: view.Patience, want: view.Waiting},
		"an e-mail is due for too long": {
			change: func(o *order.Order) { o.Plan(order.ForPaid, owed, start) }, after: view.Patience + time.Millisecond, want: view.Stuck},
		"it was not dispatched": {change: func(*order.Order) {}, after: order.DispatchGrace + view.Patience + time.Millisecond, want: view.Stuck},
		"an e-mail is for later": {
			change: func(o *order.Order) {
				o.Plan(order.ForPaid, []order.Email{{Key: "a/b", To: []order.Address{{}}, NotBefore: later(48 * time.Hour)}}, start)
			}, after: 24 * time.Hour, want: view.Done},
		"an e-mail is due, another is for later": {
			change: func(o *order.Order) {
				o.Plan(order.ForPaid, append(owed, order.Email{Key: "a/c", To: []order.Address{{}}, NotBefore: later(48 * time.Hour)}), start)
			}, want: view.Waiting},
		"an e-mail that was for later is due": {
			change: func(o *order.Order) {
				o.Plan(order.ForPaid, []order.Email{{Key: "a/b", To: []order.Address{{}}, NotBefore: later(48 * time.Hour)}}, start)
			}, after: 48 * time.Hour, want: view.Waiting},
		"an e-mail failed, another waits": {
			change: func(o *order.Order) { o.Plan(order.ForPaid, append(owed, order.Email{Key: "a/c"}), start) }, after: time.Hour, want: view.Failed},
		"an e-mail failed, and a copy was sent": {
			change: also(func(o *order.Order) {
				o.Plan(order.ForPaid, []order.Email{{Key: "ebook/delivery", Audience: order.Customer}}, start)
			}, copied()),
			want: view.Done},
		"an e-mail failed, and it was forgotten": {
			change: func(o *order.Order) {
				o.Plan(order.ForPaid, []order.Email{{Key: "a/c"}}, start)
				if err := o.Forget("", start); err != nil {
					panic(err)
				}
			}, want: view.Done},
		"an e-mail was cancelled": {
			change: func(o *order.Order) {
				o.Plan(order.ForPaid, owed, start)
				o.Cancel("a/b", "refunded", start)
			}, after: time.Hour, want: view.Done},
		"an e-mail bounced":                               {change: sentAnd("customer", order.Bounced), after: time.Hour, want: view.Bounced},
		"an e-mail was dropped":                           {change: sentAnd("other", order.Dropped), after: time.Hour, want: view.Bounced},
		"an e-mail was reported as spam":                  {change: sentAnd("customer", order.SpamReport), after: time.Hour, want: view.Done},
		"an e-mail to the admins bounced":                 {change: sentAnd("admins", order.Bounced), after: time.Hour, want: view.Done},
		"an e-mail bounced, and the money went back":      {change: also(sentAnd("customer", order.Bounced), func(o *order.Order) { o.Refunded, o.RefundedWholly = o.AmountTotal, true }), after: time.Hour, want: view.Refunded},
		"an e-mail bounced, and another waits":            {change: also(sentAnd("customer", order.Bounced), func(o *order.Order) { o.Owe(owed, start) }), after: time.Hour, want: view.Bounced},
		"an e-mail bounced, and it was forgotten":         {change: also(sentAnd("customer", order.Bounced), func(o *order.Order) { o.ForgottenAt = start }), after: time.Hour, want: view.Done},
		"an e-mail bounced, and a copy was sent":          {change: also(sentAnd("customer", order.Bounced), copied()), after: time.Hour, want: view.Done},
		"an e-mail bounced, and so did a copy":            {change: also(sentAnd("customer", order.Bounced), copied(order.Blocked)), after: time.Hour, want: view.Bounced},
		"an e-mail bounced, and a copy of it was planned": {change: also(sentAnd("customer", order.Bounced), copied(), waits), want: view.Waiting},
		"refunded":                       {change: back(func(o *order.Order) { o.Refunded, o.RefundedWholly = 4900, true }), want: view.Refunded},
		"refunded in part":               {change: back(func(o *order.Order) { o.Refunded = 1000 }), want: view.Done},
		"disputed":                       {change: back(func(o *order.Order) { o.Disputed = true }), want: view.Disputed},
		"disputed and refunded":          {change: back(func(o *order.Order) { o.Disputed, o.RefundedWholly = true, true }), want: view.Disputed},
		"refunded, and ignored":          {change: func(o *order.Order) { o.Ignore(order.ForPaid, "not ours", start); o.RefundedWholly = true }, want: view.Ignored},
		"refunded, and the notice waits": {change: func(o *order.Order) { o.Plan(order.ForPaid, owed, start); o.RefundedWholly = true }, want: view.Waiting},
		"declined, and the admins know": {
			change: func(o *order.Order) {
				o.PaymentStatus, o.PaymentFailed = order.Unpaid, true
				o.Plan(order.ForPaymentFailed, nil, start)
			}, want: view.Unpaid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			o := fetched(t, "completed_paid")
			c.change(o)
			if got := view.StateOf(o, later(c.after)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// sentAnd plans an e-mail and has it sent; then SendGrid reports these.
func sentAnd(audience order.Audience, kinds ...order.ArrivalKind) func(*order.Order) {
	return func(o *order.Order) {
		o.Plan(order.ForPaid, []order.Email{{Key: "ebook/delivery", Audience: audience, To: []order.Address{{Email: "a@example.com"}}, NotBefore: start}}, start)
		send(o, "ebook/delivery", kinds...)
	}
}

// copied sends a copy of that e-mail.
func copied(kinds ...order.ArrivalKind) func(*order.Order) {
	return func(o *order.Order) {
		e := o.Emails["ebook/delivery"].Email
		e.Key, e.CopyOf = "ebook/delivery/again-1", "ebook/delivery"
		o.Owe([]order.Email{e}, start)
		send(o, e.Key, kinds...)
	}
}

func send(o *order.Order, key string, kinds ...order.ArrivalKind) {
	d := o.Emails[key]
	d.State, d.SentAt = order.Sent, start
	for _, kind := range kinds {
		d.Arrivals = append(d.Arrivals, order.Arrival{Kind: kind, At: start})
	}
	o.Emails[key], o.NextDueAt = d, nil
}

// waits makes the copy wait again.
func waits(o *order.Order) {
	d := o.Emails["ebook/delivery/again-1"]
	d.State, d.DueAt, o.NextDueAt = order.Planned, start, &d.PlannedAt
	o.Emails["ebook/delivery/again-1"] = d
}

func also(changes ...func(*order.Order)) func(*order.Order) {
	return func(o *order.Order) {
		for _, change := range changes {
			change(o)
		}
	}
}

// back is an order that owes nothing, and whose money came back.
func back(change func(*order.Order)) func(*order.Order) {
	return also(func(o *order.Order) { o.Plan(order.ForPaid, nil, start) }, change)
}

func TestStateUntil(t *testing.T) {
	t.Parallel()

	o := halfSent(t) // one e-mail is to be tried again after 5 s
	o.Owe([]order.Email{{Key: "ebook/follow-up", To: []order.Address{{}}, NotBefore: later(72 * time.Hour)}}, start)
	for at := start; !at.IsZero(); {
		state, until := view.StateUntil(o, at)
		for _, between := range []time.Duration{0, until.Sub(at) / 2, until.Sub(at) - time.Millisecond} {
			if got := view.StateOf(o, at.Add(between)); !until.IsZero() && got != state {
				t.Errorf("%s at %v, and before %v it is %s", state, at.Sub(start), until.Sub(start), got)
			}
		}
		at = until
	}
	o.Cancel("ebook/sale", "", start)
	o.Cancel("ebook/follow-up", "", start)
	if state, until := view.StateUntil(o, start); state != view.Done || !until.IsZero() {
		t.Errorf("when all is done: %s until %v", state, until)
	}
}

func TestRowOf(t *testing.T) {
	t.Parallel()

	o := halfSent(t)
	o.Cancel("ebook/sale", "refunded", start)
	o.Events = nil // as a list of orders has them
	got := view.RowOf(o, start)
	if got.State != view.Done || got.Bought != "1 × The e-book" || got.Total.Formatted != "$49.00" || got.Sent != 1 || got.Cancelled != 1 || got.Planned != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestUnheardIsNotSent(t *testing.T) {
	t.Parallel()

	o := fetched(t, "completed_paid")
	sentAnd(order.Customer)(o)
	o.MarkUnheard("ebook/delivery", start.Add(order.HearPatience))
	v := view.Of(o, start)
	if v.Sent != 0 || v.Row.Unheard != 1 || v.Progress() != "0 of 1 sent, 1 unheard" || v.State != view.Unheard || v.Emails[0].Standing() != "unheard" {
		t.Errorf("%s, %s: %+v", v.State, v.Progress(), v.Emails)
	}
	if i := slices.IndexFunc(v.Timeline, func(s view.Step) bool { return strings.HasPrefix(s.What, "Unheard") }); i < 0 {
		t.Errorf("not in the timeline: %+v", v.Timeline)
	}
	tally := view.NewTally(start)
	tally.Add(o)
	if e := tally.Summary(view.Now{}).Test[0].Emails; e.Sent != 0 || e.Unheard != 1 {
		t.Errorf("counted as %+v", e)
	}
	o.ForgottenAt = start
	if s := view.StateOf(o, start); s != view.Done {
		t.Errorf("forgotten, it is %s", s)
	}
}

// What is due only in hours does not make an order in a list wait.
func TestAwaitedIsDone(t *testing.T) {
	t.Parallel()

	o := fetched(t, "completed_paid")
	o.Events = nil
	sentAnd(order.Customer)(o)
	d := o.Emails["ebook/delivery"]
	d.LastStatus = 202
	o.Emails["ebook/delivery"] = d
	o.AwaitEvent("ebook/delivery", start)
	if s := view.StateOf(o, start); s != view.Done || o.NextDueAt == nil {
		t.Errorf("an order whose e-mail awaits an event is %s", s)
	}
	before := start.Add(-time.Second)
	if o.NextDueAt = &before; view.StateOf(o, start) != view.Waiting {
		t.Error("an order that waits for the plan of a refund does not wait")
	}
}

func TestBouncedIsNotSent(t *testing.T) {
	t.Parallel()

	o := fetched(t, "completed_paid")
	sentAnd(order.Customer, order.Delivered, order.Bounced)(o)
	o.Owe([]order.Email{{Key: "ebook/sale", Audience: order.Admins, To: []order.Address{{}}, NotBefore: start}}, start)
	send(o, "ebook/sale")
	v := view.Of(o, start)
	if v.Sent != 1 || v.Row.Bounced != 1 || v.Progress() != "1 of 2 sent, 1 bounced" {
		t.Errorf("%s: %+v", v.Progress(), v.Row)
	}
	if d := v.Emails[0]; d.Standing() != "bounced" || !d.Bounced || d.State != order.Sent || v.Emails[1].Standing() != "sent" {
		t.Errorf("got %+v", v.Emails)
	}
	tally := view.NewTally(start)
	tally.Add(o)
	s := tally.Summary(view.Now{})
	if e := s.Test[0].Emails; e.Sent != 1 || e.Bounced != 1 || s.Now.Bounced != 1 || s.Now.Failed != 0 {
		t.Errorf("got %+v, %+v", e, s.Now)
	}
}

func TestLater(t *testing.T) {
	t.Parallel()

	// withFollowUps is a paid order: one e-mail is sent, one cancelled, and two are scheduled.
	withFollowUps := func(t *testing.T) *order.Order {
		t.Helper()
		o := halfSent(t)
		o.Cancel("ebook/sale", "refunded", start)
		to := []order.Address{{Email: "ada@example.com"}}
		o.Owe([]order.Email{
			{Key: "ebook/review", To: to, NotBefore: later(96 * time.Hour)}, {Key: "ebook/follow-up", To: to, NotBefore: later(72 * time.Hour)},
		}, start)
		o.Events = nil // as a list of orders has them
		return o
	}

	t.Run("counts what is scheduled, in an order that is done", func(t *testing.T) {
		t.Parallel()

		got := view.RowOf(withFollowUps(t), later(24*time.Hour))
		if got.State != view.Done || got.Later != 2 || got.LaterAt == nil || !got.LaterAt.Equal(later(72*time.Hour)) ||
			got.Progress() != "1 of 4 sent, 1 cancelled, 2 later" {
			t.Errorf("%s, %+v", got.Progress(), got)
		}
		got = view.RowOf(withFollowUps(t), later(72*time.Hour))
		if got.State != view.Waiting || got.Later != 1 || !got.LaterAt.Equal(later(96*time.Hour)) {
			t.Errorf("when the first is due: %+v", got)
		}
	})

	t.Run("does not hide that the plan of a refund is missing", func(t *testing.T) {
		t.Parallel()

		o := withFollowUps(t)
		due := later(order.DispatchGrace)
		o.NextDueAt = &due
		if got := view.StateOf(o, start); got != view.Waiting {
			t.Errorf("got %s", got)
		}
	})
}

func TestOf(t *testing.T) {
	t.Parallel()

	o := halfSent(t)
	o.Metadata = []order.Pair{{Key: "$a.b", Value: "c"}}
	o.Note(order.Entry{At: start, Command: "resend", Key: "ebook/sale", Reason: "asked by telephone"})
	o.Name()
	v := view.Of(o, start)

	t.Run("has each e-mail with what became of it", func(t *testing.T) {
		t.Parallel()

		due, tried := later(5*time.Second), later(70*time.Millisecond)
		want := view.Email{
			Key: "ebook/sale", State: order.Retry, To: []view.Recipient{{Email: "owner@example.com"}}, Attempts: 1, LastStatus: 503,
			LastError: "SendGrid answered 503", NotBefore: later(40 * time.Millisecond), PlannedAt: later(40 * time.Millisecond),
			DueAt: &due, FirstTriedAt: &tried, LastTriedAt: &tried, Arrivals: []view.EmailArrival{},
		}
		if d := cmp.Diff(want, v.Emails[1]); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if sent := v.Emails[0]; sent.MessageID != "m1" || sent.DueAt != nil || sent.SentAt == nil {
			t.Errorf("got %+v", sent)
		}
	})

	t.Run("has what was bought, the audit, and the metadata", func(t *testing.T) {
		t.Parallel()

		if d := cmp.Diff([]view.Entry{{At: start, Command: "resend", Key: "ebook/sale", Reason: "asked by telephone"}}, v.Audit); d != "" {
			t.Errorf("audit (-want +got):\n%s", d)
		}
		if len(v.Items) != 1 || v.Items[0].Product != "prod_ebook" || v.Items[0].Description != "The e-book" || v.Metadata["$a.b"] != "c" {
			t.Errorf("got %+v, %v", v.Items, v.Metadata)
		}
	})

	t.Run("has the address that counts, and those before it", func(t *testing.T) {
		t.Parallel()

		o := halfSent(t)
		if v := view.Of(o, start); v.Corrected() != "" || v.Corrections == nil {
			t.Errorf("got %q, %v", v.Corrected(), v.Corrections)
		}
		for i, to := range []order.Address{{Email: "ada@wrong.example"}, {Email: "ada@right.example", Name: "Countess Ada"}} {
			a := order.Again{Call: strings.Repeat(string(rune('1'+i)), 8), To: to, Reason: "a typo"}
			if _, err := o.Correct(a, nil, later(time.Duration(i+1)*time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		v := view.Of(o, start)
		want := []view.Correction{
			{At: later(time.Minute), From: "ada@example.com", To: "ada@wrong.example"}, {At: later(2 * time.Minute), From: "ada@wrong.example", To: "ada@right.example"},
		}
		if d := cmp.Diff(want, v.Corrections); d != "" || v.Customer != (view.Customer{Name: "Countess Ada", Email: "ada@right.example"}) {
			t.Errorf("%+v (-want +got):\n%s", v.Customer, d)
		}
		if v.Corrected() != "corrected; Stripe says ada@example.com" {
			t.Errorf("got %q", v.Corrected())
		}
		mustHave(t, told(o), "1m0s By hand: correct | a typo\n", "2m0s Address corrected | from ada@wrong.example to ada@right.example\n")
		o.CustomerEmail = ""
		if text := view.Of(o, start).Corrected(); text != "corrected; Stripe says none" {
			t.Errorf("got %q", text)
		}
	})

	t.Run("says that an event came, and not what is in it", func(t *testing.T) {
		t.Parallel()

		if len(v.Events) != 1 || v.Events[0].Type != order.Completed || v.Events[0].Deliveries != 1 {
			t.Errorf("got %+v", v.Events)
		}
		b, err := json.Marshal(v)
		if err != nil || strings.Contains(string(b), "payload") || strings.Contains(string(b), "api_version") {
			t.Errorf("%s, %v", b, err)
		}
	})
}
