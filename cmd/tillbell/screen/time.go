package screen

import (
	"fmt"
	"time"
)

// Stamp is a time as people read it, in its time zone.
func Stamp(t time.Time) string { return t.Format("2006-01-02 15:04:05") }

// Span is a duration as people say it, by its two greatest units: 40 ms, 3.2 s, 12 min, 3 h 5 min,
// 2 d 4 h.
func Span(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + Span(-d)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 24*time.Hour:
		return both(d, time.Hour, "h", time.Minute, "min")
	}
	return both(d, 24*time.Hour, "d", time.Hour, "h")
}

func both(d, great time.Duration, greats string, small time.Duration, smalls string) string {
	text := fmt.Sprintf("%d %s", d/great, greats)
	if rest := d % great / small; rest > 0 {
		text += fmt.Sprintf(" %d %s", rest, smalls)
	}
	return text
}

// Ago is a time as seen from now: 3 min ago, in 2 h.
func Ago(t, now time.Time) string {
	if d := t.Sub(now); d > 0 {
		return "in " + Span(d)
	}
	return Span(now.Sub(t)) + " ago"
}
