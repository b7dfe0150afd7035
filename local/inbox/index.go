package inbox

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"handler/function/internal/order"
	"handler/function/internal/view"
)

// readBatch is how many orders are read at once: up to a megabyte.
const readBatch = 200

// index finds orders by words and by their state. It keeps some 300 bytes of each order, and reads
// an order again only when its revision changes, or when its state may change by the clock.
type index struct {
	orders Orders

	mu      sync.Mutex
	entries map[string]entry
}

// entry is what the index keeps of an order.
type entry struct {
	Revision
	// text is all that the order is found by, in lower case.
	text  string
	state view.State
	// until is when the state may be another one; zero for never.
	until time.Time
}

// search is which orders are asked for.
type search struct {
	// Text is words that an order must all have; empty for all orders.
	Text string
	// State is empty for all states.
	State view.State
}

// listing is a part of the orders that were asked for, the newest first, and how many there are.
type listing struct {
	Rows []view.Row
	// Matching is how many orders were asked for, of Total in the database.
	Matching, Total int
	// States counts the orders that have the words of the search.
	States map[view.State]int
	// Unread is how many orders there was no time to read. They are missing in the other numbers
	// but Total, and the next call reads on.
	Unread int
}

func newIndex(orders Orders) *index { return &index{orders: orders, entries: map[string]entry{}} }

// find lists up to limit orders, without the first ones. It takes patience at most.
func (x *index) find(ctx context.Context, s search, skip, limit int, now time.Time) (listing, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	entries, total, err := x.refresh(ctx, now)
	if err != nil {
		return listing{}, err
	}
	found := listing{Total: total, Unread: total - len(entries), States: map[view.State]int{}}
	var ids []string
	words := strings.Fields(strings.ToLower(s.Text))
	for _, e := range entries {
		if !e.has(words) {
			continue
		}
		if found.States[e.state]++; s.State != "" && s.State != e.state {
			continue
		}
		if found.Matching++; found.Matching > skip && len(ids) < limit {
			ids = append(ids, e.ID)
		}
	}
	found.Rows, err = x.rows(ctx, ids, now)
	return found, err
}

// refresh gives the entries, the newest first, as the database has the orders now, and how many
// orders there are.
func (x *index) refresh(ctx context.Context, now time.Time) ([]entry, int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	revisions, err := x.orders.Revisions(ctx)
	if err != nil {
		return nil, 0, err
	}
	slices.SortFunc(revisions, func(a, b Revision) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	known := make(map[string]entry, len(revisions))
	var stale []string
	for _, r := range revisions {
		e, ok := x.entries[r.ID]
		if ok {
			known[r.ID] = e
		}
		if !ok || e.outdated(r, now) {
			stale = append(stale, r.ID)
		}
	}
	x.entries = known
	if err := x.read(ctx, stale, now); err != nil {
		return nil, 0, err
	}
	var sorted []entry
	for _, r := range revisions {
		if e, ok := x.entries[r.ID]; ok {
			sorted = append(sorted, e)
		}
	}
	return sorted, len(revisions), nil
}

// read makes the entries of orders, as many as half of the time allows: the rest is for the page.
func (x *index) read(ctx context.Context, ids []string, now time.Time) error {
	deadline, _ := ctx.Deadline()
	for batch := range slices.Chunk(ids, readBatch) {
		orders, err := x.orders.Read(ctx, batch)
		if err != nil {
			return err
		}
		for _, o := range orders {
			x.entries[o.ID] = entryOf(o, now)
		}
		if time.Until(deadline) < patience/2 {
			return nil
		}
	}
	return nil
}

func entryOf(o *order.Order, now time.Time) entry {
	texts := []string{o.ID, o.CustomerName, o.CustomerEmail, o.PaymentIntent}
	for _, c := range o.Corrections {
		texts = append(texts, c.To.String())
	}
	for _, i := range o.Items {
		texts = append(texts, i.Description, i.ProductName, i.Product, i.Price)
	}
	e := entry{Revision: Revision{o.ID, o.Revision, o.CreatedAt}, text: strings.ToLower(strings.Join(texts, "\n"))}
	e.state, e.until = view.StateUntil(o, now)
	return e
}

// outdated reports whether the order is at another revision, or its state may be another one by
// now.
func (e entry) outdated(r Revision, now time.Time) bool {
	return e.Number != r.Number || !e.CreatedAt.Equal(r.CreatedAt) || !e.until.IsZero() && !e.until.After(now)
}

// has reports whether all of the words, in lower case, are in the order.
func (e entry) has(words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(e.text, w) })
}

// rows are the orders of these IDs for a list.
func (x *index) rows(ctx context.Context, ids []string, now time.Time) ([]view.Row, error) {
	rows := []view.Row{}
	if len(ids) == 0 {
		return rows, nil
	}
	orders, err := x.orders.Read(ctx, ids)
	byID := map[string]*order.Order{}
	for _, o := range orders {
		byID[o.ID] = o
	}
	for _, id := range ids {
		if o := byID[id]; o != nil {
			rows = append(rows, view.RowOf(o, now))
		}
	}
	return rows, err
}
