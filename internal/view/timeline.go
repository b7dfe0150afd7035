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
	// Inferred: the order does not record it, but it follows from the recorded facts.
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
	// Arrived is what SendGrid reported of an e-mail.
	Arrived Kind = "arrived"
	Due     Kind = "due"
	// Alert is a step of an alert.
	Alert Kind = "alert"
	// Corrected: the customer's address.
	Corrected Kind = "corrected"
	// ByHand and ByAge are lines of the audit.
	ByHand Kind = "by_hand"
	ByAge  Kind = "by_age"
)

// Each teller returns the steps of one kind, of an order or of one of its e-mails. Steps with the
// same time stay in the order of the tellers.
var (
	orderTellers = []func(*order.Order) []Step{received, taken, fetched, planned, onPurpose, corrected}
	emailTellers = []func(*order.Order, order.Delivery) []Step{owed, attempted, settled, arrived}
	alertTellers = []func(*order.Order, order.Delivery) []Step{alerted}
)

// Timeline is the steps of an order, read from its document, and last the expected ones. The
// document keeps the first and the last attempt, and their number.
func Timeline(o *order.Order) []Step {
	var steps []Step
	for _, tell := range orderTellers {
		steps = append(steps, tell(o)...)
	}
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		tellers := emailTellers
		if o.Emails[key].Audience == order.Alert {
			tellers = alertTellers
		}
		for _, tell := range tellers {
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

// Steps are those for people: the start of an attempt is a step only if there were several.
func (o Order) Steps() []Step {
	once := map[string]bool{}
	for _, e := range o.Emails {
		once[e.Key] = e.Attempts == 1 && e.State == order.Sent
	}
	return slices.DeleteFunc(slices.Clone(o.Timeline), func(s Step) bool { return s.Kind == Attempt && once[s.Delivery] })
}
