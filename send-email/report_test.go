package function

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/catalogue"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/view"
)

// reporting is setUp with a catalogue that asks for a report at a time of day.
func reporting(t *testing.T, at string) *bench {
	t.Helper()
	return withCatalogue(t, sample.SmallCatalogue+"\nreport: {template: d-00000000000000000000000000000007"+at+"}\n")
}

func TestReport(t *testing.T) {
	t.Parallel()

	const call = `{"report": true}`
	t.Run("reports the day before, once a day, however often it is requested", func(t *testing.T) {
		t.Parallel()

		b := reporting(t, "")
		b.shelve(t, "cs_yesterday", "completed_paid", 13*time.Hour, nil)
		b.shelve(t, "cs_today", "completed_jpy", time.Hour, func(o *order.Order) {
			due := b.clock.Add(-10 * time.Second)
			o.NextDueAt = &due
		})
		b.shelve(t, "cs_before", "completed_two_products", 37*time.Hour, nil)
		for range 3 {
			if res := b.invoke(call); res.StatusCode != http.StatusOK || !strings.Contains(string(res.Body), `"sent":1`) {
				t.Errorf("got %d %s", res.StatusCode, res.Body)
			}
		}
		o := b.memory.orders["report_2024-11-24"]
		if o == nil || !slices.Equal(b.sendgrid.sent(), []string{catalogue.ReportKey}) {
			t.Fatalf("report %v, sent %v", o, b.sendgrid.sent())
		}
		if d := cmp.Diff([]order.Address{{Email: "owner@example.com"}}, o.Emails[catalogue.ReportKey].To); d != "" {
			t.Errorf("recipients (-want +got):\n%s", d)
		}
		var r view.Report
		if err := json.Unmarshal([]byte(o.Report), &r); err != nil {
			t.Fatal(err)
		}
		if r.Day != "2024-11-23T00:00:00Z" || !r.Test || len(r.Periods) != 3 {
			t.Fatalf("report %+v", r)
		}
		if r.Now.Due != 1 || r.Now.OldestDue != 10 {
			t.Errorf("what is due when it is made: %+v", r.Now)
		}
		if day, week := r.Periods[0], r.Periods[1]; day.Paid != 1 || day.Total[0].Formatted != "$49.00" || week.Paid != 2 {
			t.Errorf("the day %+v, the week %+v", day, week)
		}
		b.clock = b.clock.Add(12 * time.Hour)
		b.invoke(call)
		if sent := b.sendgrid.sent(); len(sent) != 2 || b.memory.orders["report_2024-11-25"] == nil {
			t.Errorf("the next day: sent %v", sent)
		}
	})

	t.Run("is no order, and its failure causes no notice", func(t *testing.T) {
		t.Parallel()

		b := reporting(t, "")
		b.sendgrid.answers = append(b.sendgrid.answers, status(400))
		b.invoke(call)
		if d := b.memory.orders["report_2024-11-24"].Emails; len(d) != 1 || d[catalogue.ReportKey].State != order.Failed {
			t.Errorf("e-mails %+v", d)
		}
		if res := b.invoke(`{"id": "report_2024-11-24"}`); res.StatusCode != http.StatusBadRequest {
			t.Errorf("sent as an order: %d %s", res.StatusCode, res.Body)
		}
	})

	t.Run("is sent by the sweep when SendGrid was away", func(t *testing.T) {
		t.Parallel()

		b := reporting(t, "")
		b.sendgrid.answers = append(b.sendgrid.answers, status(503))
		b.invoke(call)
		b.clock = b.clock.Add(time.Hour)
		b.invoke(`{"sweep": true}`)
		if d := b.memory.orders["report_2024-11-24"].Emails[catalogue.ReportKey]; d.State != order.Sent || d.Attempts != 2 {
			t.Errorf("got %+v", d)
		}
	})

	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		kind   string
		log    string
	}{
		"is known to be sent by SendGrid's events, and not sent again": {hangUp, "processed", "e-mail known to be sent by SendGrid's events"},
		"bounces into the log alone":                                   {nil, "bounce", "e-mail to the admins did not arrive"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := reporting(t, "")
			a := newAccount(t)
			if b.eventKeys, b.eventKeysErr = readEventKeys(a.public(t)); b.eventKeysErr != nil {
				t.Fatal(b.eventKeysErr)
			}
			if c.answer != nil {
				b.sendgrid.answers = append(b.sendgrid.answers, c.answer)
			}
			b.invoke(call)
			e := event(c.kind, "report_2024-11-24", catalogue.ReportKey, "m7", b.clock, "email", "owner@example.com", "reason", "550 no owner@example.com here")
			if got := b.tell(t, a, e, e); got != (arrived{2, 0}) {
				t.Errorf("got %+v", got)
			}
			b.clock = b.clock.Add(time.Hour)
			b.invoke(`{"sweep": true}`)
			d := b.memory.orders["report_2024-11-24"].Emails
			if r := d[catalogue.ReportKey]; len(d) != 1 || r.State != order.Sent || r.Attempts != 1 || r.Unsure || len(r.Arrivals) != 1 {
				t.Errorf("e-mails %+v", d)
			}
			if log := b.logged.String(); strings.Count(log, c.log) != 1 || !strings.Contains(log, `"order":"report_2024-11-24"`) || strings.Contains(log, "owner@") {
				t.Errorf("log %s", log)
			}
		})
	}

	t.Run("is not made where the catalogue asks for none", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		res := b.invoke(call)
		if res.StatusCode != http.StatusOK || !strings.Contains(string(res.Body), "ignored") || b.memory.calls != 0 {
			t.Errorf("got %d %s after %d calls of the database", res.StatusCode, res.Body, b.memory.calls)
		}
		b.reportInTime(t.Context())
		if b.memory.calls != 0 {
			t.Error("the sweep made one")
		}
	})
}

func TestReportInTime(t *testing.T) {
	t.Parallel()

	b := reporting(t, `, at: "12:30"`)
	id := order.ReportID(b.clock)
	b.clock = b.clock.Add(30*time.Minute - time.Millisecond) // from 12:00
	b.reportInTime(t.Context())
	if len(b.memory.orders) != 0 {
		t.Fatal("made a moment early")
	}
	b.clock = b.clock.Add(time.Millisecond)
	b.memory.loadFunc = func(string) error { return errors.New("away") }
	b.reportInTime(t.Context())
	if b.memory.loadFunc = nil; b.memory.orders[id] != nil {
		t.Fatal("made though the database was away")
	}
	b.memory.knownErr = errors.New("away")
	b.reportInTime(t.Context())
	if b.memory.knownErr = nil; b.memory.orders[id] != nil {
		t.Fatal("made though it was not known which reports there are")
	}
	b.reportInTime(t.Context())
	if b.memory.orders[id] == nil {
		t.Fatal("not made in its time")
	}
	calls := b.memory.calls
	b.clock = b.clock.Add(11 * time.Hour)
	b.reportInTime(t.Context())
	if b.memory.calls != calls {
		t.Error("the database is asked again in each sweep")
	}
	b.invoke(`{"sweep": true}`)
	if d := cmp.Diff([]string{catalogue.ReportKey}, b.sendgrid.sent()); d != "" {
		t.Errorf("sent (-want +got):\n%s", d)
	}
	b.clock = b.clock.Add(30 * time.Minute) // past midnight, and not past half past twelve
	b.reportInTime(t.Context())
	if b.memory.orders[order.ReportID(b.clock)] != nil {
		t.Error("the next day's was made at midnight")
	}
}

// reports are the IDs of those that were made.
func (b *bench) reports() (ids []string) {
	for id := range b.memory.orders {
		if order.IsReport(id) {
			ids = append(ids, strings.TrimPrefix(id, "report_2024-"))
		}
	}
	slices.Sort(ids)
	return ids
}

// seeToReports sweeps until nothing wakes it.
func (b *bench) seeToReports(t *testing.T) {
	t.Helper()
	for sweeps := 0; len(b.reports()) > sweeps; sweeps++ {
		b.reportInTime(t.Context())
	}
	b.reportInTime(t.Context())
}

func TestReportsThatWereMissed(t *testing.T) {
	t.Parallel()

	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		had  []string // the reports that were made before
		at   string
		want []string // all afterwards; it is noon of 11-24
	}{
		"none before the first":                 {nil, "07:00", []string{"11-24"}},
		"none before the first time":            {nil, "13:00", nil},
		"of yesterday, after midnight":          {[]string{"11-22"}, "13:00", []string{"11-22", "11-23"}},
		"of days, and of today":                 {[]string{"11-20", "11-22"}, "07:00", []string{"11-20", "11-21", "11-22", "11-23", "11-24"}},
		"of a week at most":                     {[]string{"11-10"}, "07:00", []string{"11-10", "11-18", "11-19", "11-20", "11-21", "11-22", "11-23", "11-24"}},
		"none where there was none for a month": {[]string{"10-25"}, "07:00", []string{"10-25", "11-24"}},
		"none where none was missed":            {[]string{"11-23", "11-24"}, "07:00", []string{"11-23", "11-24"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			b := reporting(t, `, at: "`+c.at+`"`)
			for _, id := range c.had {
				b.memory.orders["report_2024-"+id] = &order.Order{ID: "report_2024-" + id, CreatedAt: b.clock.Add(-40 * day)}
			}
			b.seeToReports(t)
			if d := cmp.Diff(c.want, b.reports()); d != "" {
				t.Errorf("reports (-want +got):\n%s", d)
			}
			calls := b.memory.calls
			if b.reportInTime(t.Context()); b.memory.calls != calls {
				t.Error("the database is asked again in each sweep")
			}
		})
	}

	t.Run("each has the sales of its own day", func(t *testing.T) {
		t.Parallel()

		b := reporting(t, `, at: "07:00"`)
		b.memory.orders["report_2024-11-21"] = &order.Order{ID: "report_2024-11-21"}
		b.shelve(t, "cs_1", "completed_paid", 3*day, nil) // on 11-21
		b.shelve(t, "cs_2", "completed_paid", 1*day, nil)
		b.shelve(t, "cs_3", "completed_paid", 1*day, nil)
		b.seeToReports(t)
		for id, want := range map[string]struct{ day, week int }{"11-22": {1, 1}, "11-23": {0, 1}, "11-24": {2, 3}} {
			var r view.Report
			o := b.memory.orders["report_2024-"+id]
			if err := json.Unmarshal([]byte(o.Report), &r); err != nil {
				t.Fatal(err)
			}
			if r.Periods[0].Paid != want.day || r.Periods[1].Paid != want.week || !o.CreatedAt.Equal(b.clock) {
				t.Errorf("%s: made at %v: %+v, want %+v", id, o.CreatedAt, r, want)
			}
		}
		b.invoke(`{"sweep": true}`)
		if sent := b.sendgrid.sent(); len(sent) != 3 {
			t.Errorf("sent %v", sent)
		}
	})
}

func TestReportInATimeZone(t *testing.T) {
	t.Parallel()

	b := reporting(t, `, at: "00:30"`)
	b.use(t, sample.SmallCatalogue+"\ntime_zone: Asia/Tokyo\nreport: {template: d-00000000000000000000000000000007, at: \"00:30\"}\n")
	b.memory.orders["report_2024-11-24"] = &order.Order{ID: "report_2024-11-24"}
	b.shelve(t, "cs_24", "completed_paid", 21*time.Hour, nil)   // 00:00 of the 24th in Tokyo
	b.shelve(t, "cs_23", "completed_paid", 21*time.Hour+1, nil) // a moment before
	b.shelve(t, "cs_25", "completed_paid", -3*time.Hour, nil)   // 00:00 of the 25th
	b.clock = time.Date(2024, 11, 24, 15, 29, 0, 0, time.UTC)   // 00:29
	if b.seeToReports(t); len(b.reports()) != 1 {
		t.Fatalf("made a minute early: %v", b.reports())
	}
	b.clock = b.clock.Add(time.Minute)
	b.seeToReports(t)
	var r view.Report
	if err := json.Unmarshal([]byte(b.memory.orders["report_2024-11-25"].Report), &r); err != nil {
		t.Fatal(err)
	}
	if r.Day != "2024-11-24T00:00:00Z" || r.Periods[0].Paid != 1 || r.Periods[1].Paid != 2 || r.TimeZone != "Asia/Tokyo" {
		t.Errorf("report %+v", r)
	}
	delete(b.memory.orders, "report_2024-11-25")
	if res := b.invoke(`{"report": true}`); res.StatusCode != http.StatusOK || !slices.Equal(b.reports(), []string{"11-24", "11-25"}) {
		t.Errorf("requested, it is %v: %s", b.reports(), res.Body)
	}
}

func TestReportThatIsNotWhole(t *testing.T) {
	t.Parallel()

	b := reporting(t, "")
	for i := range 10 {
		b.shelve(t, fmt.Sprintf("cs_%d", i), "completed_paid", 24*time.Hour, nil)
	}
	began, id := b.clock, order.ReportID(b.clock)
	b.now = func() time.Time { b.clock = b.clock.Add(8 * time.Second); return b.clock }
	b.invoke(`{"report": true}`)
	var r view.Report
	if err := json.Unmarshal([]byte(b.memory.orders[id].Report), &r); err != nil {
		t.Fatal(err)
	}
	if r.CountedSince == nil || !r.CountedSince.Equal(began.Add(-24*time.Hour)) || r.Periods[0].Paid == 10 {
		t.Errorf("counted since %v, %d orders", r.CountedSince, r.Periods[0].Paid)
	}
}
