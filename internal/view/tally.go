package view

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
)

// periods are the days that a summary is about, today included.
var periods = []int{1, 7, 30}

// maxProducts is how many products are counted separately: a shop may let Stripe create one for
// each sale.
const maxProducts = 200

// Tally counts orders for a summary. Its size does not grow with their number. Make it with
// NewTally.
type Tally struct {
	// The periods end at until, with now's day.
	now, until time.Time
	live, test []*sums
	states     map[State]int
}

// sums are those of a period.
type sums struct {
	period                         Period
	total, refunded, disputed, net amounts
	products                       map[string]*productSums
}

func newSums(p Period) *sums {
	return &sums{
		period: p, total: amounts{}, refunded: amounts{}, disputed: amounts{}, net: amounts{},
		products: map[string]*productSums{},
	}
}

type productSums struct {
	name     string
	quantity int64
	amounts  amounts
}

// amounts are by currency, in its minor unit.
type amounts map[string]int64

// NewTally counts for a summary of now, whose time zone decides what a day is.
func NewTally(now time.Time) *Tally {
	t := &Tally{now: now, until: startIn(now, 1), states: map[State]int{}}
	for _, days := range periods {
		p := Period{Days: days, Since: startIn(now, 1-days)}
		for _, mode := range []*[]*sums{&t.live, &t.test} {
			*mode = append(*mode, newSums(p))
		}
	}
	return t
}

// Since is when the longest of the periods begins.
func (t *Tally) Since() time.Time { return t.live[len(t.live)-1].period.Since }

// Add counts an order. It needs none of the order's events.
func (t *Tally) Add(o *order.Order) {
	t.states[StateOf(o, t.now)]++
	mode := t.test
	if o.Livemode {
		mode = t.live
	}
	for _, s := range mode {
		s.add(o, t)
	}
}

// add counts an order in the period in which it was made, and its payment in the one in which it was
// paid.
func (s *sums) add(o *order.Order, t *Tally) {
	within := func(at time.Time) bool { return !at.Before(s.period.Since) && at.Before(t.until) }
	made, sold := within(o.CreatedAt), o.Settled() && within(o.SoldAt())
	switch {
	case !made && !sold:
		return
	case o.Ignored != "":
		s.period.Ignored += one(made)
		return
	}
	s.period.Orders += one(made)
	for _, d := range o.Mails() {
		s.period.Emails.add(d, t.now)
	}
	if sold {
		s.sell(o)
	}
}

// one counts what is so.
func one(so bool) int {
	if so {
		return 1
	}
	return 0
}

// sell counts a paid order, and what came back of its money.
func (s *sums) sell(o *order.Order) {
	s.period.Paid++
	s.total[o.Currency] += o.AmountTotal
	s.net[o.Currency] += o.Net()
	s.refunded.add(o.Currency, o.CameBack()-o.DisputedBack())
	s.disputed.add(o.Currency, o.DisputedBack())
	for _, i := range o.Items {
		s.product(i).add(i)
	}
}

// product is where an item is counted. The newest order comes first, so the name is the newest.
func (s *sums) product(i order.Item) *productSums {
	id, name := i.Product, cmp.Or(i.ProductName, i.Description, i.Product)
	if _, known := s.products[id]; !known && len(s.products) >= maxProducts {
		id, name = "", "other products"
	}
	if s.products[id] == nil {
		s.products[id] = &productSums{name: name, amounts: amounts{}}
	}
	return s.products[id]
}

func (p *productSums) add(i order.Item) {
	p.quantity += i.Quantity
	p.amounts[i.Currency] += i.AmountTotal
}

func (e *Emails) add(d order.Delivery, now time.Time) {
	switch {
	case bounced(d):
		e.Bounced++
	case !d.UnheardAt.IsZero():
		e.Unheard++
	case d.State == order.Sent:
		e.Sent++
	case d.State == order.Failed:
		e.Failed++
	case d.Later(now):
		e.Later++
	case !d.Final():
		e.Waiting++
	}
	if d.Unsure {
		e.Unsure++
	}
}

// Summary is what was counted; now is what there is to do beside it.
func (t *Tally) Summary(now Now) Summary {
	now.Failed, now.Bounced = t.states[Failed], t.states[Bounced]
	return Summary{
		At: t.now, TimeZone: t.now.Location().String(),
		Live: periodsOf(t.live), Test: periodsOf(t.test), Now: now,
	}
}

func periodsOf(all []*sums) []Period {
	var list []Period
	for _, s := range all {
		p := s.period
		p.Total, p.Products = s.total.money(), []Product{}
		p.Refunded, p.Disputed, p.Net = s.refunded.money(), s.disputed.money(), s.net.money()
		p.CameBack = len(p.Refunded)+len(p.Disputed) > 0
		for id, sold := range s.products {
			p.Products = append(p.Products, Product{id, sold.name, sold.quantity, sold.amounts.money()})
		}
		slices.SortFunc(p.Products, func(a, b Product) int {
			return cmp.Or(cmp.Compare(b.Quantity, a.Quantity), strings.Compare(a.Name, b.Name), strings.Compare(a.Product, b.Product))
		})
		list = append(list, p)
	}
	return list
}

// add leaves out a currency of which there is nothing.
func (a amounts) add(currency string, amount int64) {
	if amount != 0 {
		a[currency] += amount
	}
}

// money is the amounts in the order of their currencies.
func (a amounts) money() []maildata.Money {
	all := []maildata.Money{}
	for _, currency := range slices.Sorted(maps.Keys(a)) {
		all = append(all, maildata.MoneyOf(a[currency], currency, ""))
	}
	return all
}
