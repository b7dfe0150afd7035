package catalogue

import "time"

// timeOfDay is a time such as 07:30, in UTC. It is negative if invalid; the zero value means no
// time.
type timeOfDay struct {
	text
	sinceMidnight time.Duration
}

// set takes hours and minutes as they are written: YAML may read 07:30 as a number in base 60.
func (t *timeOfDay) set(value string, line int) {
	t.text.set(value, line)
	t.sinceMidnight = -1
	if at, err := time.Parse("15:04", value); err == nil {
		t.sinceMidnight = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	}
}

// passed reports whether there is such a time, and it has come today.
func (t timeOfDay) passed(now time.Time) bool {
	return t.Value != "" && now.Sub(now.UTC().Truncate(24*time.Hour)) >= t.sinceMidnight
}
