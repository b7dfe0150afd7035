package commands

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/view"
	"handler/function/internal/watch"
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
	now := s.today()
	sum, err := s.summary(ctx, orders, now, now.Add(clocksApart))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnread, err)
	}
	kept, err := watch.Load(ctx, orders)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnread, err)
	}
	sum.Conditions = view.ConditionsOf(kept.Set)
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
	since, err := s.count(ctx, orders, tally, until, began)
	sum := tally.Summary(nowOf(due, began))
	sum.CountedSince = since
	return sum, err
}

// count counts the orders made before until, the newest first, and those that were made before the
// days of the tally and paid in them. If there is no time for all, it returns since when they are
// counted.
func (s Service) count(
	ctx context.Context, orders Store, tally *view.Tally, until, began time.Time,
) (*time.Time, error) {
	since := tally.Since()
	var last time.Time
	whole := true
	visit := func(o *order.Order) bool {
		if whole = last.IsZero() || s.Now().Sub(began) < longestCount; whole {
			tally.Add(o)
			last = o.CreatedAt
		}
		return whole
	}
	err := orders.Walk(ctx, since, until, visit)
	if err == nil && whole {
		err = orders.WalkPaid(ctx, since.Add(-order.LongestDebit), since, since, visit)
	}
	switch {
	case whole:
		return nil, err
	case last.Before(since):
		return &since, err // of those before it, only delayed payments are missing
	}
	return &last, err
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
