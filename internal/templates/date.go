package templates

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// dateTokens are those of SendGrid's page, with Go's for them; the longer of two that start alike
// is first. H is the hour of the day without a zero before it, as elsewhere: the page's table shows
// 00 for three in the afternoon.
var dateTokens = []struct{ token, layout string }{
	{"YYYY", "2006"}, {"YY", "06"},
	{"MMMM", "January"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"},
	{"DD", "02"}, {"D", "2"},
	{"dddd", "Monday"}, {"ddd", "Mon"},
	{"hh", "03"}, {"h", "3"}, {"HH", "15"}, {"H", ""},
	{"mm", "04"}, {"m", "4"}, {"ss", "05"}, {"s", "5"},
	{"A", "PM"}, {"ZZ", "-0700"}, {"Z", "-07:00"},
}

// formatDate prints a time in a format, in UTC or at an offset such as -0800.
func formatDate(args []any) (string, error) {
	t, err := parseDate(args[0])
	if err != nil {
		return "", err
	}
	if len(args) > 2 {
		if err := validOffset(str(args[2])); err != nil {
			return "", err
		}
		at, err := time.Parse("-0700", str(args[2]))
		if err != nil {
			return "", err
		}
		t = t.In(at.Location())
	}
	return eachToken(str(args[1]), func(token, layout string) string {
		if token == "H" {
			return fmt.Sprint(t.Hour())
		}
		return t.Format(layout)
	})
}

// parseDate takes seconds since 1970, or a whole timestamp: SendGrid's page says ISO 8601, but a
// date without a time makes it drop the e-mail (https://github.com/sendgrid/docs/issues/6395).
func parseDate(v any) (time.Time, error) {
	if n, ok := v.(json.Number); ok {
		seconds, err := n.Int64()
		return time.Unix(seconds, 0).UTC(), err
	}
	t, err := time.Parse(time.RFC3339, str(v))
	if err != nil {
		return t, fmt.Errorf("formatDate wants a time such as 2020-01-01T23:00:00Z, not %q", str(v))
	}
	return t.UTC(), nil
}

func validFormat(format string) error {
	_, err := eachToken(format, func(string, string) string { return "" })
	return err
}

var dateOffset = regexp.MustCompile(`^[+-][0-9]{4}$`)

func validOffset(offset string) error {
	if !dateOffset.MatchString(offset) {
		return fmt.Errorf("formatDate wants an offset such as -0800, not %q", offset)
	}
	return nil
}

// eachToken replaces the tokens of a format. A letter that is none is an error: SendGrid's page
// says neither that it is printed nor how to quote it.
func eachToken(format string, value func(token, layout string) string) (string, error) {
	var out strings.Builder
next:
	for rest := format; rest != ""; {
		for _, t := range dateTokens {
			if after, ok := strings.CutPrefix(rest, t.token); ok {
				out.WriteString(value(t.token, t.layout))
				rest = after
				continue next
			}
		}
		r, size := utf8.DecodeRuneInString(rest) // a byte that is no text has one byte, and U+FFFD three
		if unicode.IsLetter(r) {
			return "", fmt.Errorf("formatDate has no token %c, in %q", r, format)
		}
		out.WriteRune(r)
		rest = rest[size:]
	}
	return out.String(), nil
}
