package sample

import (
	"errors"
	"time"

	"handler/function/internal/order"
)

// HalfSent is the order of completed_paid some milliseconds after start: one of its e-mails was
// sent, and SendGrid would not take the other yet.
func HalfSent(start time.Time) (*order.Order, error) {
	o, err := orderOf("completed_paid", start)
	if err != nil {
		return nil, err
	}
	after := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	o.Plan(order.ForPaid, []order.Email{
		{Key: "ebook/delivery", To: []order.Address{{Email: "ada@example.com"}}, NotBefore: after(40)},
		{Key: "ebook/sale", To: []order.Address{{Email: "owner@example.com"}}, NotBefore: after(40)},
	}, after(40))
	return o, errors.Join(
		o.Claim("ebook/delivery", "me", time.Minute, after(50)),
		o.MarkSent("ebook/delivery", "me", "m1", 202, after(60)),
		o.Claim("ebook/sale", "me", time.Minute, after(70)),
		o.MarkRetry("ebook/sale", "me", order.Setback{Status: 503, Reason: "SendGrid answered 503"}, after(5000), after(80)),
	)
}
