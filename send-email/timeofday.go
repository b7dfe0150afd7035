package function

import (
	"time"

	"go.yaml.in/yaml/v3"
)

// timeOfDay is a time such as 07:30, in UTC. What is none is negative; zero value is none at all.
type timeOfDay struct {
	text
	sinceMidnight time.Duration
}

// UnmarshalYAML takes hours and minutes. YAML may read 07:30 as a number in base 60, so it is taken as it is written.
func (t *timeOfDay) UnmarshalYAML(n *yaml.Node) error {
	err := t.text.UnmarshalYAML(n)
	t.sinceMidnight = -1
	if at, bad := time.Parse("15:04", t.Value); bad == nil {
		t.sinceMidnight = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	}
	return err
}

// passed reports whether there is such a time, and it has come today.
func (t timeOfDay) passed(now time.Time) bool {
	return t.Value != "" && now.Sub(now.UTC().Truncate(24*time.Hour)) >= t.sinceMidnight
}
