package function

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

// sendReport is true: send the admins the report of yesterday, if that was not done. A copy of the call does nothing, so
// a clock may make it, undated: there is one report a day.
type sendReport bool

func (r *sendReport) check() error { return checkTrue("report", bool(*r)) }

func (r *sendReport) order() string { return "" }

func (r *sendReport) answer(ctx context.Context, f *Function, log *slog.Logger) (any, error) {
	if f.catalogue.Report == nil {
		return map[string]string{"ignored": "the catalogue asks for no report"}, nil
	}
	id, err := f.makeReport(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUndone, err)
	}
	return f.send(ctx, log, id, f.unpaced, wholly)
}

// makeReport keeps today's report, with the e-mail that it owes, unless it is there, and gives its ID. Of several
// processes one keeps it.
func (f *Function) makeReport(ctx context.Context) (string, error) {
	now := f.now()
	id := order.ReportID(now)
	orders, err := f.store()
	if err != nil {
		return "", err
	}
	if _, err := orders.Load(ctx, id); !errors.Is(err, order.ErrNotFound) {
		return id, err
	}
	day := view.EndOf(now)
	s, err := f.summary(ctx, orders, day, day.Add(time.Millisecond))
	if err != nil {
		return "", fmt.Errorf("make a report: %w", err)
	}
	o := order.NewReport(now, view.ReportOf(s).JSON(), now)
	o.Owe([]order.Email{f.catalogue.ReportEmail(o, now)}, now)
	made, err := orders.Create(ctx, o)
	if err == nil && made {
		f.log.Info("report made", "order", id, "whole", s.CountedSince == nil)
	}
	return id, err
}

// reportInTime makes the report once its time of day has come, and wakes the sweep, which sends it. What keeps it from
// that is tried again after the next sweep.
func (f *Function) reportInTime(ctx context.Context) {
	now := f.now()
	id := order.ReportID(now)
	if !f.catalogue.ReportDue(now) || f.reported == id {
		return
	}
	if _, err := f.makeReport(ctx); err != nil {
		f.log.Warn("the report could not be made; the next sweep tries again", "err", err)
		return
	}
	f.reported = id
	f.alarm.set(&now)
}
