package order_test

import (
	"testing"
	"time"

	"handler/function/internal/order"
)

func TestSpace(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	o := order.NewSpace(now)
	o.SetReport(`{"level": 80}`, now.Add(time.Hour))
	if order.IsSale(o.ID) || order.ValidID(o.ID) || o.NextDueAt != nil || !o.UpdatedAt.Equal(now.Add(time.Hour)) || !o.Livemode {
		t.Errorf("got %+v", o)
	}
	if order.IsSale("report_2026-11-24") || !order.IsSale("cs_test_1") {
		t.Error("a report is a sale, or a session is none")
	}
}
