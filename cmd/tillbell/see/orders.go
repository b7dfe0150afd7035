package see

import (
	"context"
	"strconv"
	"strings"

	"handler/function/cmd/tillbell/screen"
	"handler/function/internal/view"
)

// Query says which orders are listed; what is empty does not matter.
type Query struct {
	State string
	// Since is a day in the shop's time zone, or a time in RFC 3339.
	Since   string
	Email   string
	Product string
	// Limit is how many at the most.
	Limit int
	// Before is where a list ended that is to be gone on with, or a time.
	Before string
}

// onePage is how many orders are asked for at once.
const onePage = 200

// arguments are those of a call.
type arguments struct {
	State   string `json:"state,omitempty"`
	Since   string `json:"since,omitempty"`
	Email   string `json:"email,omitempty"`
	Product string `json:"product,omitempty"`
	Limit   int    `json:"limit"`
	Before  string `json:"before,omitempty"`
}

// list is an answer.
type list struct {
	Orders []view.Row `json:"orders"`
	Next   string     `json:"next,omitempty"`
	// TimeZone is the shop's, an IANA name.
	TimeZone string `json:"time_zone"`
}

// Orders lists orders, the newest first.
func (v Viewer) Orders(ctx context.Context, q Query) error {
	found, err := v.list(ctx, q)
	switch {
	case err != nil:
		return err
	case v.Screen.JSON:
		return v.Screen.Value(found)
	case len(found.Orders) == 0:
		v.Screen.Line("There is no such order.")
		return nil
	}
	v = v.in(found.TimeZone)
	var rows [][]screen.Cell
	for _, r := range found.Orders {
		rows = append(rows, []screen.Cell{
			dim("%s", v.stamp(r.CreatedAt)), stateCell(string(r.State)), plain("%s", who(r.Customer)), plain("%s", short(r.Bought, 40)),
			plain("%s", total(r)), plain("%s", r.Progress()), plain("%s", r.ID),
		})
	}
	created := "CREATED, " + v.zone.String()
	v.Screen.Table([]string{created, "STATE", "CUSTOMER", "BOUGHT", "TOTAL", "E-MAILS", "ORDER"}, rows)
	if found.Next != "" {
		q.Before = found.Next
		v.Screen.Line("\nThere may be more: %s", q.command())
	}
	return nil
}

// list asks until there are enough, or no more. An answer may have fewer than were asked for, or
// none, and be not the last: send-email has looked at many others for them.
func (v Viewer) list(ctx context.Context, q Query) (list, error) {
	a := arguments{State: q.State, Since: q.Since, Email: q.Email, Product: q.Product, Before: q.Before}
	all := list{Orders: []view.Row{}}
	for {
		a.Limit = min(q.Limit-len(all.Orders), onePage)
		var page list
		if err := v.ask(ctx, "orders", a, &page); err != nil {
			return all, err
		}
		all.Orders, all.Next, all.TimeZone = append(all.Orders, page.Orders...), page.Next, page.TimeZone
		if page.Next == "" || len(all.Orders) >= q.Limit {
			return all, nil
		}
		a.Before = page.Next
	}
}

// command is what lists these orders.
func (q Query) command() string {
	words := []string{"tillbell orders"}
	add := func(flag, value string) {
		if value != "" {
			words = append(words, flag, quoted(value))
		}
	}
	add("--state", q.State)
	add("--since", q.Since)
	add("--email", q.Email)
	add("--product", q.Product)
	add("--limit", strconv.Itoa(q.Limit))
	add("--before", q.Before)
	return strings.Join(words, " ")
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	if strings.ContainsFunc(word, func(r rune) bool {
		return !strings.ContainsRune("@%+=:,./_-", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
