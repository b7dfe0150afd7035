package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
	id, err := s.MakeReport(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUndone, err)
	}
	return s.Send(ctx, log, id)
}

// MakeReport keeps today's report, with the e-mail that it owes, unless it is there, and gives its
// ID. Of several processes one keeps it.
func (s Service) MakeReport(ctx context.Context) (string, error) {
	now := s.Now()
	id := order.ReportID(now)
	orders, err := s.Store()
	if err != nil {
		return "", err
	}
	if _, err := orders.Load(ctx, id); !errors.Is(err, order.ErrNotFound) {
		return id, err
	}
	day := view.EndOf(now)
	sum, err := s.summary(ctx, orders, day, day.Add(time.Millisecond))
	if err != nil {
		return "", fmt.Errorf("make a report: %w", err)
	}
	o := order.NewReport(now, view.ReportOf(sum).JSON(), now)
	o.Owe([]order.Email{s.Catalogue.ReportEmail(o, now)}, now)
	made, err := orders.Create(ctx, o)
	if err == nil && made {
		s.Log.Info("report made", "order", id, "whole", sum.CountedSince == nil)
	}
	return id, err
}
