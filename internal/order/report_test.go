package order_test

import (
	"testing"
	"time"

	"handler/function/internal/order"
)

func TestNewReport(t *testing.T) {
	t.Parallel()

	late := time.Date(2026, 3, 5, 0, 30, 0, 0, time.FixedZone("", 3600)) // the fourth, in UTC
	o := order.NewReport(late, `{}`, start)
	if o.ID != "report_2026-03-05" || o.ID != order.ReportID(late) || !order.IsReport(o.ID) || order.ValidID(o.ID) {
		t.Errorf("ID %q", o.ID)
	}
	if _, waits := o.Unplanned(); waits || o.Settled() || !o.Livemode || o.NextDueAt != nil {
		t.Errorf("a report is taken for an order: %+v", o)
	}
	o.Owe([]order.Email{receipt(start)}, start)
	if o.NextDueAt == nil || !o.NextDueAt.Equal(start) {
		t.Errorf("next due at %v", o.NextDueAt)
	}
}

func TestIsReport(t *testing.T) {
	t.Parallel()

	for id, want := range map[string]bool{
		"report_2026-03-05": true, "report_2024-02-29": true,
		"report_": false, "report_2026-3-5": false, "report_2026-02-29": false, "report_2026-03-05.to": false, "report_$where": false,
		"2026-03-05": false, "report_+026-03-05": false, "cs_2026-03-05": false, "": false,
	} {
		if got := order.IsReport(id); got != want {
			t.Errorf("%q: %v", id, got)
		}
	}
}
