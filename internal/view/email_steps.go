package view

import (
	"fmt"
	"strings"
	"time"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/plural"
)

// owed is the step that planned an e-mail without a plan: a copy, a notice of a later failure, or a
// report.
func owed(o *order.Order, d order.Delivery) []Step {
	for _, at := range o.Plans {
		if at.Equal(d.PlannedAt) {
			return nil
		}
	}
	what := "Planned an e-mail"
	switch {
	case d.CopyOf != "":
		what = "Planned a copy"
	case strings.HasPrefix(d.Key, maildata.NoticeSeries+"/"):
		what = "Planned a notice"
	}
	return []Step{{At: d.PlannedAt, Kind: Planned, What: what, Delivery: d.Key}}
}

// attempted are the first attempt and the last.
func attempted(_ *order.Order, d order.Delivery) []Step {
	var steps []Step
	if !d.FirstTriedAt.IsZero() {
		steps = append(steps, Step{At: d.FirstTriedAt, Kind: Attempt, What: "First attempt", Delivery: d.Key, Attempt: 1})
	}
	if d.Attempts > 1 {
		steps = append(steps, Step{At: d.LastTriedAt, Kind: Attempt, What: fmt.Sprintf("Attempt %d", d.Attempts), Delivery: d.Key, Attempt: d.Attempts})
	}
	return steps
}

// settled is the outcome of an e-mail, or its expected one.
func settled(_ *order.Order, d order.Delivery) []Step {
	ended := func(at time.Time, kind Kind, what, detail string) Step {
		return Step{At: at, Kind: kind, What: what, Detail: detail,
			Delivery: d.Key, Attempt: d.Attempts, Status: d.LastStatus, MessageID: d.MessageID, Unsure: d.Unsure}
	}
	switch d.State {
	case order.Sent:
		return []Step{ended(d.SentAt, EmailSent, sentTo(d), answered(d))}
	case order.Failed:
		return []Step{ended(d.FailedAt, EmailFailed, "Failed for good", answered(d))}
	case order.Cancelled:
		return []Step{ended(d.CancelledAt, Cancelled, "Cancelled", d.LastError)}
	case order.Retry:
		return []Step{
			ended(d.LastTriedAt, Retried, "Not sent", answered(d)),
			{At: d.DueAt, Kind: Due, What: "Next attempt", Delivery: d.Key, Attempt: d.Attempts + 1, Expected: true},
		}
	case order.Sending:
		return []Step{{At: d.DueAt, Kind: Due, What: "Its lease ends", Delivery: d.Key, Attempt: d.Attempts, Unsure: d.Unsure,
			Detail: "another process retries, if this attempt records no result before", Expected: true}}
	}
	return []Step{{At: d.DueAt, Kind: Due, What: "To be sent to " + emailOf(d, time.Time{}).Recipients(), Delivery: d.Key, Expected: true}}
}

// sentTo leaves out forgotten recipients.
func sentTo(d order.Delivery) string {
	if len(d.To) == 0 {
		return "Sent"
	}
	return "Sent to " + emailOf(d, time.Time{}).Recipients()
}

// answered is SendGrid's last answer, and other facts of the attempts.
func answered(d order.Delivery) string {
	var parts []string
	if d.LastStatus != 0 && !strings.HasPrefix(d.LastError, "SendGrid answered") {
		parts = append(parts, fmt.Sprintf("SendGrid answered %d", d.LastStatus))
	}
	if d.LastError != "" {
		parts = append(parts, d.LastError)
	}
	if d.Lost > 0 {
		parts = append(parts, plural.Of(d.Lost, "process")+" died in it")
	}
	if d.Unsure {
		parts = append(parts, "a second copy is possible, as an attempt ended without an answer")
	}
	return strings.Join(parts, "; ")
}
