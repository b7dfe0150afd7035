package catalogue

import (
	"strings"
	"testing"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// alerting is the small catalogue with an alert channel.
func alerting(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Parse("catalogue.yml", []byte(sample.SmallCatalogue))
	if err != nil {
		t.Fatal(err)
	}
	c.AlertWhile(func() bool { return true })
	return c
}

// TestAlertOfEachKind wants an alert beside the notice of each kind, with a text of its own that says
// of which order it is.
func TestAlertOfEachKind(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	c := alerting(t)
	for _, kind := range alertKinds {
		o := &order.Order{ID: "cs_1"}
		c.OweNotice(o, kind, "ebook/delivery", now)
		var found order.Delivery
		for key, d := range o.Emails {
			if order.IsAlert(key) {
				found = d
			}
		}
		if found.Audience != order.Alert || !found.DueAt.Equal(now) || len(o.Emails) != 2 {
			t.Errorf("%s: %+v", kind, o.Emails)
			continue
		}
		m := AlertMessage(o, found)
		if m.Kind != string(kind) || m.Order != o.ID || m.Title == "[test] "+string(kind) || strings.Count(m.Text, o.ID) < 2 {
			t.Errorf("%s: %+v", kind, m)
		}
	}
}

// TestAlertOfAPaymentThatStaysPending: it is owed by a plan.
func TestAlertOfAPaymentThatStaysPending(t *testing.T) {
	t.Parallel()

	o := &order.Order{ID: "cs_1"}
	alerting(t).Plan(o, order.ForStillUnpaid, time.Now())
	if _, owed := o.Emails["alert/still-unpaid"]; !owed {
		t.Errorf("%+v", o.Emails)
	}
}

// TestAlertsAreOwedWhileThereIsAChannel asks at the moment of the change.
func TestAlertsAreOwedWhileThereIsAChannel(t *testing.T) {
	t.Parallel()

	c, on := alerting(t), false
	c.AlertWhile(func() bool { return on })
	for _, want := range []int{1, 2} {
		o := &order.Order{ID: "cs_1"}
		c.OweNotice(o, OrderOverdue, "", time.Now())
		if len(o.Emails) != want {
			t.Errorf("on is %v: %d deliveries", on, len(o.Emails))
		}
		on = true
	}
}
