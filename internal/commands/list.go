package commands

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/view"
)

const (
	// defaultRows and maxRows are how many orders a list has.
	defaultRows = 50
	maxRows     = 500
)

// listOrders asks for the orders that are as it says, the newest first.
type listOrders struct {
	// State is one of view.States.
	State view.State `json:"state"`
	// Since is a time in RFC 3339, or a day in the shop's time zone.
	Since string `json:"since"`
	// Email is the customer's, or one that an e-mail of the order went to, other than an admin's;
	// in capitals or not.
	Email string `json:"email"`
	// Product is Stripe's ID of a product or of a price, or a part of a name.
	Product string `json:"product"`
	Limit   int    `json:"limit"`
	// Before is where to go on: an answer's next, or a time.
	Before string `json:"before"`
}

// OrderList is a part of the list.
type OrderList struct {
	Orders []view.Row `json:"orders"`
	// Next is where to go on; empty at the end.
	Next string `json:"next,omitempty"`
	// TimeZone is the shop's, an IANA name.
	TimeZone string `json:"time_zone"`
}

// parseSince reads a time, or a day in a time zone.
func parseSince(text string, zone *time.Location) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return view.StartOf(time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, zone)), nil
	}
	return time.Parse(time.RFC3339, text)
}

func (r *listOrders) Check() error {
	_, since := parseSince(r.Since, time.UTC)
	_, before := parsePlace(r.Before)
	switch {
	case r.State != "" && !slices.Contains(view.States(), r.State):
		return &openfaas.ArgumentError{Name: "orders.state", Want: strings.Join(view.StateNames(), ", ")}
	case r.Since != "" && since != nil:
		const want = "a day such as 2026-11-01, or a time such as 2026-11-01T00:00:00Z"
		return &openfaas.ArgumentError{Name: "orders.since", Want: want}
	case r.Email != "" && !order.IsAddress(r.Email):
		return &openfaas.ArgumentError{Name: "orders.email", Want: "an e-mail address without a name"}
	case r.Limit < 0 || r.Limit > maxRows:
		return &openfaas.ArgumentError{Name: "orders.limit", Want: fmt.Sprintf("1 to %d", maxRows)}
	case before != nil:
		return &openfaas.ArgumentError{Name: "orders.before", Want: wantPlace}
	}
	return nil
}

func (r *listOrders) OrderID() string { return "" }

func (r *listOrders) Answer(ctx context.Context, s Service, log *slog.Logger) (any, error) {
	now, limit := s.Now(), cmp.Or(r.Limit, defaultRows)
	since := time.Unix(0, 0)
	if r.Since != "" {
		since, _ = parseSince(r.Since, s.Catalogue.Zone()) // it was checked
	}
	orders, err := s.Store()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnread, err)
	}
	list, looked := OrderList{Orders: []view.Row{}, TimeZone: s.Catalogue.Zone().String()}, 0
	full := func() bool { return len(list.Orders) == limit }
	list.Next, looked, err = s.look(ctx, orders, since, s.placeAt(r.Before), full, func(o *order.Order) {
		if r.wants(o, now) {
			list.Orders = append(list.Orders, view.RowOf(o, now))
		}
	})
	if err != nil {
		return nil, err
	}
	log.Info("orders listed", "orders", len(list.Orders), "looked_at", looked)
	return list, nil
}

// wants reports whether an order is one of those that are asked for.
func (r *listOrders) wants(o *order.Order, now time.Time) bool {
	return (r.State == "" || r.State == view.StateOf(o, now)) &&
		(r.Email == "" || o.Concerns(r.Email)) &&
		(r.Product == "" || slices.ContainsFunc(o.Items, r.names))
}

// names reports whether a line item is of the product that is asked for.
func (r *listOrders) names(i order.Item) bool {
	part := strings.ToLower(r.Product)
	return i.Product == r.Product || i.Price == r.Product ||
		strings.Contains(strings.ToLower(i.Description), part) || strings.Contains(strings.ToLower(i.ProductName), part)
}
