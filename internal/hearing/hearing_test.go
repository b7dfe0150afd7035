package hearing

import (
	"context"
	"errors"
	"testing"
	"time"

	"handler/function/internal/order"
)

var start = time.Date(2024, 11, 24, 12, 0, 0, 0, time.UTC)

// shelf is a store of orders, the newest first.
type shelf struct {
	orders []*order.Order
	looks  int
	err    error
}

func (s *shelf) Walk(_ context.Context, since, until time.Time, visit func(*order.Order) bool) error {
	s.looks++
	for _, o := range s.orders {
		if !o.CreatedAt.Before(since) && o.CreatedAt.Before(until) && !visit(o) {
			break
		}
	}
	return s.err
}

// sold is an order made so long after the start, with an e-mail that SendGrid accepted a second
// later; heard or not.
func sold(after time.Duration, heard bool) *order.Order {
	d := order.Delivery{State: order.Sent, SentAt: start.Add(after + time.Second)}
	if heard {
		d.Arrivals = []order.Arrival{{Kind: order.Processed}}
	}
	return &order.Order{CreatedAt: start.Add(after), Emails: map[string]order.Delivery{"ebook/delivery": d}}
}

func TestAfter(t *testing.T) {
	t.Parallel()

	waited := sold(-time.Minute, true)
	d := waited.Emails["ebook/delivery"]
	d.SentAt = start.Add(time.Hour)
	waited.Emails["ebook/delivery"] = d
	silent, now := start.Add(time.Second), start.Add(order.HearPatience)
	for name, c := range map[string]struct {
		orders []*order.Order
		want   bool
	}{
		"nothing was heard":                            {[]*order.Order{sold(2*time.Hour, false), sold(0, false)}, false},
		"a later e-mail was heard":                     {[]*order.Order{sold(3*time.Hour, false), sold(2*time.Hour, true), sold(0, false)}, true},
		"only an earlier one was":                      {[]*order.Order{sold(2*time.Hour, false), sold(0, false), sold(-time.Minute, true)}, false},
		"only one accepted with it is":                 {[]*order.Order{sold(0, true)}, false},
		"a later e-mail of an earlier order was heard": {[]*order.Order{waited}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			var e Ears
			s := &shelf{orders: c.orders}
			for range 2 {
				if got, err := e.After(t.Context(), s, silent, now); got != c.want || err != nil {
					t.Errorf("got %v, %v", got, err)
				}
			}
			if s.looks != 1 {
				t.Errorf("%d looks within a minute", s.looks)
			}
		})
	}

	t.Run("looks again after a minute, or further back", func(t *testing.T) {
		t.Parallel()

		var e Ears
		s := &shelf{}
		for i, at := range []struct{ at, now time.Time }{{silent, now}, {silent, now.Add(lookPause)}, {silent.Add(-time.Second), now.Add(lookPause)}} {
			if _, err := e.After(t.Context(), s, at.at, at.now); err != nil || s.looks != i+1 {
				t.Errorf("after question %d: %d looks, %v", i+1, s.looks, err)
			}
		}
	})

	t.Run("asks no store about what it heard itself", func(t *testing.T) {
		t.Parallel()

		var e Ears
		e.Note(sold(time.Hour, true))
		s := &shelf{}
		if got, err := e.After(t.Context(), s, silent, now); !got || err != nil || s.looks != 0 {
			t.Errorf("got %v, %v after %d looks", got, err, s.looks)
		}
	})

	t.Run("says nothing where the store cannot be read", func(t *testing.T) {
		t.Parallel()

		var e Ears
		s := &shelf{err: errors.New("away")}
		for range 2 {
			if _, err := e.After(t.Context(), s, silent, now); err == nil {
				t.Error("no error")
			}
		}
		if s.looks != 2 {
			t.Errorf("%d looks", s.looks)
		}
	})
}
