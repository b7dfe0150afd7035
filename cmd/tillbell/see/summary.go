package see

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"handler/function/cmd/tillbell/screen"
	"handler/function/internal/maildata"
	"handler/function/internal/view"
)

// Summary shows how the shop does.
func (v Viewer) Summary(ctx context.Context) error {
	var s view.Summary
	if err := v.ask(ctx, "summary", true, &s); err != nil {
		return err
	}
	if v.Screen.JSON {
		return v.Screen.Value(s)
	}
	v = v.in(s.TimeZone)
	v.Screen.Line("Days begin at 00:00 %s, and today counts as the last of them. It is %s.", v.zone, v.at(s.At))
	if s.CountedSince != nil {
		v.Screen.Line("There are too many orders to count at once: those before %s are left out.", v.at(*s.CountedSince))
	}
	for _, m := range []struct {
		name    string
		periods []view.Period
	}{{"Orders", s.Live}, {"Test orders", s.Test}} {
		if hasOrders(m.periods) {
			v.title("%s", m.name)
			v.periods(m.periods)
		}
	}
	if !hasOrders(s.Live) && !hasOrders(s.Test) {
		v.title("There was no order in these days.")
	}
	v.todo(s.Now)
	v.conditions(s.Conditions)
	return nil
}

// conditions says what the owner must correct, one line for each.
func (v Viewer) conditions(all []view.Condition) {
	if len(all) == 0 {
		return
	}
	v.title("What keeps the shop from working")
	var rows [][]screen.Cell
	for _, c := range all {
		text := c.Title
		if c.About != "" {
			text += " (" + c.About + ")"
		}
		rows = append(rows, []screen.Cell{{Text: text + ", for " + screen.Span(v.Now.Sub(c.Since)), Tone: screen.Bad}, plain("%s", c.Remedy)})
	}
	v.Screen.Table(nil, rows)
}

// hasOrders reports whether there is anything to show of these periods, the longest of which is the
// last.
func hasOrders(periods []view.Period) bool {
	if len(periods) == 0 {
		return false
	}
	longest := periods[len(periods)-1]
	return longest.Orders+longest.Paid+longest.Ignored > 0
}

func (v Viewer) periods(all []view.Period) {
	row := func(name string, value func(view.Period) screen.Cell) []screen.Cell {
		cells := []screen.Cell{dim("%s", name)}
		for _, p := range all {
			cells = append(cells, value(p))
		}
		return cells
	}
	number := func(name string, tone screen.Tone, value func(view.Period) int) []screen.Cell {
		return row(name, func(p view.Period) screen.Cell {
			n := value(p)
			if n == 0 {
				return dim("0")
			}
			return screen.Cell{Text: fmt.Sprint(n), Tone: tone}
		})
	}
	rows := [][]screen.Cell{
		number("ordered", screen.Plain, func(p view.Period) int { return p.Orders }),
		number("paid", screen.Plain, func(p view.Period) int { return p.Paid }),
		row("total", func(p view.Period) screen.Cell { return plain("%s", money(p.Total)) }),
		row("refunded", func(p view.Period) screen.Cell { return back(p.Refunded) }),
		row("disputed", func(p view.Period) screen.Cell { return back(p.Disputed) }),
		row("net", func(p view.Period) screen.Cell { return plain("%s", money(p.Net)) }),
		number("e-mails sent", screen.Good, func(p view.Period) int { return p.Emails.Sent }),
		number("bounced", screen.Bad, func(p view.Period) int { return p.Emails.Bounced }),
		number("unheard", screen.Bad, func(p view.Period) int { return p.Emails.Unheard }),
		number("waiting", screen.Care, func(p view.Period) int { return p.Emails.Waiting }),
		number("later", screen.Plain, func(p view.Period) int { return p.Emails.Later }),
		number("failed", screen.Bad, func(p view.Period) int { return p.Emails.Failed }),
		number("unsure", screen.Care, func(p view.Period) int { return p.Emails.Unsure }),
		number("not ours", screen.Dim, func(p view.Period) int { return p.Ignored }),
	}
	var columns []string
	for _, p := range all {
		columns = append(columns, days(p.Days))
	}
	v.Screen.Table(append([]string{""}, columns...), rows)
	var sales [][]screen.Cell
	for _, sold := range all[len(all)-1].Products {
		sales = append(sales, row(short(cmp.Or(sold.Name, sold.Product), 40), func(p view.Period) screen.Cell { return soldIn(p, sold.Product) }))
	}
	if sales != nil {
		v.Screen.Line("")
		v.Screen.Table(append([]string{"SOLD"}, columns...), sales)
	}
}

func days(n int) string {
	if n == 1 {
		return "TODAY"
	}
	return fmt.Sprintf("%d DAYS", n)
}

// soldIn is how much of a product was sold in a period.
func soldIn(p view.Period, product string) screen.Cell {
	for _, sold := range p.Products {
		if sold.Product == product {
			return plain("%d, %s", sold.Quantity, money(sold.Amounts))
		}
	}
	return dim("0")
}

// back is money that came back.
func back(amounts []maildata.Money) screen.Cell {
	if len(amounts) == 0 {
		return dim("0")
	}
	return screen.Cell{Text: money(amounts), Tone: screen.Care}
}

func money(amounts []maildata.Money) string {
	var all []string
	for _, m := range amounts {
		all = append(all, m.Formatted)
	}
	return cmp.Or(strings.Join(all, " + "), "0")
}

// todo says what there is to do, and what to look at.
func (v Viewer) todo(n view.Now) {
	v.title("Now")
	due := plain("%d", n.Due)
	if n.AtLeast {
		due = plain("%d or more", n.Due)
	}
	if n.OldestDueAt != nil {
		due.Text += ", the oldest for " + screen.Span(v.Now.Sub(*n.OldestDueAt))
	}
	v.Screen.Table(nil, [][]screen.Cell{
		{dim("due"), due},
		{dim("stuck"), alarming(n.Stuck, view.Stuck)},
		{dim("failed"), alarming(n.Failed, view.Failed)},
		{dim("bounced"), alarming(n.Bounced, view.Bounced)},
	})
}

// alarming is a number that should be 0, with what shows the rest.
func alarming(n int, state view.State) screen.Cell {
	if n == 0 {
		return screen.Cell{Text: "0", Tone: screen.Good}
	}
	return screen.Cell{Text: fmt.Sprintf("%d: tillbell orders --state %s", n, state), Tone: screen.Bad}
}
