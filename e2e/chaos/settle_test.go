package chaos

import (
	"errors"
	"testing"
	"time"

	"handler/function/internal/order"
)

func TestEndLeases(t *testing.T) {
	t.Parallel()

	killed, now := start, start.Add(20*time.Second)
	expires := start.Add(2 * time.Minute)
	for name, c := range map[string]struct {
		d    order.Delivery
		ends bool
	}{
		"claimed before the kill":          {order.Delivery{State: order.Sending, LastTriedAt: killed.Add(-time.Second)}, true},
		"claimed after it":                 {order.Delivery{State: order.Sending, LastTriedAt: killed.Add(time.Second)}, false},
		"to be tried again":                {order.Delivery{State: order.Retry, LastTriedAt: killed.Add(-time.Second)}, false},
		"sent by the process that died":    {order.Delivery{State: order.Sent, LastTriedAt: killed.Add(-time.Second)}, false},
		"planned, and not claimed by then": {order.Delivery{State: order.Planned}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			c.d.DueAt = expires
			o := &order.Order{NextDueAt: &expires, Emails: map[string]order.Delivery{"ebook/delivery": c.d}}
			err := endLeases(o, killed, now)
			due := map[bool]time.Time{true: now, false: expires}[c.ends]
			if !o.Emails["ebook/delivery"].DueAt.Equal(due) || !o.NextDueAt.Equal(due) || errors.Is(err, order.ErrUnchanged) == c.ends {
				t.Errorf("due at %v, the order at %v, %v", o.Emails["ebook/delivery"].DueAt, o.NextDueAt, err)
			}
		})
	}
}
