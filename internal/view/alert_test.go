package view_test

import (
	"slices"
	"testing"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

// TestAnAlertIsNoEmail compares what is shown of an order before and after an alert of it failed.
func TestAnAlertIsNoEmail(t *testing.T) {
	t.Parallel()

	o := halfSent(t)
	before, counted := view.Of(o, start), summed(o)
	const key = "alert/email-failed/ebook/delivery"
	o.Owe([]order.Email{{Key: key, Audience: order.Alert, NotBefore: start}}, start)
	if state := view.StateOf(o, start.Add(time.Second)); state != before.State {
		t.Errorf("an alert that waits makes the order %s", state)
	}
	if err := o.Claim(key, "one", time.Minute, start); err != nil {
		t.Fatal(err)
	}
	setback := order.Setback{Status: 500, Reason: "the alert channel answered 500"}
	if err := o.MarkFailed(key, "one", setback, nil, start); err != nil {
		t.Fatal(err)
	}
	after := view.Of(o, start)
	if after.State != before.State || after.Progress() != before.Progress() || len(after.Emails) != len(before.Emails) {
		t.Errorf("an order is %s, %s, with %d e-mails; before its alert failed %s, %s, %d",
			after.State, after.Progress(), len(after.Emails), before.State, before.Progress(), len(before.Emails))
	}
	if got := summed(o); got != counted {
		t.Errorf("counted as %+v, and before as %+v", got, counted)
	}
	lines := story(after.Timeline)
	for _, want := range []string{"Planned an alert", "Alert failed for good"} {
		if !slices.ContainsFunc(after.Timeline, func(s view.Step) bool {
			return s.What == want && s.Kind == view.Alert && s.Delivery == key
		}) {
			t.Errorf("no %q in\n%v", want, lines)
		}
	}
	if slices.ContainsFunc(after.Timeline, func(s view.Step) bool { return s.Delivery == key && s.Kind != view.Alert }) {
		t.Errorf("its steps are an e-mail's: %v", lines)
	}
}

func summed(o *order.Order) view.Emails {
	tally := view.NewTally(o.CreatedAt)
	tally.Add(o)
	return tally.Summary(view.Now{}).Test[2].Emails
}

func TestTimelineOfAlerts(t *testing.T) {
	t.Parallel()

	for state, want := range map[order.State]string{
		order.Planned: "Alert is due", order.Retry: "Alert not sent, at attempt 0", order.Sending: "Alert is due",
		order.Sent: "Alert sent", order.Failed: "Alert failed for good", order.Cancelled: "Alert cancelled",
	} {
		o := halfSent(t)
		o.Emails["alert/x"] = order.Delivery{Email: order.Email{Key: "alert/x", Audience: order.Alert}, State: state}
		if !slices.ContainsFunc(view.Timeline(o), func(s view.Step) bool { return s.What == want }) {
			t.Errorf("%s: no %q", state, want)
		}
	}
}
