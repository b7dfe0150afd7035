package order

import (
	"slices"
	"time"
)

// ByAge is the reason in the line that the shop's setting retention_days leaves, where no person
// did.
const ByAge = "older than retention_days"

// MaxReason is the most characters of the reason that a person gives.
const MaxReason = 500

// Entry is a line of an order's audit: what was done to it on purpose, by a person, or by its age.
type Entry struct {
	At time.Time `bson:"at"`
	// Command is what was done: one of the owner's commands.
	Command string `bson:"verb"`
	// Key is of the delivery that it was done to, if to one.
	Key string `bson:"key,omitempty"`
	// Reason is the person's own words, or ByAge. They are kept as long as the order, until it is
	// forgotten.
	Reason string `bson:"reason,omitempty"`
}

// Note adds a line to the audit.
func (o *Order) Note(e Entry) {
	o.Audit = append(slices.Clip(o.Audit), e) // a clone may share the array
	o.touch(e.At)
}
