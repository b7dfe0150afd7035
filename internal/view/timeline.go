package view

import (
	"maps"
	"slices"
	"time"

	"handler/function/internal/order"
)

// Step is one thing that happened to an order, or is to happen.
type Step struct {
	At     time.Time `json:"at"`
	Kind   Kind      `json:"kind"`
	What   string    `json:"what"`
	Detail string    `json:"detail,omitempty"`
	// Delivery is the key of the e-mail that it is about.
	Delivery  string `json:"delivery,omitempty"`
	Attempt   int    `json:"attempt,omitempty"`
	Status    int    `json:"status,omitempty"`
	MessageID string `json:"message_id,omitempty"`
	// Unsure: a second copy of the e-mail is possible.
	Unsure bool `json:"unsure,omitempty"`
	// Inferred: the order does not say it, but follows from what it says.
	Inferred bool `json:"inferred,omitempty"`
	// Expected: it has not happened yet.
	Expected bool `json:"expected,omitempty"`
}

// Kind is what kind of step it is, for programs.
type Kind string

// The kinds of steps.
const (
	EventReceived Kind = "event_received"
	Stored        Kind = "stored"
	Queued        Kind = "queued"
	Swept         Kind = "swept"
	ItemsFetched  Kind = "items_fetched"
	ItemsFailed   Kind = "items_failed"
	Planned       Kind = "planned"
	Attempt       Kind = "attempt"
	Retried       Kind = "retry"
	EmailSent     Kind = "sent"
	EmailFailed   Kind = "failed"
	Cancelled     Kind = "cancelled"
	// Arrived is what SendGrid told of an e-mail.
	Arrived Kind = "arrived"
	Due     Kind = "due"
	// Corrected: the customer's address.
	Corrected Kind = "corrected"
	// ByHand and ByAge are lines of the audit.
	ByHand Kind = "by_hand"
	ByAge  Kind = "by_age"
)

// A timeline is put together by tellers, each of which knows one kind of thing that an order, or
// one of its e-mails, says. Steps of the same time stay in the order of the tellers.
var (
	orderTellers = []func(*order.Order) []Step{received, taken, fetched, planned, onPurpose, corrected}
	emailTellers = []func(*order.Order, order.Delivery) []Step{owed, attempted, settled, arrived}
)

// Timeline is how an order went, as its document says, and last what is to come. Of attempts that
// document keeps the first and the last, and their number.
func Timeline(o *order.Order) []Step {
	var steps []Step
	for _, tell := range orderTellers {
		steps = append(steps, tell(o)...)
	}
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		for _, tell := range emailTellers {
			steps = append(steps, tell(o, o.Emails[key])...)
		}
	}
	slices.SortStableFunc(steps, func(a, b Step) int {
		if a.Expected != b.Expected {
			return map[bool]int{false: -1, true: 1}[a.Expected]
		}
		return a.At.Compare(b.At)
	})
	return steps
}

// Steps are those for people: that an attempt began is told only where it was not the only one.
func (o Order) Steps() []Step {
	once := map[string]bool{}
	for _, e := range o.Emails {
		once[e.Key] = e.Attempts == 1 && e.State == order.Sent
	}
	return slices.DeleteFunc(slices.Clone(o.Timeline), func(s Step) bool { return s.Kind == Attempt && once[s.Delivery] })
}
