package view

import "time"

// StartOf is the first moment of t's day in t's time zone.
func StartOf(t time.Time) time.Time {
	year, month, day := t.Date()
	start := time.Date(year, month, day, 0, 0, 0, 0, t.Location())
	if start.Day() != day { // where clocks go forward at midnight, there is none
		start = start.Add(time.Hour)
	}
	return start
}

// startIn is the first moment of the day that is so many days after t's, or before it. A day may
// have 23 or 25 hours.
func startIn(t time.Time, days int) time.Time {
	year, month, day := t.Date()
	return StartOf(time.Date(year, month, day+days, 12, 0, 0, 0, t.Location()))
}

// EndOf is the last moment of the day before now, in now's time zone: the day of the report.
func EndOf(now time.Time) time.Time { return StartOf(now).Add(-time.Millisecond) }
