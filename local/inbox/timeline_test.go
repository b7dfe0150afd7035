package inbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

// sold is an order of which one e-mail was sent and the other is to be tried again.
func sold(t *testing.T, b *bundle) *order.Order {
	t.Helper()
	o := b.samples["completed_paid"]
	o.Plan(order.ForPaid, []order.Email{
		{Key: "ebook/delivery", To: []order.Address{{Email: "ada@example.com"}}, NotBefore: later(40 * time.Millisecond)},
		{Key: "ebook/sale", To: []order.Address{{Email: "owner@example.com"}}, NotBefore: later(40 * time.Millisecond)},
	}, later(40*time.Millisecond))
	claim(t, o, "me", "ebook/delivery", later(50*time.Millisecond))
	if err := o.MarkSent("ebook/delivery", "me", "m1", 202, later(60*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	claim(t, o, "me", "ebook/sale", later(70*time.Millisecond))
	setback := order.Setback{Status: 503, Reason: "SendGrid answered 503"}
	if err := o.MarkRetry("ebook/sale", "me", setback, later(5*time.Second), later(80*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	return o
}

func claim(t *testing.T, o *order.Order, owner, key string, at time.Time) {
	t.Helper()
	if err := o.Claim(key, owner, time.Minute, at); err != nil {
		t.Fatal(err)
	}
}

// story is the steps of a timeline, for comparing.
func story(o *order.Order) []string {
	var lines []string
	for _, s := range timeline(o) {
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

func TestTimeline(t *testing.T) {
	t.Parallel()

	t.Run("of an order that goes well, but for one e-mail", func(t *testing.T) {
		t.Parallel()

		o := sold(t, setup(t))
		want := []string{
			"0s Event received | checkout.session.completed, evt_1000000000000000000000001",
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
		got := story(o)
		for i := range got { // the ID of the event is the sample's
			if strings.HasPrefix(got[i], "0s Event received") {
				got[i] = want[0]
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})

	t.Run("says what is not sure, and who died", func(t *testing.T) {
		t.Parallel()

		o := sold(t, setup(t))
		claim(t, o, "me", "ebook/sale", later(5*time.Second))
		claim(t, o, "you", "ebook/sale", later(5*time.Minute))
		if err := o.MarkFailed("ebook/sale", "you", order.Setback{Status: 400, Reason: "SendGrid answered 400: from"},
			[]order.Email{{Key: "notice/email-failed/ebook/sale"}}, later(6*time.Minute)); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(story(o), "\n")
		mustHave(t, got, "5m0s Attempt 3 | ebook/sale",
			"6m0s Failed for good | ebook/sale | SendGrid answered 400: from; 1 process died in it; a second copy is possible, "+
				"as an attempt ended without an answer\n"+
				"6m0s Planned a notice | notice/email-failed/ebook/sale\n"+
				"6m0s Failed for good | notice/email-failed/ebook/sale | nobody to send it to")
	})

	t.Run("tells the sweep from the queue, and what an order waits for", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		o := b.samples["completed_unpaid"]
		if got := story(o); !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "Items fetched") }) {
			t.Error(got)
		}
		lost := b.samples["completed_paid"]
		lost.Fetch = order.Fetch{}
		due := lost.CreatedAt.Add(order.DispatchGrace)
		lost.NextDueAt = &due
		mustHave(t, strings.Join(story(lost), "\n"), "later: 10s The sweep takes it up")
		lost.FetchFailed("Stripe answered 500", later(20*time.Second), later(12*time.Second))
		mustHave(t, strings.Join(story(lost), "\n"), "12s Sweep took it up | after 12s",
			"12s Stripe did not say what was bought | 1 attempt since then; Stripe answered 500",
			"later: 20s Stripe is asked again")
		lost.SetItems(nil, later(21*time.Second))
		lost.Ignore(order.ForPaid, "the catalogue's only does not name it", later(21*time.Second))
		mustHave(t, strings.Join(story(lost), "\n"), "21s Ignored | the catalogue's only does not name it")
	})
}

func TestStateOf(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct {
		change func(*order.Order)
		want   string
	}{
		"not planned yet":        {func(*order.Order) {}, stateWaiting},
		"planned, nothing owed":  {func(o *order.Order) { o.Plan(order.ForPaid, nil, start) }, stateDone},
		"ignored":                {func(o *order.Order) { o.Ignore(order.ForPaid, "not ours", start) }, stateIgnored},
		"items never came":       {func(o *order.Order) { o.Fetch.FailedAt = start }, stateFailed},
		"not paid, nothing owed": {func(o *order.Order) { o.PaymentStatus = order.Unpaid }, stateUnpaid},
		"an e-mail waits": {func(o *order.Order) {
			o.Plan(order.ForPaid, []order.Email{{Key: "a/b", To: []order.Address{{}}}}, start)
		}, stateWaiting},
		"an e-mail failed, another waits": {func(o *order.Order) {
			o.Plan(order.ForPaid, []order.Email{{Key: "a/b", To: []order.Address{{}}}, {Key: "a/c"}}, start)
		}, stateFailed},
		"declined, and the admins know": {func(o *order.Order) {
			o.PaymentStatus, o.PaymentFailed = order.Unpaid, true
			o.Plan(order.ForPaymentFailed, nil, start)
		}, stateUnpaid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			o := setup(t).samples["completed_paid"]
			c.change(o)
			if got := stateOf(o); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestTimelineSaysWhoFoundAnEvent(t *testing.T) {
	t.Parallel()

	o := setup(t).samples["completed_paid"]
	for id, e := range o.Events {
		e.Found = order.FoundByItself
		o.Events[id] = e
	}
	if got := story(o); !strings.Contains(got[0], "Event found at Stripe (catch-up) | checkout.session.completed") {
		t.Errorf("it begins with %q", got[0])
	}
}
