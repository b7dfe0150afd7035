package order_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"handler/function/internal/order"
)

const alertKey = "alert/email-failed/ebook/delivery"

// alerted is an order whose e-mail failed, and that owes an alert.
func alerted(t *testing.T) *order.Order {
	t.Helper()
	o := planned(t)
	must(t, o.Claim(key, "one", lease, start))
	owed := []order.Email{{Key: alertKey, Audience: order.Alert, NotBefore: start}}
	must(t, o.MarkFailed(key, "one", order.Setback{Status: 400}, owed, start))
	return o
}

func TestAnAlertNeedsNoRecipient(t *testing.T) {
	t.Parallel()

	o := alerted(t)
	if d := o.Emails[alertKey]; d.State != order.Planned || !order.IsAlert(d.Key) {
		t.Errorf("%+v", d)
	}
	if o.NextDueAt == nil || !o.NextDueAt.Equal(start) {
		t.Errorf("next due %v: the sweep does not find it", o.NextDueAt)
	}
}

func TestAnAlertIsNoEmail(t *testing.T) {
	t.Parallel()

	o := alerted(t)
	for key := range o.Mails() {
		if order.IsAlert(key) {
			t.Errorf("%s is an e-mail", key)
		}
	}
	if _, err := o.Resend(alertKey, again("11111111"), start); !errors.Is(err, order.ErrAlert) {
		t.Errorf("it is sent again: %v", err)
	}
	if _, err := o.Resend("unknown", again("11111111"), start); err == nil || strings.Contains(err.Error(), "alert/") {
		t.Errorf("it is offered to be sent again: %v", err)
	}
	if _, err := o.Correct(again("11111111"), []string{alertKey}, start); !errors.Is(err, order.ErrAlert) {
		t.Errorf("it is sent to a corrected address: %v", err)
	}
}

// TestAFailedAlertIsNotTakenUp: retry --failed is for e-mails.
func TestAFailedAlertIsNotTakenUp(t *testing.T) {
	t.Parallel()

	o := alerted(t)
	must(t, o.Claim(alertKey, "one", lease, start))
	must(t, o.MarkFailed(alertKey, "one", order.Setback{Status: 500}, nil, start))
	if taken, err := o.Retry(again("11111111"), start); err != nil || !taken {
		t.Fatal(taken, err)
	}
	for key, d := range o.Emails {
		if strings.HasPrefix(d.CopyOf, alertKey) {
			t.Errorf("%s is owed", key)
		}
	}
}

// TestARefundStopsNoAlert: the owner still hears of the failure.
func TestARefundStopsNoAlert(t *testing.T) {
	t.Parallel()

	o := alerted(t)
	if _, err := o.Add(event(t, "charge_refunded", nil), start.Add(time.Minute)); err != nil || !o.Reversed() {
		t.Fatal(err)
	}
	if d := o.Emails[alertKey]; d.State != order.Planned {
		t.Errorf("it is %s", d.State)
	}
}
