package view

import (
	"encoding/json"
	"fmt"
	"time"
)

// Report is the admins' report of a day, and of the 7 and 30 that end with it: the data of the
// report's template. It contains no customer data.
type Report struct {
	// Day is the day's date, at midnight in UTC wherever the shop is: SendGrid shows it in UTC.
	Day string `json:"day"`
	// TimeZone is the IANA name of the shop's, and UTCOffset its offset at CountedSince, such as
	// +0100.
	TimeZone  string `json:"time_zone"`
	UTCOffset string `json:"utc_offset"`
	// Test: there was no live order, and the report counts the test orders instead.
	Test bool `json:"test"`
	// CountedSince is not nil where not all orders could be counted: those made before are missing.
	CountedSince *time.Time     `json:"counted_since"`
	Periods      []ReportPeriod `json:"periods"`
	Now          Now            `json:"now"`
}

// ReportPeriod is a period with a name for people.
type ReportPeriod struct {
	Name string `json:"name"`
	Period
}

// ReportOf is the report of a summary at the end of a day.
func ReportOf(s Summary) Report {
	r := Report{Day: dateOf(s.At).Format(time.RFC3339), TimeZone: s.TimeZone, UTCOffset: s.At.Format("-0700"), Now: s.Now}
	if s.CountedSince != nil {
		utc := s.CountedSince.UTC()
		r.CountedSince, r.UTCOffset = &utc, utc.In(s.At.Location()).Format("-0700")
	}
	periods := s.Live
	if !anyOrder(s.Live) && anyOrder(s.Test) {
		periods, r.Test = s.Test, true
	}
	for _, p := range periods {
		name := "That day"
		if p.Days > 1 {
			name = fmt.Sprintf("%d days", p.Days)
		}
		p.Since = dateOf(p.Since)
		r.Periods = append(r.Periods, ReportPeriod{name, p})
	}
	return r
}

func anyOrder(periods []Period) bool {
	for _, p := range periods {
		if p.Orders+p.Paid > 0 {
			return true
		}
	}
	return false
}

// dateOf is the date of a time in its time zone, at midnight in UTC.
func dateOf(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// JSON is the report as an order's document keeps it.
func (r Report) JSON() string {
	b, err := json.Marshal(r)
	if err != nil {
		return "{}" // cannot be: it is plain structs
	}
	return string(b)
}
