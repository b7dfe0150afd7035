package inbox

import (
	"context"
	"net/url"

	"handler/function/internal/view"
)

// fewOrders is how many orders are offered to choose from; a search finds the others.
const fewOrders = 10

// choices are orders to choose from.
type choices struct {
	Find   string
	Action string
	// Hidden is what the search keeps of the address.
	Hidden url.Values
	Orders []orderChoice
	// More is how many orders there are beside these.
	More    int
	Trouble string
	Samples []option
}

type orderChoice struct {
	view.Row
	option
}

// choices are the newest orders, and the samples, that have the words of a search.
func (i *Inbox) choices(ctx context.Context, find string, t trial, path string, l look) *choices {
	c := &choices{Find: find, Action: path}
	to := func(order string) string { return path + l.query(trial{order: order}.address(i)) }
	found, err := i.index.find(ctx, search{Text: find}, 0, fewOrders, i.now())
	if err != nil {
		c.Trouble = trouble(err)
	}
	for _, r := range found.Rows {
		c.Orders = append(c.Orders, orderChoice{r, option{Href: to(r.ID), Current: r.ID == t.order}})
	}
	c.More = found.Matching - len(found.Rows)
	for _, s := range i.samples {
		if s.has(find) {
			c.Samples = append(c.Samples, option{Label: s.Label, Href: to(s.Name), Current: s.Name == t.order})
		}
	}
	return c
}
