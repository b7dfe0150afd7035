package view

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/plural"
)

// arrivals are the events in the order in which they came.
func arrivals(o *order.Order) []order.Event {
	return slices.SortedFunc(maps.Values(o.Events), func(a, b order.Event) int {
		return cmp.Or(a.ReceivedAt.Compare(b.ReceivedAt), cmp.Compare(a.ID, b.ID))
	})
}

func received(o *order.Order) []Step {
	var steps []Step
	for i, e := range arrivals(o) {
		detail := heardOf(e, o.Locale) + e.Type + ", " + e.ID
		if e.Deliveries > 1 {
			detail += fmt.Sprintf("; delivered %d times", e.Deliveries)
		}
		steps = append(steps, Step{At: e.ReceivedAt, Kind: EventReceived, What: heard(e), Detail: detail})
		if i == 0 {
			steps = append(steps, Step{At: o.CreatedAt, Kind: Stored, What: "Order stored", Detail: o.ID})
		}
	}
	return steps
}

// heard is what an event says, where that is more than how the sale goes.
func heard(e order.Event) string {
	c, _ := e.Charge()
	switch {
	case e.Dispute() != "":
		return map[order.DisputeState]string{
			order.DisputeOpen: "Payment disputed", order.DisputeWon: "Dispute won", order.DisputeLost: "Dispute lost",
			order.Inquiry: "A bank asks about the payment", order.InquiryClosed: "The bank's inquiry is closed",
		}[e.Dispute()]
	case e.Type == order.PaymentSucceeded:
		return "Payment captured"
	case c.Failed():
		return "Refund failed"
	case e.Type == order.ChargeRefunded && c.Whole:
		return "Refunded"
	case e.Type == order.ChargeRefunded:
		return "Refunded in part"
	case e.Found != "": // the webhook did not bring it
		return "Event found at Stripe (" + e.Found + ")"
	}
	return "Event received"
}

// heardOf is the amount that an event of a charge speaks of, and why; empty for other events.
func heardOf(e order.Event, locale string) string {
	c, err := e.Charge()
	if err != nil {
		return ""
	}
	amount := maildata.MoneyOf(c.Amount, c.Currency, locale).Formatted
	if c.Reason != "" {
		amount += ", " + c.Reason
	}
	return amount + "; "
}

// taken is when send-email took the order up, and how. Neither is written in the order: the time is
// that of the first thing that send-email did write, and only the queue is as fast as
// DispatchGrace.
func taken(o *order.Order) []Step {
	if _, waits := o.Unplanned(); waits && o.NextDueAt != nil && o.Fetch.Since.IsZero() {
		return []Step{{
			At: *o.NextDueAt, Kind: Swept, What: "The sweep takes it up", Expected: true,
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
	if last.IsZero() { // the clock that dated it is ahead of send-email's
		last = first
	}
	s := Step{At: first, Kind: Queued, What: "Queue brought it to send-email", Inferred: true,
		Detail: "within " + took(first.Sub(last))}
	if first.Sub(last) >= order.DispatchGrace {
		s.Kind, s.What, s.Detail = Swept, "Sweep took it up", "after "+took(first.Sub(last))
	}
	return []Step{s}
}

func fetched(o *order.Order) []Step {
	var steps []Step
	f := o.Fetch
	if f.Attempts > 0 && !f.Since.IsZero() {
		steps = append(steps, Step{At: f.Since, Kind: ItemsFailed, What: "Stripe did not say what was bought", Attempt: f.Attempts,
			Detail: fmt.Sprintf("%s since then; %s", plural.Of(f.Attempts, "attempt"), cmp.Or(f.LastError, "the next one worked"))})
	}
	switch {
	case !f.DoneAt.IsZero():
		steps = append(steps, Step{At: f.DoneAt, Kind: ItemsFetched, What: "Items fetched", Detail: cmp.Or(bought(o), "none")})
	case !f.FailedAt.IsZero():
		steps = append(steps, Step{At: f.FailedAt, Kind: ItemsFailed, What: "Given up; a person must look", Detail: f.LastError})
	case !f.Since.IsZero():
		steps = append(steps, Step{At: f.NotBefore, Kind: Due, What: "Stripe is asked again", Expected: true})
	}
	return steps
}

// planned are the plans, each with what it owes.
func planned(o *order.Order) []Step {
	var steps []Step
	for _, reason := range slices.Sorted(maps.Keys(o.Plans)) {
		var keys []string
		for _, key := range slices.Sorted(maps.Keys(maps.Collect(o.Mails()))) {
			if o.Emails[key].PlannedAt.Equal(o.Plans[reason]) {
				keys = append(keys, key)
			}
		}
		s := Step{At: o.Plans[reason], Kind: Planned, What: "Planned " + plural.Of(len(keys), "e-mail"), Detail: strings.Join(keys, ", ")}
		if o.Ignored != "" && len(keys) == 0 {
			s.What, s.Detail = "Ignored", o.Ignored
		}
		steps = append(steps, s)
	}
	return steps
}

// onPurpose is what was done to the order by people, in their own words, or by its age.
func onPurpose(o *order.Order) []Step {
	var steps []Step
	for _, e := range o.Audit {
		if e.Reason == order.ByAge {
			steps = append(steps, Step{At: e.At, Kind: ByAge, What: "By age: " + e.Command, Detail: e.Reason})
			continue
		}
		steps = append(steps, Step{At: e.At, Kind: ByHand, What: "By hand: " + e.Command, Delivery: e.Key, Detail: e.Reason})
	}
	return steps
}

// corrected are the addresses that the customer was given.
func corrected(o *order.Order) []Step {
	var steps []Step
	for _, c := range correctionsOf(o) {
		steps = append(steps, Step{At: c.At, Kind: Corrected, What: "Address corrected", Detail: "from " + cmp.Or(c.From, "none") + " to " + c.To})
	}
	return steps
}

func took(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return d.Round(time.Second).String()
}
