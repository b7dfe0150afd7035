// Package span reads time spans as an owner types them: in the catalogue, in settings.yml, after
// --since.
package span

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"time"
)

// Form says how a span is written, for error messages: "want " + Form.
const Form = "a time span such as 30m, 12h, 3d or 2w"

// ErrForm: a text is not a time span, or a negative or too long one.
var ErrForm = errors.New("want " + Form)

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// form is weeks, days, and what is shorter, which time.ParseDuration reads. A sign is none of it.
var form = regexp.MustCompile(`^(?:(\d+)w)?(?:(\d+)d)?([\d.].*)?$`)

// Parse reads a span of zero or more: those of time.ParseDuration, with whole weeks and days before
// them, such as 30m, 3d, 2w or 1d12h. A day has 24 hours. Its error is ErrForm.
func Parse(text string) (time.Duration, error) {
	parts := form.FindStringSubmatch(text)
	if parts == nil || text == "" {
		return 0, ErrForm
	}
	weeks, tooMany := times(parts[1], week)
	days, tooManyDays := times(parts[2], day)
	var rest time.Duration
	var err error
	if parts[3] != "" {
		rest, err = time.ParseDuration(parts[3])
	}
	sum := weeks + days + rest
	if tooMany || tooManyDays || err != nil || weeks > math.MaxInt64-days || weeks+days > math.MaxInt64-rest {
		return 0, ErrForm
	}
	return sum, nil
}

// times is a number of units, and whether a Duration cannot hold it. No number is none of them.
func times(number string, unit time.Duration) (d time.Duration, tooMany bool) {
	if number == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(number, 10, 64)
	return time.Duration(n) * unit, err != nil || n > int64(math.MaxInt64/unit)
}
