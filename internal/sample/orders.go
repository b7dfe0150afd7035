package sample

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"handler/function/internal/order"
)

// Orders are the orders of the sample events, with their items, by the name of the event that was
// the last to come: the order async_payment_failed has completed_unpaid in it as well.
func Orders(now time.Time) (map[string]*order.Order, error) {
	orders := map[string]*order.Order{}
	for _, name := range Names() {
		if !hasOrder(name) {
			continue
		}
		o, err := orderOf(name, now)
		if err != nil {
			return nil, err
		}
		orders[name] = o
	}
	return orders, nil
}

// hasOrder reports whether an event is one that makes or changes an order.
func hasOrder(name string) bool {
	body, err := Event(name)
	if err != nil {
		return false
	}
	e, err := order.ParseEvent(body, time.Time{})
	return err == nil && order.Handled(e.Type) && e.NoNews() == ""
}

func orderOf(name string, now time.Time) (*order.Order, error) {
	last, err := parse(name, now)
	if err != nil {
		return nil, err
	}
	bought, first, err := beginning(last, now)
	if err != nil {
		return nil, err
	}
	o, err := order.New(first, now)
	if err != nil {
		return nil, err
	}
	if _, err := o.Add(last, now); err != nil {
		return nil, err
	}
	items, err := itemsOf(bought)
	if err != nil {
		return nil, err
	}
	o.SetItems(items, now)
	return o, nil
}

// beginning is the event, and its name, that completed the session of another one.
func beginning(of order.Event, now time.Time) (string, order.Event, error) {
	for _, name := range Names() {
		e, err := parse(name, now)
		if err == nil && e.Type == order.Completed && sameSale(e, of) {
			return name, e, nil
		}
	}
	return "", order.Event{}, fmt.Errorf("no sample completes the session of %s", of.ID)
}

// sameSale reports whether an event is of the session that another one completed, or of its
// payment.
func sameSale(completed, other order.Event) bool {
	session, facts, _ := completed.Session()
	if c, err := other.Charge(); err == nil {
		return c.PaymentIntent == facts.PaymentIntent
	}
	same, _, err := other.Session()
	return err == nil && same == session
}

func parse(name string, now time.Time) (order.Event, error) {
	body, err := Event(name)
	if err != nil {
		return order.Event{}, err
	}
	return order.ParseEvent(body, now)
}

// itemsOf reads of Stripe's list what an order keeps.
func itemsOf(name string) ([]order.Item, error) {
	body, err := LineItems(name)
	if err != nil {
		return nil, err
	}
	var list struct {
		Data []struct {
			ID             string
			Description    string
			Quantity       int64
			AmountSubtotal int64 `json:"amount_subtotal"`
			AmountDiscount int64 `json:"amount_discount"`
			AmountTax      int64 `json:"amount_tax"`
			AmountTotal    int64 `json:"amount_total"`
			Currency       string
			Price          struct {
				ID      string
				Product product
			}
		}
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	var items []order.Item
	for _, i := range list.Data {
		items = append(items, order.Item{
			ID: i.ID, Description: i.Description, Quantity: i.Quantity,
			Product: i.Price.Product.ID, ProductName: i.Price.Product.Name, Price: i.Price.ID,
			Metadata:       order.Pairs(i.Price.Product.Metadata),
			AmountSubtotal: i.AmountSubtotal, AmountDiscount: i.AmountDiscount,
			AmountTax: i.AmountTax, AmountTotal: i.AmountTotal, Currency: i.Currency,
		})
	}
	return items, nil
}

// product is a line item's product: an ID, or the object where Stripe was asked to expand it.
type product struct {
	ID, Name string
	Metadata map[string]string
}

// UnmarshalJSON reads both forms.
func (p *product) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte(`"`)) {
		return json.Unmarshal(b, &p.ID)
	}
	type object product // without this method
	return json.Unmarshal(b, (*object)(p))
}
