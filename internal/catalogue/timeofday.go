package catalogue

import "time"

// timeOfDay is a time such as 07:30. It is negative if invalid; the zero value means no
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

// on is that time on the day that is so many days after now's, in now's time zone. Where clocks go
// forward over it, it is an hour later or earlier.
func (t timeOfDay) on(now time.Time, days int) time.Time {
	year, month, day := now.Date()
	return time.Date(year, month, day+days, 0, int(t.sinceMidnight/time.Minute), 0, 0, now.Location())
}
