package inbox

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"handler/function/internal/order"
)

// step is one thing that happened to an order, or is to happen.
type step struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
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

// The kinds of steps.
const (
	kindReceived    = "event_received"
	kindStored      = "stored"
	kindQueued      = "queued"
	kindSwept       = "swept"
	kindFetched     = "items_fetched"
	kindFetchFailed = "items_failed"
	kindPlanned     = "planned"
	kindAttempt     = "attempt"
	kindRetry       = "retry"
	kindSent        = "sent"
	kindFailed      = "failed"
	kindCancelled   = "cancelled"
	kindDue         = "due"
)

// timeline is how an order went, as its document says: of attempts that document keeps the first and the
// last, and their number.
func timeline(o *order.Order) []step {
	steps := slices.Concat(received(o), taken(o), fetched(o), planned(o))
	for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
		steps = slices.Concat(steps, owed(o, o.Emails[key]), delivered(o.Emails[key]), arrivalSteps(o.Emails[key]))
	}
	slices.SortStableFunc(steps, func(a, b step) int {
		if a.Expected != b.Expected {
			return map[bool]int{false: -1, true: 1}[a.Expected]
		}
		return a.At.Compare(b.At)
	})
	return steps
}

// arrivals are the events in the order in which they came.
func arrivals(o *order.Order) []order.Event {
	return slices.SortedFunc(maps.Values(o.Events), func(a, b order.Event) int {
		return cmp.Or(a.ReceivedAt.Compare(b.ReceivedAt), cmp.Compare(a.ID, b.ID))
	})
}

func received(o *order.Order) []step {
	var steps []step
	for i, e := range arrivals(o) {
		detail := e.Type + ", " + e.ID
		if e.Deliveries > 1 {
			detail += fmt.Sprintf("; delivered %d times", e.Deliveries)
		}
		steps = append(steps, step{At: e.ReceivedAt, Kind: kindReceived, What: "Event received", Detail: detail})
		if i == 0 {
			steps = append(steps, step{At: o.CreatedAt, Kind: kindStored, What: "Order stored", Detail: o.ID})
		}
	}
	return steps
}

// taken is when send-email took the order up, and how. Neither is written in the order: the time is that of
// the first thing that send-email did write, and only the queue is as fast as DispatchGrace.
func taken(o *order.Order) []step {
	if _, waits := o.Unplanned(); waits && o.NextDueAt != nil && o.Fetch.Since.IsZero() {
		return []step{{
			At: *o.NextDueAt, Kind: kindSwept, What: "The sweep takes it up", Expected: true,
			Detail: "at the first look after this, if the queue has not brought it to send-email before",
		}}
	}
	var first time.Time
	for _, at := range append(slices.Collect(maps.Values(o.Plans)), o.Fetch.Since, o.Fetch.DoneAt) {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if first.IsZero() {
		return nil
	}
	var last time.Time
	for _, e := range o.Events {
		if e.ReceivedAt.After(last) && !e.ReceivedAt.After(first) {
			last = e.ReceivedAt
		}
	}
	s := step{At: first, Kind: kindQueued, What: "Queue brought it to send-email", Inferred: true,
		Detail: "within " + took(first.Sub(last))}
	if first.Sub(last) >= order.DispatchGrace {
		s.Kind, s.What, s.Detail = kindSwept, "Sweep took it up", "after "+took(first.Sub(last))
	}
	return []step{s}
}

func fetched(o *order.Order) []step {
	var steps []step
	f := o.Fetch
	if f.Attempts > 0 && !f.Since.IsZero() {
		s := step{At: f.Since, Kind: kindFetchFailed, What: "Stripe did not say what was bought", Attempt: f.Attempts,
			Detail: fmt.Sprintf("%s since then; %s", times(f.Attempts, "attempt"), cmp.Or(f.LastError, "the next one worked"))}
		steps = append(steps, s)
	}
	switch {
	case !f.DoneAt.IsZero():
		var what []string
		for _, i := range o.Items {
			what = append(what, fmt.Sprintf("%d × %s", i.Quantity, cmp.Or(i.Description, i.ProductName, i.Product)))
		}
		steps = append(steps, step{At: f.DoneAt, Kind: kindFetched, What: "Items fetched", Detail: cmp.Or(strings.Join(what, ", "), "none")})
	case !f.FailedAt.IsZero():
		steps = append(steps, step{At: f.FailedAt, Kind: kindFetchFailed, What: "Given up; a person must look", Detail: f.LastError})
	case !f.Since.IsZero():
		steps = append(steps, step{At: f.NotBefore, Kind: kindDue, What: "Stripe is asked again", Expected: true})
	}
	return steps
}

// planned are the plans, each with what it owes.
func planned(o *order.Order) []step {
	var steps []step
	for _, reason := range slices.Sorted(maps.Keys(o.Plans)) {
		var keys []string
		for _, key := range slices.Sorted(maps.Keys(o.Emails)) {
			if o.Emails[key].PlannedAt.Equal(o.Plans[reason]) {
				keys = append(keys, key)
			}
		}
		s := step{At: o.Plans[reason], Kind: kindPlanned, What: "Planned " + times(len(keys), "e-mail"), Detail: strings.Join(keys, ", ")}
		if o.Ignored != "" && len(keys) == 0 {
			s.What, s.Detail = "Ignored", o.Ignored
		}
		steps = append(steps, s)
	}
	return steps
}

// owed is that an e-mail was planned, where no plan says so: a notice of what went wrong later.
func owed(o *order.Order, d order.Delivery) []step {
	for _, at := range o.Plans {
		if at.Equal(d.PlannedAt) {
			return nil
		}
	}
	return []step{{At: d.PlannedAt, Kind: kindPlanned, What: "Planned a notice", Delivery: d.Key}}
}

// delivered is what became of one e-mail.
func delivered(d order.Delivery) []step {
	base := step{Delivery: d.Key, Attempt: d.Attempts, Status: d.LastStatus, MessageID: d.MessageID, Unsure: d.Unsure}
	at := func(when time.Time, kind, what, detail string) step {
		s := base
		s.At, s.Kind, s.What, s.Detail = when, kind, what, detail
		return s
	}
	var steps []step
	if !d.FirstTriedAt.IsZero() {
		steps = append(steps, step{At: d.FirstTriedAt, Kind: kindAttempt, What: "First attempt", Delivery: d.Key, Attempt: 1})
	}
	if d.Attempts > 1 {
		steps = append(steps, step{At: d.LastTriedAt, Kind: kindAttempt, What: fmt.Sprintf("Attempt %d", d.Attempts), Delivery: d.Key, Attempt: d.Attempts})
	}
	switch d.State {
	case order.Sent:
		steps = append(steps, at(d.SentAt, kindSent, "Sent to "+recipients(d), answered(d)))
	case order.Failed:
		steps = append(steps, at(d.FailedAt, kindFailed, "Failed for good", answered(d)))
	case order.Cancelled:
		steps = append(steps, at(d.CancelledAt, kindCancelled, "Cancelled", d.LastError))
	case order.Retry:
		steps = append(steps, at(d.LastTriedAt, kindRetry, "Not sent", answered(d)))
		steps = append(steps, step{At: d.DueAt, Kind: kindDue, What: "Next attempt", Delivery: d.Key, Attempt: d.Attempts + 1, Expected: true})
	case order.Sending:
		steps = append(steps, step{At: d.DueAt, Kind: kindDue, What: "Its lease ends", Delivery: d.Key, Attempt: d.Attempts, Unsure: d.Unsure,
			Detail: "and somebody else tries, if nothing is heard of this attempt before", Expected: true})
	default:
		steps = append(steps, step{At: d.DueAt, Kind: kindDue, What: "To be sent to " + recipients(d), Delivery: d.Key, Expected: true})
	}
	return steps
}

// answered is what SendGrid said at last, and what else there is to know of the attempts.
func answered(d order.Delivery) string {
	var parts []string
	if d.LastStatus != 0 && !strings.HasPrefix(d.LastError, "SendGrid answered") {
		parts = append(parts, fmt.Sprintf("SendGrid answered %d", d.LastStatus))
	}
	if d.LastError != "" {
		parts = append(parts, d.LastError)
	}
	if d.Lost > 0 {
		parts = append(parts, times(d.Lost, "process")+" died in it")
	}
	if d.Unsure {
		parts = append(parts, "a second copy is possible, as an attempt ended without an answer")
	}
	return strings.Join(parts, "; ")
}

func recipients(d order.Delivery) string {
	var to []string
	for _, a := range d.To {
		to = append(to, a.Email)
	}
	return cmp.Or(strings.Join(to, ", "), "nobody")
}

// times is a number with its noun: 1 e-mail, 2 e-mails.
func times(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	default:
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

func took(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return d.Round(time.Second).String()
}
