package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

// sendReport is true: send the admins the report of yesterday, if that was not done. A copy of the
// call does nothing, so a clock may make it, undated: there is one report a day.
type sendReport bool

func (r *sendReport) Check() error { return CheckTrue("report", bool(*r)) }

func (r *sendReport) OrderID() string { return "" }

func (r *sendReport) Answer(ctx context.Context, s Service, log *slog.Logger) (any, error) {
	if s.Catalogue.Report == nil {
		return map[string]string{"ignored": "the catalogue asks for no report"}, nil
	}
	id, err := s.makeReport(ctx, s.today())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUndone, err)
	}
	return s.Send(ctx, log, id)
}

// MakeDueReport makes the oldest report that is due and missing, and returns how many were missing.
func (s Service) MakeDueReport(ctx context.Context) (missing int, err error) {
	orders, err := s.Store()
	if err != nil {
		return 0, err
	}
	missed, err := s.missedReports(ctx, orders)
	if err != nil || len(missed) == 0 {
		return 0, err
	}
	_, err = s.makeReport(ctx, missed[0])
	return len(missed), err
}

// lookBack is for how many days it is known that reports were made before.
const lookBack = 30

// missedReports are the times at which reports were due that were not made, the oldest first. A shop
// whose reports begin, or begin again after lookBack, gets that of today: the days before had none.
func (s Service) missedReports(ctx context.Context, orders Store) ([]time.Time, error) {
	now := s.today()
	ids := map[string][]string{}
	for days := range lookBack {
		ids[order.ReportID(now.AddDate(0, 0, -days))] = nil
	}
	known, err := orders.Known(ctx, ids)
	if err != nil {
		return nil, err
	}
	first := order.ReportID(now)
	for id := range known {
		first = min(first, id)
	}
	return slices.DeleteFunc(s.Catalogue.ReportsDue(now), func(at time.Time) bool {
		id := order.ReportID(at)
		return id < first || known[id] != nil
	}), nil
}

// makeReport keeps the report that is due on a day, with the e-mail that it owes, unless it is
// there, and gives its ID. Of several processes one keeps it.
func (s Service) makeReport(ctx context.Context, on time.Time) (string, error) {
	now, id := s.Now(), order.ReportID(on)
	orders, err := s.Store()
	if err != nil {
		return "", err
	}
	if _, err := orders.Load(ctx, id); !errors.Is(err, order.ErrNotFound) {
		return id, err
	}
	day := view.EndOf(on)
	sum, err := s.summary(ctx, orders, day, day.Add(time.Millisecond))
	if err != nil {
		return "", fmt.Errorf("make a report: %w", err)
	}
	o := order.NewReport(on, view.ReportOf(sum).JSON(), now)
	o.Owe([]order.Email{s.Catalogue.ReportEmail(o, now)}, now)
	made, err := orders.Create(ctx, o)
	if err == nil && made {
		s.Log.Info("report made", "order", id, "whole", sum.CountedSince == nil)
	}
	return id, err
}
