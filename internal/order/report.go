package order

import (
	"strings"
	"time"
)

// reportPrefix begins the IDs of reports, which no session's begins with.
const reportPrefix = "report_"

// ReportID is the ID of the report that is made on a day, in its time zone: there is one at the most.
func ReportID(day time.Time) string { return reportPrefix + day.Format(time.DateOnly) }

// IsReport reports whether an ID is a report's. Like an order's, it can be no more than an ID.
func IsReport(id string) bool {
	date, ok := strings.CutPrefix(id, reportPrefix)
	day, err := time.Parse(time.DateOnly, date)
	return ok && err == nil && ReportID(day) == id
}

// NewReport is the report that is made on a day: a document among the orders that has no events and
// is no sale. It owes an e-mail as an order does, so that all that is promised of an e-mail holds
// for it as well. Data is the JSON of what its template shows, frozen.
func NewReport(day time.Time, data string, now time.Time) *Order {
	return &Order{
		ID: ReportID(day), Events: map[string]Event{}, Report: data, CreatedAt: now, UpdatedAt: now,
		Facts: Facts{Livemode: true}, // it goes to the admins of live orders
	}
}
