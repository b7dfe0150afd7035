package catalogue

import (
	"strings"
	"time"
	"unicode"
)

// timeZone is the IANA name of a time zone, such as Europe/Berlin.
type timeZone struct {
	text
	location *time.Location
}

func (z *timeZone) set(value string, line int) {
	z.text.set(value, line)
	z.location = location(value)
}

// location is the zone of an IANA name; nil without one. The names that time.LoadLocation has in
// addition depend on the machine.
func location(name string) *time.Location {
	if name == "" || name == "Local" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}

// Zone is the shop's time zone, which decides what a day is and how times are shown: the catalogue's
// time_zone, or UTC.
func (c *Catalogue) Zone() *time.Location {
	if c.TimeZone.location == nil {
		return time.UTC
	}
	return c.TimeZone.location
}

func (k *checker) timeZone(z timeZone) {
	if z.Value == "" || z.location != nil {
		return
	}
	meant := ""
	if name := capitalized(z.Value); location(name) != nil {
		meant = ": did you mean " + name + "?"
	}
	k.wrong(z.Line, "%s is not the IANA name of a time zone, such as Europe/Berlin%s", quoted(z.Value), meant)
}

// capitalized is a name as most zones are written: america/new york is America/New_York, and utc is
// UTC.
func capitalized(name string) string {
	if !strings.Contains(name, "/") {
		return strings.ToUpper(name)
	}
	inside := false
	return strings.Map(func(r rune) rune {
		if r == ' ' {
			r = '_'
		}
		if !inside {
			r = unicode.ToUpper(r)
		} else {
			r = unicode.ToLower(r)
		}
		inside = unicode.IsLetter(r)
		return r
	}, strings.TrimSpace(name))
}
