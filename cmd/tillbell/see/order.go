package see

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"handler/function/cmd/tillbell/screen"
	"handler/function/internal/view"
)

// Order shows the whole of one order.
func (v Viewer) Order(ctx context.Context, id string) error {
	var o view.Order
	if err := v.ask(ctx, "order", id, &o); err != nil {
		return err
	}
	if v.Screen.JSON {
		return v.Screen.Value(o)
	}
	v = v.in(o.TimeZone)
	v.header(o)
	v.items(o)
	v.emails(o)
	v.timeline(o)
	v.events(o)
	v.audit(o)
	return nil
}

func (v Viewer) header(o view.Order) {
	payment := string(o.PaymentStatus)
	if o.PaymentFailed {
		payment += ", declined"
	}
	customer := who(o.Customer)
	if text := o.Corrected(); text != "" {
		customer += " (" + text + ")"
	}
	v.Screen.Line("Order %s\n", o.ID)
	rows := [][]screen.Cell{
		{dim("State"), stateCell(string(o.State))},
		{dim("Customer"), plain("%s", customer)},
		{dim("Total"), plain("%s, %s", total(o.Row), payment)},
		{dim("Created"), plain("%s, %s", v.at(o.CreatedAt), screen.Ago(o.CreatedAt, v.Now))},
	}
	if o.PaidLater() {
		rows = append(rows, []screen.Cell{dim("Paid"), plain("%s, %s", v.at(*o.PaidAt), screen.Ago(*o.PaidAt, v.Now))})
	}
	if o.CameBack() {
		rows = slices.Insert(rows, 3, []screen.Cell{dim("Net"), plain("%s", o.Net.Formatted)})
	}
	if o.LaterAt != nil {
		first := v.at(*o.LaterAt) + ", " + screen.Ago(*o.LaterAt, v.Now)
		rows = append(rows, []screen.Cell{dim("Later"), plain("%d, the first at %s", o.Later, first)})
	}
	if o.NextDueAt != nil && (o.LaterAt == nil || o.NextDueAt.Before(*o.LaterAt)) {
		rows = append(rows, []screen.Cell{dim("Due"), plain("%s, %s", v.at(*o.NextDueAt), screen.Ago(*o.NextDueAt, v.Now))})
	}
	for _, more := range []struct{ name, value string }{
		{"Ignored", o.Ignored}, {"Payment", o.PaymentIntent}, {"Link", o.PaymentLink}, {"Reference", o.Reference}, {"Language", o.Locale},
	} {
		if more.value != "" {
			rows = append(rows, []screen.Cell{dim("%s", more.name), plain("%s", more.value)})
		}
	}
	v.Screen.Table(nil, rows)
}

func (v Viewer) items(o view.Order) {
	v.title("Bought")
	if len(o.Items) == 0 {
		v.Screen.Line("Stripe was not asked yet, or did not say.")
		return
	}
	var rows [][]screen.Cell
	for _, i := range o.Items {
		rows = append(rows, []screen.Cell{plain("%d ×", i.Quantity), plain("%s", i.Description), plain("%s", i.Total.Formatted), dim("%s", i.Product), dim("%s", i.Price)})
	}
	v.Screen.Table(nil, rows)
}

func (v Viewer) emails(o view.Order) {
	v.title("E-mails, %s", o.Progress())
	if len(o.Emails) == 0 {
		v.Screen.Line("None are planned.")
		return
	}
	var rows [][]screen.Cell
	for _, e := range o.Emails {
		rows = append(rows, []screen.Cell{
			stateCell(e.Standing()), plain("%s", e.Key), plain("%s", e.Recipients()), plain("%s", cmp.Or(e.TemplateName, e.Template)),
			plain("%d", e.Attempts), plain("%s", v.when(e)), plain("%s", said(e)), dim("%s", e.MessageID),
		})
	}
	v.Screen.Table([]string{"STATE", "E-MAIL", "TO", "TEMPLATE", "TRIES", "WHEN", "SENDGRID SAID", "MESSAGE"}, rows)
}

// when is when an e-mail came to its end, or is next to be tried.
func (v Viewer) when(e view.Email) string {
	for _, at := range []*time.Time{e.SentAt, e.FailedAt, e.CancelledAt} {
		if at != nil {
			return screen.Ago(*at, v.Now)
		}
	}
	if e.DueAt == nil {
		return ""
	}
	return "due " + screen.Ago(*e.DueAt, v.Now)
}

// said is the last answer to an e-mail, and what is not sure about it.
func said(e view.Email) string {
	var parts []string
	if e.LastStatus != 0 && !strings.Contains(e.LastError, fmt.Sprint(e.LastStatus)) {
		parts = append(parts, fmt.Sprint(e.LastStatus))
	}
	if e.LastError != "" {
		parts = append(parts, e.LastError)
	}
	if e.Unsure {
		parts = append(parts, "unsure: a second copy is possible")
	}
	return strings.Join(parts, "; ")
}

// timeline tells each step by how long it came after the first.
func (v Viewer) timeline(o view.Order) {
	v.title("Timeline")
	var rows [][]screen.Cell
	steps := o.Steps()
	for _, s := range steps {
		after := dim("+ %s", screen.Span(s.At.Sub(steps[0].At)))
		if s.Expected {
			after = screen.Cell{Text: screen.Ago(s.At, v.Now), Tone: screen.Care}
		}
		what := screen.Cell{Text: strings.TrimSpace(s.What + " " + s.Delivery)}
		switch s.Kind {
		case view.EmailFailed, view.ItemsFailed:
			what.Tone = screen.Bad
		case view.EmailSent:
			what.Tone = screen.Good
		}
		detail := s.Detail
		if s.Kind == view.Stored {
			detail = "" // the ID is above
		}
		rows = append(rows, []screen.Cell{dim("%s", v.stamp(s.At)), after, what, plain("%s", detail)})
	}
	v.Screen.Table([]string{v.zone.String(), "AFTER", "WHAT", ""}, rows)
}

func (v Viewer) events(o view.Order) {
	v.title("What Stripe said")
	var rows [][]screen.Cell
	for _, e := range o.Events {
		rows = append(rows, []screen.Cell{
			dim("%s", v.stamp(e.ReceivedAt)), dim("%s", v.stamp(e.Created)), plain("%s", e.Type), plain("%s", e.ID), plain("%d", e.Deliveries),
		})
	}
	v.Screen.Table([]string{"RECEIVED, " + v.zone.String(), "CREATED", "TYPE", "EVENT", "TIMES"}, rows)
}

func (v Viewer) audit(o view.Order) {
	if len(o.Audit) == 0 {
		return
	}
	v.title("Done on purpose")
	var rows [][]screen.Cell
	for _, e := range o.Audit {
		rows = append(rows, []screen.Cell{dim("%s", v.stamp(e.At)), plain("%s", e.Command), plain("%s", e.Key), plain("%s", e.Reason)})
	}
	v.Screen.Table([]string{v.zone.String(), "WHAT", "E-MAIL", "WHY"}, rows)
}
