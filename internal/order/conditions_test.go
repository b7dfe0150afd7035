package order_test

import (
	"testing"
	"time"

	"handler/function/internal/order"
)

func TestConditions(t *testing.T) {
	t.Parallel()

	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	o := order.NewConditions(now)
	o.SetReport(`{"level": 80}`, now.Add(time.Hour))
	if order.IsSale(o.ID) || order.ValidID(o.ID) || o.NextDueAt != nil || !o.UpdatedAt.Equal(now.Add(time.Hour)) || !o.Livemode {
		t.Errorf("got %+v", o)
	}
	if order.IsSale("report_2026-11-24") || order.IsSale("database_space") || !order.IsSale("cs_test_1") {
		t.Error("a report, or the document of an earlier version, is a sale, or a session is none")
	}
}

func TestConditionsAreForgotten(t *testing.T) {
	t.Parallel()

	day := func(n int) time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).AddDate(0, 0, n) }
	o := order.NewConditions(day(0))
	to := []order.Address{{Email: "owner@example.com"}}
	o.Owe([]order.Email{{Key: "notice/old", To: to, NotBefore: day(0)}, {Key: "notice/waits", To: to, NotBefore: day(0)}}, day(0))
	o.Owe([]order.Email{{Key: "notice/new", To: to, NotBefore: day(20)}}, day(20))
	for _, key := range []string{"notice/old", "notice/new"} {
		if err := o.Claim(key, "p", time.Minute, day(20)); err != nil {
			t.Fatal(err)
		}
		if err := o.MarkSent(key, "p", "m-"+key, 202, day(20)); err != nil {
			t.Fatal(err)
		}
	}
	o.SetReport("{}", day(31))
	if _, old := o.Emails["notice/old"]; old || len(o.Emails) != 2 || len(o.MessageIDs) != 1 || o.MessageIDs[0] != "m-notice/new" {
		t.Errorf("left: %v, messages %v", o.Emails, o.MessageIDs)
	}
}
