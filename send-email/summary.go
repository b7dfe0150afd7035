package function

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
	// maxDue is up to how many of those that are due are counted.
	maxDue = 1000
)

// summarize is true: say how the shop does.
type summarize bool

func (r *summarize) check() error { return checkTrue("summary", bool(*r)) }

func (r *summarize) order() string { return "" }

func (r *summarize) answer(ctx context.Context, f *Function, log *slog.Logger) (any, error) {
	orders, err := f.store()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnread, err)
	}
	now := f.now()
	s, err := f.summary(ctx, orders, now, now.Add(clocksApart))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnread, err)
	}
	log.Info("orders summarized", "whole", s.CountedSince == nil)
	return s, nil
}

// summary counts the orders of the days that end with day, made before until, the newest first, as far as it comes.
func (f *Function) summary(ctx context.Context, orders Store, day, until time.Time) (view.Summary, error) {
	began := f.now()
	due, err := orders.Due(ctx, began, maxDue)
	if err != nil {
		return view.Summary{}, err
	}
	tally := view.NewTally(day)
	var last time.Time
	whole := true
	err = orders.Walk(ctx, tally.Since(), until, func(o *order.Order) bool {
		if whole = last.IsZero() || f.now().Sub(began) < longestCount; whole {
			tally.Add(o)
			last = o.CreatedAt
		}
		return whole
	})
	s := tally.Summary(nowOf(due, began))
	if !whole {
		s.CountedSince = &last
	}
	return s, err
}

// nowOf is what there is to do, by what is due, the longest first.
func nowOf(due []order.DueOrder, now time.Time) view.Now {
	n := view.Now{Due: len(due), AtLeast: len(due) == maxDue}
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
