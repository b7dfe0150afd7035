package function

import (
	"slices"
	"strings"
	"time"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// place is one in the list of orders, the newest first: before all that were made before a time, and of those made in
// its very millisecond behind those that it names. They have no order of their own, and are few.
type place struct {
	at    time.Time
	names []string
}

// parsePlace reads what String wrote: 2026-11-24T12:00:00.123Z/cs_1/cs_2.
func parsePlace(text string) (p place, err error) {
	parts := strings.Split(text, "/")
	if p.at, err = time.Parse(time.RFC3339, parts[0]); err != nil {
		return p, err
	}
	p.at, p.names = p.at.UTC().Truncate(time.Millisecond), parts[1:]
	for _, id := range p.names {
		if !order.ValidID(id) {
			return p, openfaas.ErrCall
		}
	}
	return p, nil
}

func (p place) String() string {
	return strings.Join(append([]string{p.at.UTC().Format(time.RFC3339Nano)}, p.names...), "/")
}

// until is the time before which all that is behind the place was made.
func (p place) until() time.Time {
	if len(p.names) == 0 {
		return p.at
	}
	return p.at.Add(time.Millisecond)
}

// passed reports whether an order that was made before until is before the place all the same.
func (p place) passed(o *order.Order) bool {
	return o.CreatedAt.Equal(p.at) && slices.Contains(p.names, o.ID)
}

// pass moves the place behind an order.
func (p *place) pass(o *order.Order) {
	if !o.CreatedAt.Equal(p.at) {
		p.at, p.names = o.CreatedAt, p.names[:0]
	}
	p.names = append(p.names, o.ID)
}
