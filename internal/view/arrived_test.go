package view_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

func TestArrivedIsTold(t *testing.T) {
	t.Parallel()

	o := halfSent(t)
	heard := func(kind order.ArrivalKind, after time.Duration, message, status, reason string) order.Arrival {
		return order.Arrival{Kind: kind, To: "ada@example.com", At: later(after), Message: message, Status: status, Reason: reason}
	}
	if _, err := o.Arrive("ebook/delivery", []order.Arrival{
		heard(order.Processed, 0, "m1", "", ""), heard(order.Delivered, 3*time.Second, "m1", "", "250 OK"), heard(order.Bounced, 2*time.Second, "m2", "5.1.1", "no such mailbox"),
	}, later(4*time.Second)); err != nil {
		t.Fatal(err)
	}
	got := slices.DeleteFunc(story(view.Timeline(o)), func(line string) bool {
		for _, words := range []string{"SendGrid took", "Delivered", "Bounced", "copies"} {
			if strings.Contains(line, words) {
				return false
			}
		}
		return true
	})
	want := []string{
		"50ms SendGrid took it on | ebook/delivery", // which counts in seconds
		"60ms 2 copies were sent for certain | ebook/delivery",
		"2s Bounced | ebook/delivery | 5.1.1 no such mailbox",
		"3s Delivered | ebook/delivery | 250 OK",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if v := view.Of(o, later(time.Minute)).Emails[0].Arrivals; len(v) != 3 || v[1].Reason != "no such mailbox" {
		t.Errorf("got %+v", v)
	}
}
