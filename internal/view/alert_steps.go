package view

import (
	"fmt"

	"handler/function/internal/order"
)

// alerted is what became of an alert. It is no e-mail, and all its steps are of one kind.
func alerted(_ *order.Order, d order.Delivery) []Step {
	step := func(s Step) Step {
		s.Kind, s.Delivery = Alert, d.Key
		return s
	}
	steps := []Step{step(Step{At: d.PlannedAt, What: "Planned an alert"})}
	ended := Step{Attempt: d.Attempts, Status: d.LastStatus, Detail: d.LastError}
	switch d.State {
	case order.Sent:
		ended.At, ended.What = d.SentAt, "Alert sent"
	case order.Failed:
		ended.At, ended.What = d.FailedAt, "Alert failed for good"
	case order.Cancelled:
		ended.At, ended.What = d.CancelledAt, "Alert cancelled"
	default:
		if d.State == order.Retry {
			ended.At, ended.What = d.LastTriedAt, fmt.Sprintf("Alert not sent, at attempt %d", d.Attempts)
			steps = append(steps, step(ended))
		}
		ended = Step{At: d.DueAt, What: "Alert is due", Expected: true}
	}
	return append(steps, step(ended))
}
