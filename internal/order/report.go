package order

import (
	"strings"
	"time"
)

// reportPrefix begins the IDs of reports, which no session's begins with.
const reportPrefix = "report_"

// ReportID is the ID of the report that is made on a day, in UTC: there is one at the most.
func ReportID(day time.Time) string { return reportPrefix + day.UTC().Format(time.DateOnly) }

// IsReport reports whether an ID is a report's.
func IsReport(id string) bool { return strings.HasPrefix(id, reportPrefix) }

// NewReport is the report of a day: a document among the orders that has no events, is no sale, and owes one e-mail,
// so that all that is promised of an e-mail holds for it as well. Data is the JSON of what its template shows, frozen.
func NewReport(day time.Time, data string, e Email, now time.Time) *Order {
	o := &Order{ID: ReportID(day), Events: map[string]Event{}, Report: data, CreatedAt: now}
	o.Owe([]Email{e}, now)
	return o
}
