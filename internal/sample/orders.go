package sample

import (
	"fmt"
	"time"

	"handler/function/internal/order"
)

// Orders are the orders of all events that are of one, by the events' names, with what they bought; itemsOf
// reads Stripe's line items.
func Orders(itemsOf func([]byte) ([]order.Item, error)) (map[string]*order.Order, error) {
	now := time.Date(2024, 11, 24, 12, 0, 0, 0, time.UTC)
	orders := map[string]*order.Order{}
	for _, name := range Names() {
		body, err := Event(name)
		if err != nil {
			return nil, err
		}
		e, err := order.ParseEvent(body, now)
		if err != nil || !order.Handled(e.Type) {
			continue // not of an order
		}
		o, err := order.New(e, now)
		if err != nil {
			return nil, fmt.Errorf("sample %s: %w", name, err)
		}
		if list, err := LineItems(name); err == nil { // none, where another event completed the session
			items, err := itemsOf(list)
			if err != nil {
				return nil, fmt.Errorf("sample %s: %w", name, err)
			}
			o.SetItems(items, now)
		}
		orders[name] = o
	}
	return orders, nil
}
