package view_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

// story is the steps of a timeline, for comparing.
func story(steps []view.Step) []string {
	var lines []string
	for _, s := range steps {
		line := fmt.Sprintf("%s %s", s.At.Sub(start), s.What)
		for _, more := range []string{s.Delivery, s.Detail} {
			if more != "" {
				line += " | " + more
			}
		}
		if s.Expected {
			line = "later: " + line
		}
		lines = append(lines, line)
	}
	return lines
}

// told is the timeline of an order in one text.
func told(o *order.Order) string { return strings.Join(story(view.Timeline(o)), "\n") }

func TestTimeline(t *testing.T) {
	t.Parallel()

	t.Run("of an order that goes well, but for one e-mail", func(t *testing.T) {
		t.Parallel()

		o := halfSent(t)
		want := []string{
			"0s Event received | checkout.session.completed, evt_100000000000000000000001",
			"0s Order stored | " + o.ID,
			"0s Queue brought it to send-email | within 0 ms",
			"0s Items fetched | 1 × The e-book",
			"40ms Planned 2 e-mails | ebook/delivery, ebook/sale",
			"50ms First attempt | ebook/delivery",
			"60ms Sent to ada@example.com | ebook/delivery | SendGrid answered 202",
			"70ms First attempt | ebook/sale",
			"70ms Not sent | ebook/sale | SendGrid answered 503",
			"later: 5s Next attempt | ebook/sale",
		}
		if d := cmp.Diff(want, story(view.Timeline(o))); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		forPeople := slices.Delete(want, 5, 6)
		if d := cmp.Diff(forPeople, story(view.Of(o, start).Steps())); d != "" {
			t.Errorf("for people, without an attempt that was the only one (-want +got):\n%s", d)
		}
	})

	t.Run("says what is not sure, and who died", func(t *testing.T) {
		t.Parallel()

		o := halfSent(t)
		mustClaim(t, o, "me", later(5*time.Second))
		mustClaim(t, o, "you", later(5*time.Minute))
		if err := o.MarkFailed("ebook/sale", "you", order.Setback{Status: 400, Reason: "SendGrid answered 400: from"},
			[]order.Email{{Key: "notice/email-failed/ebook/sale"}}, later(6*time.Minute)); err != nil {
			t.Fatal(err)
		}
		mustHave(t, told(o), "5m0s Attempt 3 | ebook/sale",
			"6m0s Failed for good | ebook/sale | SendGrid answered 400: from; 1 process died in it; a second copy is possible, "+
				"as an attempt ended without an answer\n"+
				"6m0s Planned a notice | notice/email-failed/ebook/sale\n"+
				"6m0s Failed for good | notice/email-failed/ebook/sale | no recipient")
	})

	t.Run("distinguishes the sweep from the queue, and shows what an order waits for", func(t *testing.T) {
		t.Parallel()

		mustHave(t, told(fetched(t, "completed_unpaid")), "Items fetched")
		lost := fetched(t, "completed_paid")
		lost.Fetch = order.Fetch{}
		due := lost.CreatedAt.Add(order.DispatchGrace)
		lost.NextDueAt = &due
		mustHave(t, told(lost), "later: 10s The sweep takes it up")
		lost.FetchFailed("Stripe answered 500", later(20*time.Second), later(12*time.Second))
		mustHave(t, told(lost), "12s Sweep took it up | after 12s",
			"12s Stripe did not say what was bought | 1 attempt since then; Stripe answered 500",
			"later: 20s Stripe is asked again")
		lost.SetItems(nil, later(21*time.Second))
		lost.Ignore(order.ForPaid, "the catalogue's only does not name it", later(21*time.Second))
		mustHave(t, told(lost), "21s Ignored | the catalogue's only does not name it")
	})

	t.Run("is the queue's where send-email's clock is behind", func(t *testing.T) {
		t.Parallel()

		o := halfSent(t)
		o.Fetch.DoneAt = later(-5 * time.Millisecond)
		mustHave(t, told(o), "-5ms Queue brought it to send-email | within 0 ms")
	})

	t.Run("distinguishes a copy, a notice and other e-mails without a plan", func(t *testing.T) {
		t.Parallel()

		o := halfSent(t)
		wish := order.Again{Call: "00000000", Reason: "lost", Template: func(e order.Email) (string, string) { return e.Template, "" }}
		if _, err := o.Resend("ebook/delivery", wish, later(time.Hour)); err != nil {
			t.Fatal(err)
		}
		report := order.NewReport(start, "{}", start)
		report.Owe([]order.Email{{Key: "report/daily", To: []order.Address{{Email: "owner@example.com"}}, NotBefore: start}}, start)
		mustHave(t, told(o)+told(report), "1h0m0s Planned a copy | ebook/delivery/again-00000000\n", "0s Planned an e-mail | report/daily\n")
		if text := told(o) + told(report); strings.Contains(text, "notice") {
			t.Errorf("there is no notice:\n%s", text)
		}
	})

	t.Run("of a forgotten order says that it was sent, and whether a person wished it", func(t *testing.T) {
		t.Parallel()

		for why, want := range map[string]string{"": "1h0m0s By hand: forget\n", order.ByAge: "1h0m0s By age: forget | older than retention_days\n"} {
			o := halfSent(t)
			if err := o.Forget(why, later(time.Hour)); err != nil {
				t.Fatal(err)
			}
			mustHave(t, told(o), "60ms Sent | ebook/delivery", want)
			if v := view.Of(o, start); v.Emails[0].Recipients() != "forgotten" {
				t.Errorf("sent to %s", v.Emails[0].Recipients())
			}
		}
	})

	t.Run("shows the start of an attempt if there were several", func(t *testing.T) {
		t.Parallel()

		o := halfSent(t)
		mustClaim(t, o, "me", later(5*time.Second))
		if err := o.MarkSent("ebook/sale", "me", "m2", 202, later(6*time.Second)); err != nil {
			t.Fatal(err)
		}
		o.Name()
		got := strings.Join(story(view.Of(o, start).Steps()), "\n")
		mustHave(t, got, "70ms First attempt | ebook/sale", "5s Attempt 2 | ebook/sale", "6s Sent to owner@example.com | ebook/sale")
		if strings.Contains(got, "First attempt | ebook/delivery") {
			t.Errorf("the only attempt is shown twice:\n%s", got)
		}
	})

	t.Run("shows the owner's changes, and what was cancelled", func(t *testing.T) {
		t.Parallel()

		o := halfSent(t)
		o.Note(order.Entry{At: later(time.Hour), Command: "resend", Key: "ebook/delivery", Reason: "a typo in the address"})
		o.Note(order.Entry{At: later(2 * time.Hour), Command: "forget"})
		if !o.Cancel("ebook/sale", "it was refunded", later(2*time.Hour)) {
			t.Fatal("not cancelled")
		}
		mustHave(t, told(o), "1h0m0s By hand: resend | ebook/delivery | a typo in the address\n2h0m0s By hand: forget\n"+
			"2h0m0s Cancelled | ebook/sale | it was refunded")
	})
}

// mustClaim claims the e-mail that was not sent.
func mustClaim(t *testing.T, o *order.Order, owner string, at time.Time) {
	t.Helper()
	if err := o.Claim("ebook/sale", owner, time.Minute, at); err != nil {
		t.Fatal(err)
	}
}

func TestTimelineSaysWhoFoundAnEvent(t *testing.T) {
	t.Parallel()

	o := fetched(t, "completed_paid")
	for id, e := range o.Events {
		e.Found = order.FoundByItself
		o.Events[id] = e
	}
	if got := story(view.Timeline(o)); !strings.Contains(got[0], "Event found at Stripe (catch-up) | checkout.session.completed") {
		t.Errorf("it begins with %q", got[0])
	}
}
