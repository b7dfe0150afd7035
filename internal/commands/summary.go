package commands

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

const (
	// longestCount is for how long the orders of a summary are counted.
	longestCount = 25 * time.Second
	// MaxDue is up to how many of those that are due are counted.
	MaxDue = 1000
)

// summarize is true: say how the shop does.
type summarize bool

func (r *summarize) Check() error { return CheckTrue("summary", bool(*r)) }

func (r *summarize) OrderID() string { return "" }

func (r *summarize) Answer(ctx context.Context, s Service, log *slog.Logger) (any, error) {
	orders, err := s.Store()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnread, err)
	}
	now := s.Now()
	sum, err := s.summary(ctx, orders, now, now.Add(clocksApart))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnread, err)
	}
	log.Info("orders summarized", "whole", sum.CountedSince == nil)
	return sum, nil
}

// summary counts the orders of the days that end with day, made before until, the newest first, as
// far as it comes.
func (s Service) summary(ctx context.Context, orders Store, day, until time.Time) (view.Summary, error) {
	began := s.Now()
	due, err := orders.Due(ctx, began, MaxDue)
	if err != nil {
		return view.Summary{}, err
	}
	tally := view.NewTally(day)
	var last time.Time
	whole := true
	err = orders.Walk(ctx, tally.Since(), until, func(o *order.Order) bool {
		if whole = last.IsZero() || s.Now().Sub(began) < longestCount; whole {
			tally.Add(o)
			last = o.CreatedAt
		}
		return whole
	})
	sum := tally.Summary(nowOf(due, began))
	if !whole {
		sum.CountedSince = &last
	}
	return sum, err
}

// nowOf is what there is to do, by what is due, the longest first.
func nowOf(due []order.DueOrder, now time.Time) view.Now {
	n := view.Now{Due: len(due), AtLeast: len(due) == MaxDue}
	if len(due) > 0 {
		n.OldestDueAt = &due[0].At
		n.OldestDue = int64(now.Sub(due[0].At) / time.Second)
	}
	for _, o := range due {
		if now.Sub(o.At) > view.Patience {
			n.Stuck++
		}
	}
	return n
}
