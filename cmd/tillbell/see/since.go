package see

import (
	"errors"
	"time"

	"handler/function/internal/span"
)

var errSince = errors.New("want 24h, 7d, 2026-11-01 or 2026-11-01T12:00:00Z")

// SinceArgument is the time or day as a call of send-email takes it: the functions know the time zone
// of a day.
func SinceArgument(text string, now time.Time) (string, error) {
	at, err := Since(text, now)
	if _, notDay := time.Parse(time.DateOnly, text); err != nil || text == "" || notDay == nil {
		return text, err
	}
	return at.UTC().Format(time.RFC3339), nil
}

// Since is a time as a person gives it: a span before now (24h, 7d), a day in UTC (2026-11-01), or
// a time in RFC 3339. It is zero where nothing is said.
func Since(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := span.Parse(text); err == nil {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errSince
}
