// Package see shows the owner what came of the sales: a list of orders, one of them whole, and what
// they come to. It asks send-email, and changes nothing.
package see

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"handler/function/cmd/tillbell/screen"
	"handler/function/internal/view"
	"handler/function/shared/owner"
)

// Viewer sees, and shows.
type Viewer struct {
	Client *owner.Client
	Screen screen.Screen
	// Now is when it is shown.
	Now time.Time

	// zone is the shop's, as the answer names it.
	zone *time.Location
}

// in is the viewer of an answer in a time zone; one that this machine does not have is UTC.
func (v Viewer) in(timeZone string) Viewer {
	zone, err := time.LoadLocation(timeZone)
	if err != nil {
		zone = time.UTC
	}
	v.zone = zone
	return v
}

// stamp is a time in the shop's time zone, for a column whose title names it.
func (v Viewer) stamp(t time.Time) string { return screen.Stamp(t.In(v.zone)) }

// at is a time with the name of its time zone.
func (v Viewer) at(t time.Time) string { return v.stamp(t) + " " + v.zone.String() }

// ask asks send-email for one thing.
func (v Viewer) ask(ctx context.Context, command string, arguments, answer any) error {
	return v.Client.Call(ctx, "send-email", command, arguments, answer)
}

// title begins a part of what is shown.
func (v Viewer) title(format string, args ...any) { v.Screen.Line("\n"+format, args...) }

func plain(format string, args ...any) screen.Cell {
	return screen.Cell{Text: fmt.Sprintf(format, args...)}
}

func dim(format string, args ...any) screen.Cell {
	return screen.Cell{Text: fmt.Sprintf(format, args...), Tone: screen.Dim}
}

// stateCell is a state of an order, or of an e-mail, in the colour of what it means.
func stateCell(state string) screen.Cell {
	tones := map[string]screen.Tone{
		string(view.Failed): screen.Bad, string(view.Bounced): screen.Bad, string(view.Unheard): screen.Bad, string(view.Disputed): screen.Care, string(view.Stuck): screen.Bad, string(view.Waiting): screen.Care, string(view.Done): screen.Good,
		"planned": screen.Care, "sending": screen.Care, "retry": screen.Care, "sent": screen.Good,
		string(view.Ignored): screen.Dim, string(view.Unpaid): screen.Dim, string(view.Refunded): screen.Dim, "cancelled": screen.Dim, "later": screen.Dim,
	}
	return screen.Cell{Text: state, Tone: tones[state]}
}

// who is a customer, as in an e-mail's header.
func who(c view.Customer) string {
	switch {
	case c.Name == "" && c.Email == "":
		return "–"
	case c.Name == "":
		return c.Email
	case c.Email == "":
		return c.Name
	}
	return c.Name + " <" + c.Email + ">"
}

// short is a text that leaves room for others beside it.
func short(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:most-1])) + "…"
}

// total is what was paid, whether it is a test, and what became of the money afterwards.
func total(r view.Row) string {
	text := r.Total.Formatted
	if !r.Livemode {
		text += " (test)"
	}
	if back := r.Reversal(); back != "" {
		text += ", " + back
	}
	return text
}
