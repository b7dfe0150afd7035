// Package condition names what keeps a shop from working while it lasts, such as a refused key, and
// decides when an admin hears of it: once when it begins, daily while it lasts, and once when it is
// over.
//
// Everything here is pure: times are given, and nothing is called.
package condition

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	// daily is how often a condition that lasts is reported again.
	daily = 24 * time.Hour
	// stale is how long a condition counts without a new observation. Everything that observes one
	// looks at least once a day.
	stale = 25 * time.Hour
	// seenEvery is how exactly the time of the last observation is kept: a condition that is observed
	// every second needs few writes.
	seenEvery = time.Hour
	// remembered is how long an event is known after it was reported: Stripe lists events for 30 days.
	remembered = 31 * 24 * time.Hour
)

// Condition is one that began.
type Condition struct {
	Kind Kind `json:"kind"`
	// About is what the kind leaves open, such as a permission or an event; never personal data.
	About string    `json:"about,omitempty"`
	Since time.Time `json:"since"`
	// SeenAt is the last observation, about as exactly as seenEvery.
	SeenAt time.Time `json:"seen_at"`
	// ClearedAt is from when on it has not been observed again; zero while it lasts.
	ClearedAt time.Time `json:"cleared_at,omitzero"`
	// ToldAt is when it was last reported; zero until then.
	ToldAt time.Time `json:"told_at,omitzero"`
}

// Active reports whether the condition lasts. A single event that went wrong does not.
func (c Condition) Active() bool { return !c.Kind.Once() && c.ClearedAt.IsZero() }

// Phase is what is reported of a condition.
type Phase string

// The phases.
const (
	Begun Phase = "begun"
	Lasts Phase = "lasts"
	Over  Phase = "over"
)

// News is what is to be reported now.
type News struct {
	Phase
	Condition
}

// Set is the conditions of a shop. The zero value has none.
type Set struct {
	Conditions map[string]Condition `json:"conditions,omitempty"`
}

// Observe notes that a condition was observed, and reports whether that changes the set.
func (s *Set) Observe(kind Kind, about string, now time.Time) (changed bool) {
	key := keyOf(kind, about)
	c, known := s.Conditions[key]
	switch {
	case !known:
		c = Condition{Kind: kind, Since: now}
	case !c.ClearedAt.IsZero():
		c.ClearedAt = time.Time{} // it was not over yet
	case c.About == about && now.Sub(c.SeenAt) < seenEvery:
		return false
	}
	c.About, c.SeenAt = about, now
	s.put(key, c)
	return true
}

// Clear notes that the conditions of a kind are not there now, and reports whether that changes the
// set. They are over when they stay away.
func (s *Set) Clear(kind Kind, now time.Time) (changed bool) {
	for key, c := range s.Conditions {
		if c.Kind == kind && c.Active() {
			c.ClearedAt = now
			s.put(key, c)
			changed = true
		}
	}
	return changed
}

// News is what is to be reported now, in the sequence of the kinds' names. A condition is over once
// it has stayed away for quiet, so that one that comes and goes is reported as one.
func (s *Set) News(now time.Time, quiet time.Duration) []News {
	var all []News
	for _, key := range slices.Sorted(maps.Keys(s.Conditions)) {
		if phase, due := s.Conditions[key].phase(now, quiet); due {
			all = append(all, News{phase, s.Conditions[key]})
		}
	}
	return all
}

// phase is what is to be reported of the condition now, if anything.
func (c Condition) phase(now time.Time, quiet time.Duration) (Phase, bool) {
	switch {
	case c.ToldAt.IsZero():
		return Begun, true // also if it has ended meanwhile: its end follows
	case c.Kind.Once():
		return "", false
	case !c.ClearedAt.IsZero():
		return Over, now.Sub(c.ClearedAt) >= quiet
	case c.Kind.Observable() && now.Sub(c.SeenAt) >= stale:
		return Over, true
	}
	return Lasts, now.Sub(c.ToldAt) >= daily
}

// Told notes that news was reported. What is over is forgotten.
func (s *Set) Told(n News, now time.Time) {
	key := keyOf(n.Kind, n.About)
	if n.Phase == Over {
		delete(s.Conditions, key)
		return
	}
	c := s.Conditions[key]
	c.ToldAt = now
	s.put(key, c)
}

// Prune forgets events that were reported long ago, and reports whether there were any.
func (s *Set) Prune(now time.Time) (changed bool) {
	before := len(s.Conditions)
	maps.DeleteFunc(s.Conditions, func(_ string, c Condition) bool {
		return c.Kind.Once() && !c.ToldAt.IsZero() && now.Sub(c.SeenAt) >= remembered
	})
	return len(s.Conditions) != before
}

// Active are the conditions that last, in the sequence of their kinds' names.
func (s *Set) Active() []Condition {
	all := slices.DeleteFunc(slices.Collect(maps.Values(s.Conditions)), func(c Condition) bool { return !c.Active() })
	slices.SortFunc(all, func(a, b Condition) int {
		return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.About, b.About))
	})
	return all
}

// Parse reads what a document keeps of a Set. Anything else is an empty one.
func Parse(data string) Set {
	var s Set
	if json.Unmarshal([]byte(data), &s) != nil {
		return Set{}
	}
	return s
}

// put never changes the map that a copy of the set shares.
func (s *Set) put(key string, c Condition) {
	s.Conditions = maps.Clone(s.Conditions)
	if s.Conditions == nil {
		s.Conditions = map[string]Condition{}
	}
	s.Conditions[key] = c
}

// keyOf is the key of a condition in a Set: each event is one of its own.
func keyOf(kind Kind, about string) string {
	if kind.Once() {
		return string(kind) + " " + about
	}
	return string(kind)
}
