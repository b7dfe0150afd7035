package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"handler/function/internal/order"
)

const (
	// MaxLooked and longestLook are how many orders one call looks at, and for how long it begins
	// to look at more: where there are more, the caller goes on from next.
	MaxLooked   = 5000
	longestLook = 10 * time.Second
	// clocksApart is how far the clock that dated an order may be ahead of ours.
	clocksApart = time.Hour
)

// place is one in the list of orders, the newest first: before all that were made before a time,
// and of those made in its very millisecond behind those that it names. They have no order of their
// own, and are few.
type place struct {
	at    time.Time
	names []string
}

// wantPlace says what parsePlace reads.
const wantPlace = "the next of an earlier answer, or a time such as 2026-11-01T00:00:00Z"

// placeAt is where a call begins: at its argument before, which was checked, or at the newest
// order.
func (s Service) placeAt(before string) place {
	if before == "" {
		return place{at: s.Now().Add(clocksApart)}
	}
	at, _ := parsePlace(before)
	return at
}

// look goes through the orders that were made since then, from a place on, as far as one call may,
// or until the caller has enough. It says where to go on, which is empty at the end, and how many
// it looked at. Its error is ErrUnread.
func (s Service) look(ctx context.Context, orders Store, since time.Time, at place, enough func() bool, visit func(*order.Order)) (next string, looked int, err error) {
	began := s.Now()
	err = orders.Walk(ctx, since, at.until(), func(o *order.Order) bool {
		switch {
		case at.passed(o):
			return true
		case enough(), looked == MaxLooked, looked > 0 && s.Now().Sub(began) >= longestLook:
			next = at.String()
			return false
		}
		looked++
		at.pass(o)
		visit(o)
		return true
	})
	if err != nil {
		return "", looked, fmt.Errorf("%w: %w", ErrUnread, err)
	}
	return next, looked, nil
}

// parsePlace reads what String wrote: 2026-11-24T12:00:00.123Z/cs_1/cs_2. An empty text is no
// place, and no error.
func parsePlace(text string) (p place, err error) {
	if text == "" {
		return p, nil
	}
	parts := strings.Split(text, "/")
	if p.at, err = time.Parse(time.RFC3339, parts[0]); err != nil {
		return p, err
	}
	p.at, p.names = p.at.UTC().Truncate(time.Millisecond), parts[1:]
	for _, id := range p.names {
		if !order.ValidID(id) {
			return p, errors.New("not an ID")
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
