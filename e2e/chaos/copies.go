package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/plural"
	"handler/function/shared/shop"
)

const (
	// lostLease is the least that lies between two copies of a mail whose sender died: send-email's
	// lease of two minutes, less the 15 s of an attempt.
	lostLease = 105 * time.Second
	// unrecorded is how long a process may have tried to record an acceptance before it died.
	unrecorded = 30 * time.Second
)

// bySession is when each mail was accepted, by its session and its delivery's key, the first one
// first.
func bySession(mails []shop.Mail) map[string]map[string][]time.Time {
	copies := map[string]map[string][]time.Time{}
	for _, m := range mails {
		session, key, _ := strings.Cut(m.Delivery, "/")
		if session != m.Order {
			session, key = m.Order, m.Delivery // it is nothing that is expected, and is shown as it is
		}
		if copies[session] == nil {
			copies[session] = map[string][]time.Time{}
		}
		copies[session][key] = append(copies[session][key], m.AcceptedAt)
	}
	for _, keys := range copies {
		for _, at := range keys {
			slices.SortFunc(at, time.Time.Compare)
		}
	}
	return copies
}

// judgeCopies finds the cause of each copy after the first. There are two that are no violation, and
// the order must know of them.
func (v *verdict) judgeCopies(e evidence, session, key string, d order.Delivery, copies []time.Time) {
	why := ""
	switch {
	case !d.Unsure:
		why = "the order is sure of it"
	case len(copies) > d.Attempts:
		why = "it had " + plural.Of(d.Attempts, "attempt")
	}
	for i, at := range copies[:len(copies)-1] {
		switch {
		case why != "":
			v.unexplained++
		case e.diedAfter(at, copies[i+1]):
			v.died++
		case slices.ContainsFunc(e.broken, func(s span) bool { return s.holds(at) }):
			v.broke++
		default:
			v.unexplained++
			why = fmt.Sprintf("nothing happened at %s that explains it", at.Format("15:04:05.000"))
		}
	}
	if why != "" {
		v.report("%s: %s was sent %d times, at %s, and %s: %s", session, key, len(copies), clocks(copies), why, states(&order.Order{Emails: map[string]order.Delivery{key: d}}))
	}
}

// diedAfter reports whether send-email was killed soon after a mail was accepted, and its lease
// expired, or was ended, before the next copy. Times are kept in milliseconds.
func (e evidence) diedAfter(accepted, next time.Time) bool {
	ended := span{accepted, next}.holds(e.expired)
	if !ended && next.Sub(accepted) < lostLease {
		return false
	}
	soon := span{accepted.Add(-time.Millisecond), accepted.Add(unrecorded)}
	return slices.ContainsFunc(e.deaths, soon.holds)
}

func states(o *order.Order) string {
	if o == nil {
		return "nothing, as it is not there"
	}
	var all []string
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		d := o.Emails[key]
		text := fmt.Sprintf("%s %s after %s", key, d.State, plural.Of(d.Attempts, "attempt"))
		if d.Unsure {
			text += ", unsure"
		}
		if d.LastError != "" {
			text += " (" + d.LastError + ")"
		}
		all = append(all, text)
	}
	if len(all) == 0 {
		return "no deliveries"
	}
	return strings.Join(all, "; ")
}

func clocks(times []time.Time) string {
	var all []string
	for _, t := range times {
		all = append(all, t.UTC().Format("15:04:05.000"))
	}
	return strings.Join(all, " and ")
}
