package inbox

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
)

func TestArrivedIsTold(t *testing.T) {
	t.Parallel()

	o := sold(t, setup(t))
	told := func(kind order.ArrivalKind, after time.Duration, message, status, reason string) order.Arrival {
		return order.Arrival{Kind: kind, To: "ada@example.com", At: later(after), Message: message, Status: status, Reason: reason}
	}
	if _, err := o.Arrive("ebook/delivery", []order.Arrival{
		told(order.Processed, 0, "m1", "", ""), told(order.Delivered, 3*time.Second, "m1", "", "250 OK"), told(order.Bounced, 2*time.Second, "m2", "5.1.1", "no such mailbox"),
	}, later(4*time.Second)); err != nil {
		t.Fatal(err)
	}
	got := slices.DeleteFunc(story(o), func(line string) bool {
		for _, told := range []string{"SendGrid took", "Delivered", "Bounced", "copies"} {
			if strings.Contains(line, told) {
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
	if v := viewArrivals(o.Emails["ebook/delivery"]); len(v) != 3 || v[1].Reason != "no such mailbox" {
		t.Errorf("got %+v", v)
	}
}
