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

// NewReport is the report that is made on a day: a document among the orders that has no events and is no sale. It owes
// an e-mail as an order does, so that all that is promised of an e-mail holds for it as well. Data is the JSON of what
// its template shows, frozen.
func NewReport(day time.Time, data string, now time.Time) *Order {
	return &Order{
		ID: ReportID(day), Events: map[string]Event{}, Report: data, CreatedAt: now, UpdatedAt: now,
		Facts: Facts{Livemode: true}, // it goes to those who are told of live orders
	}
}
