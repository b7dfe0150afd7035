package view

import (
	"time"

	"handler/function/internal/condition"
)

// Condition is one that lasts, with what the owner does.
type Condition struct {
	Kind   condition.Kind `json:"kind"`
	Title  string         `json:"title"`
	About  string         `json:"about,omitempty"`
	Since  time.Time      `json:"since"`
	Remedy string         `json:"remedy"`
}

// ConditionsOf are those of a set that last.
func ConditionsOf(set condition.Set) []Condition {
	all := []Condition{}
	for _, c := range set.Active() {
		all = append(all, Condition{c.Kind, c.Kind.Title(), c.About, c.Since, c.Kind.Remedy()})
	}
	return all
}
