package catalogue

import (
	"cmp"
	"slices"
	"time"

	"handler/function/internal/order"
)

// ours reports whether an order is this shop's: every order is, unless the catalogue has only.
func (c *Catalogue) ours(o *order.Order) bool {
	if c.Only == nil || c.Only.link(o) || c.Only.metadata(o.Metadata) {
		return true
	}
	for _, item := range o.Items {
		if c.Only.price(item) || c.Only.product(item) || c.Only.metadata(item.Metadata) {
			return true
		}
	}
	return false
}

// choice is a series that an order gets.
type choice struct {
	series
	// items are the IDs of the line items that chose it; nil is all items.
	items []string
}

// choose finds what the order gets: the e-mails of every order, then the series of each line item,
// each once and in the catalogue's order, then the default. The unknown are the products that no
// series names and that get the default.
func (c *Catalogue) choose(o *order.Order) (chosen []choice, unknown []string) {
	if len(c.EveryOrder.Emails) > 0 {
		chosen = append(chosen, choice{series: c.everyOrder()})
	}
	choosers := c.choosers(o)
	for i, s := range c.Series {
		if items := choosers[i]; items != nil {
			chosen = append(chosen, choice{s, idsOf(items, o)})
		}
	}
	items := choosers[noSeries]
	if items == nil || !c.HasDefault() {
		return chosen, nil
	}
	for _, item := range items {
		if name := nameOf(item); !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
	}
	return append(chosen, choice{c.defaultSeries(), idsOf(items, o)}), unknown
}

// nameOf is an item's product, or a text for an item without one.
func nameOf(item order.Item) string {
	if item.ID == "" && item.Product == "" {
		return "an order without line items"
	}
	return cmp.Or(item.Product, "an item without a product")
}

// choosers are the order's items by the index of the series that they choose, which may be
// noSeries. An order without items counts as one item: its payment link or its metadata can still
// match.
func (c *Catalogue) choosers(o *order.Order) map[int][]order.Item {
	items := o.Items
	if len(items) == 0 {
		items = []order.Item{{}}
	}
	choosers := map[int][]order.Item{}
	for _, item := range items {
		i := c.find(o, item)
		choosers[i] = append(choosers[i], item)
	}
	return choosers
}

// idsOf are the IDs of some of an order's items; nil if they are all.
func idsOf(items []order.Item, o *order.Order) (ids []string) {
	if len(items) >= len(o.Items) {
		return nil
	}
	for _, item := range items {
		ids = append(ids, item.ID)
	}
	return ids
}

// Longest is the e-mail that is scheduled for the latest time, by its key, and how long after the
// payment that is.
func (c *Catalogue) Longest() (key string, after time.Duration) {
	for _, s := range c.allSeries() {
		for _, e := range s.Emails {
			if e.After.Duration > after {
				key, after = s.Name.Value+"/"+e.Key.Value, e.After.Duration
			}
		}
	}
	return key, after
}

// allSeries are all series that an order may get, in the order of choose.
func (c *Catalogue) allSeries() []series {
	return slices.Concat([]series{c.everyOrder()}, c.Series, []series{c.defaultSeries()})
}

func (c *Catalogue) everyOrder() series {
	return series{Name: text{Value: everyOrder}, Emails: c.EveryOrder.Emails}
}

// HasDefault reports whether there are e-mails for items that no series names. Without them the
// e-mails of every order are enough for such items, and no product is unknown.
func (c *Catalogue) HasDefault() bool { return len(c.Default.Emails) > 0 }

// defaultSeries is the series of an item that no other series names.
func (c *Catalogue) defaultSeries() series {
	return series{Name: text{Value: defaultSeries}, Emails: c.Default.Emails}
}

// noSeries is the index if no series matches.
const noSeries = -1

// find is the index of the series that matches an item most specifically, or noSeries.
func (c *Catalogue) find(o *order.Order, item order.Item) int {
	levels := []func(match) bool{
		func(m match) bool { return m.price(item) },
		func(m match) bool { return m.product(item) },
		func(m match) bool { return m.link(o) },
		func(m match) bool { return m.metadata(item.Metadata) },
		func(m match) bool { return m.metadata(o.Metadata) },
	}
	for _, matches := range levels {
		for i, s := range c.Series {
			if matches(s.Match) {
				return i
			}
		}
	}
	return noSeries
}

func (m match) price(i order.Item) bool   { return names(m.Prices, i.Price) }
func (m match) product(i order.Item) bool { return names(m.Products, i.Product) }
func (m match) link(o *order.Order) bool  { return names(m.PaymentLinks, o.PaymentLink) }

// metadata reports whether one of the pairs is among what is matched.
func (m match) metadata(pairs []order.Pair) bool {
	for _, p := range pairs {
		if want, ok := m.Metadata[p.Key]; ok && want.Value == p.Value {
			return true
		}
	}
	return false
}

func names(ids []text, id string) bool {
	for _, t := range ids {
		if t.Value == id && id != "" {
			return true
		}
	}
	return false
}
