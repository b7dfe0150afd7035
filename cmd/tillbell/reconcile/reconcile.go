// Package reconcile has stripe-webhook ask Stripe for events that its webhook did not bring, call
// by call, and shows how far that has come.
package reconcile

import (
	"context"
	"fmt"
	"io"
	"time"

	"handler/function/cmd/tillbell/screen"
	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/plural"
)

// Caller calls functions; it is an *owner.Client.
type Caller interface {
	Call(ctx context.Context, function, command string, arguments, answer any) error
}

// Search is what is looked for.
type Search struct {
	Since time.Time
	// DryRun: it is shown, and not stored.
	DryRun bool
	// After is where an earlier search was stopped; empty to begin.
	After string
}

// arguments are those of one call.
type arguments struct {
	Since  time.Time `json:"since"`
	DryRun bool      `json:"dry_run,omitempty"`
	After  string    `json:"after,omitempty"`
}

// Tally is what a search has come upon: one call's answer, or all of them together.
type Tally struct {
	Seen      int       `json:"seen"`
	Known     int       `json:"known"`
	Recorded  int       `json:"recorded"`
	Ignored   int       `json:"ignored"`
	Malformed int       `json:"malformed"`
	Missing   []Missing `json:"missing"`
	Next      string    `json:"next,omitempty"`
}

// Missing is an event that the webhook did not bring.
type Missing struct {
	Order         string    `json:"order"`
	Event         string    `json:"event"`
	Type          string    `json:"type"`
	Created       time.Time `json:"created"`
	PaymentStatus string    `json:"payment_status"`
	AmountTotal   int64     `json:"amount_total"`
	Currency      string    `json:"currency"`
}

func (t *Tally) add(more Tally) {
	t.Seen += more.Seen
	t.Known += more.Known
	t.Recorded += more.Recorded
	t.Ignored += more.Ignored
	t.Malformed += more.Malformed
	t.Missing = append(t.Missing, more.Missing...)
	t.Next = more.Next
}

// Owner is who searches, and where it is shown.
type Owner struct {
	Caller
	Screen screen.Screen
	// Progress is told how far it has come.
	Progress io.Writer
}

// Run searches until all is gone through, and shows what was missing. Where it is stopped, what was
// stored until then stays, and it says how to go on.
func (o Owner) Run(ctx context.Context, s Search) error {
	sum := Tally{Missing: []Missing{}, Next: s.After}
	for first := true; first || sum.Next != ""; first = false {
		var t Tally
		err := o.Call(ctx, "stripe-webhook", order.FoundByOwner, arguments{s.Since, s.DryRun, sum.Next}, &t)
		switch {
		case ctx.Err() != nil:
			o.sayHowToGoOn(s, sum)
			return ctx.Err()
		case err != nil:
			o.sayHowToGoOn(s, sum)
			return err
		}
		sum.add(t)
		if t.Next != "" {
			fmt.Fprintf(o.Progress, "  %d seen, %d missing so far\n", sum.Seen, sum.Recorded)
		}
	}
	o.show(s, sum)
	if o.Screen.JSON {
		return o.Screen.Value(sum)
	}
	return nil
}

// sayHowToGoOn is for a search that did not come to its end.
func (o Owner) sayHowToGoOn(s Search, sum Tally) {
	if !s.DryRun {
		fmt.Fprintf(o.Progress, "Stored until now: %s. Run the same again: what is stored is not stored twice.\n", plural.Of(sum.Recorded, "event"))
	}
	if sum.Next != "" {
		fmt.Fprintf(o.Progress, "To go on from here: --since %s --after %s\n", s.Since.UTC().Format(time.RFC3339), sum.Next)
	}
}

func (o Owner) show(s Search, sum Tally) {
	if o.Screen.JSON {
		return
	}
	if s.DryRun && len(sum.Missing) > 0 {
		o.Screen.Table([]string{"WHEN", "ORDER", "EVENT", "PAYMENT", "AMOUNT"}, rows(sum.Missing))
		o.Screen.Line("")
	}
	o.Screen.Line("%s since %s: %d known, %s, %d not for us%s.", plural.Of(sum.Seen, "event"), s.Since.UTC().Format("2006-01-02 15:04 UTC"),
		sum.Known, o.done(s, sum.Recorded), sum.Ignored, unreadable(sum.Malformed))
	if s.DryRun && sum.Recorded > 0 {
		o.Screen.Line("Nothing was changed. The same without --dry-run stores what is missing, and its e-mails go out.")
	}
}

func (o Owner) done(s Search, n int) string {
	if s.DryRun {
		return fmt.Sprintf("%d missing", n)
	}
	return fmt.Sprintf("%d missing until now and stored", n)
}

func unreadable(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d that cannot be read (stripe-webhook's log says why)", n)
}

func rows(all []Missing) (rows [][]screen.Cell) {
	for _, m := range all {
		rows = append(rows, []screen.Cell{
			{Text: m.Created.UTC().Format("2006-01-02 15:04"), Tone: screen.Dim}, {Text: m.Order}, {Text: m.Type}, {Text: m.PaymentStatus, Tone: tone(m)},
			{Text: maildata.MoneyOf(m.AmountTotal, m.Currency, "").Formatted},
		})
	}
	return rows
}

func tone(m Missing) screen.Tone {
	if m.PaymentStatus == string(order.Unpaid) {
		return screen.Care
	}
	return screen.Good
}
