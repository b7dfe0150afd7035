package view_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

func in(t *testing.T, zone, at string) time.Time {
	t.Helper()
	location, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	utc, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	return utc.In(location)
}

func TestDays(t *testing.T) {
	t.Parallel()

	for _, c := range []struct{ zone, now, start, before string }{
		{"UTC", "2026-03-29T12:00:00Z", "2026-03-29T00:00:00Z", "2026-03-28T23:59:59.999Z"},
		{"Europe/Berlin", "2026-01-10T22:59:59Z", "2026-01-09T23:00:00Z", "2026-01-09T22:59:59.999Z"},
		{"Europe/Berlin", "2026-03-29T21:59:59Z", "2026-03-28T23:00:00Z", "2026-03-28T22:59:59.999Z"}, // 23 hours
		{"Europe/Berlin", "2026-10-25T22:59:59Z", "2026-10-24T22:00:00Z", "2026-10-24T21:59:59.999Z"}, // 25 hours
		{"Pacific/Auckland", "2026-01-10T12:00:00Z", "2026-01-10T11:00:00Z", "2026-01-10T10:59:59.999Z"},
		{"Africa/Cairo", "2024-04-26T12:00:00Z", "2024-04-25T22:00:00Z", "2024-04-25T21:59:59.999Z"},     // begins at one
		{"America/Santiago", "2026-09-06T12:00:00Z", "2026-09-06T04:00:00Z", "2026-09-06T03:59:59.999Z"}, // too
	} {
		now := in(t, c.zone, c.now)
		if got := view.StartOf(now).UTC().Format(time.RFC3339); got != c.start {
			t.Errorf("%s: the day of %s begins at %s, want %s", c.zone, c.now, got, c.start)
		}
		if got := view.EndOf(now).UTC().Format(time.RFC3339Nano); got != c.before {
			t.Errorf("%s: the day before %s ends at %s, want %s", c.zone, c.now, got, c.before)
		}
	}
}

// TestTallyInATimeZone counts one order in each hour of the days around a change of the clocks.
func TestTallyInATimeZone(t *testing.T) {
	t.Parallel()

	sold := fetched(t, "completed_paid")
	for day, hours := range map[string]int{"2026-03-28": 24, "2026-03-29": 23, "2026-03-30": 24, "2026-10-25": 25} {
		noon := in(t, "Europe/Berlin", day+"T11:00:00Z")
		tally := view.NewTally(noon)
		for h := -40; h <= 40; h++ {
			o := sold.Clone()
			o.CreatedAt, o.PaidAt = noon.Add(time.Duration(h)*time.Hour).UTC(), time.Time{}
			tally.Add(o)
		}
		s := tally.Summary(view.Now{})
		if today := s.Test[0]; today.Orders != hours || today.Paid != hours || s.TimeZone != "Europe/Berlin" {
			t.Errorf("%s in %s: %d ordered, %d paid in %d hours", day, s.TimeZone, today.Orders, today.Paid, hours)
		}
		first := in(t, "Europe/Berlin", day+"T11:00:00Z").AddDate(0, 0, -6).Format(time.DateOnly)
		if week := s.Test[1].Since; week.Format("2006-01-02 15:04") != first+" 00:00" {
			t.Errorf("%s: the week begins at %v", day, week)
		}
		r := view.ReportOf(s)
		if r.Day != day+"T00:00:00Z" || r.Periods[1].Since.Format(time.RFC3339) != first+"T00:00:00Z" || r.TimeZone != "Europe/Berlin" {
			t.Errorf("%s: the report is of %s, its week since %v, in %s", day, r.Day, r.Periods[1].Since, r.TimeZone)
		}
	}
	since := in(t, "UTC", "2026-07-01T10:00:00Z")
	s := view.NewTally(in(t, "Europe/Berlin", "2026-12-01T11:00:00Z")).Summary(view.Now{})
	s.CountedSince = &since
	if r := view.ReportOf(s); r.UTCOffset != "+0200" || !r.CountedSince.Equal(since) {
		t.Errorf("counted since %v, %s", r.CountedSince, r.UTCOffset)
	}
	if v := view.Of(&order.Order{}, in(t, "Europe/Berlin", "2026-12-01T11:00:00Z")); v.TimeZone != "Europe/Berlin" {
		t.Errorf("an order in %s", v.TimeZone)
	}
}
