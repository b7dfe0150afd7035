package shop

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"strconv"
)

// Sale is what an owner sells and to whom. It is laid over an event as Stripe sends it; what is
// left out stays as it is there.
type Sale struct {
	// Products are what is bought, in place of what the event is about.
	Products []Product
	// Currency is the ISO 4217 code in small letters, as Stripe has it.
	Currency string
	// Email and Customer are the customer's address and name.
	Email, Customer string
	// Locale is one of Locales.
	Locale string
	// Link is the ID of the payment link, plink_….
	Link string
	// Metadata is the session's, which a payment link gives to it.
	Metadata map[string]string
}

// Product is one of the things that are bought. Amount is of one, in the currency's minor unit.
type Product struct {
	ID, Price, Name  string
	Quantity, Amount int64
	Metadata         map[string]string
}

// MaxTotal is the highest total that Stripe takes in most currencies, in the minor unit: eight
// digits.
const MaxTotal = 99_999_999

var (
	// ErrTotal: the products cost more than MaxTotal.
	ErrTotal = errors.New("the total has more than eight digits, which Stripe refuses")
	// ErrFree: the event is of a session without a payment.
	ErrFree = errors.New("the event is of a purchase that is free of charge")
)

// Over is the sale in place of what an event of a session is about, with its line items; these are
// nil where the sale has no products. Its errors are ErrTotal, ErrFree, and those of an event that
// is not of a session.
func (s Sale) Over(event []byte) (changed, items []byte, err error) {
	e, session, err := decodeEvent(event)
	if err != nil {
		return nil, nil, err
	}
	if session["object"] != aSession {
		return nil, nil, errNotAbout(aSession)
	}
	s.name(session)
	if s.Products != nil {
		if err := s.sell(session); err != nil {
			return nil, nil, err
		}
		if items, err = json.Marshal(s.lineItems()); err != nil {
			return nil, nil, err
		}
	}
	changed, err = json.Marshal(e)
	return changed, items, err
}

// name puts the customer and the link into a session.
func (s Sale) name(session map[string]any) {
	customer, _ := session["customer_details"].(map[string]any)
	if customer == nil {
		customer = map[string]any{}
		session["customer_details"] = customer
	}
	for field, value := range map[string]string{"email": s.Email, "name": s.Customer} {
		if value != "" {
			customer[field] = value
		}
	}
	for field, value := range map[string]string{"locale": s.Locale, "payment_link": s.Link} {
		if value != "" {
			session[field] = value
		}
	}
	if s.Metadata != nil {
		session["metadata"] = s.Metadata
	}
}

// sell puts into a session what is bought. It then has nothing of the link and the metadata that
// the event was of.
func (s Sale) sell(session map[string]any) error {
	total, err := s.total()
	switch {
	case err != nil:
		return err
	case session["payment_status"] == noPayment && total > 0:
		return ErrFree
	case session["payment_status"] == "paid" && total == 0:
		session["payment_status"], session["payment_intent"] = noPayment, nil
	}
	session["amount_subtotal"], session["amount_total"], session["currency"] = total, total, s.Currency
	session["total_details"] = map[string]any{"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0}
	session["currency_conversion"] = nil
	if s.Link == "" {
		session["payment_link"] = nil
	}
	if s.Metadata == nil {
		session["metadata"] = map[string]any{}
	}
	return nil
}

// noPayment is the payment status of a session that costs nothing.
const noPayment = "no_payment_required"

func (s Sale) total() (int64, error) {
	var total int64
	for _, p := range s.Products {
		if p.Amount > 0 && p.Quantity > (MaxTotal-total)/p.Amount {
			return 0, ErrTotal
		}
		total += p.Quantity * p.Amount
	}
	return total, nil
}

// lineItems is Stripe's list of what was bought, with the products expanded.
func (s Sale) lineItems() map[string]any {
	items := []any{}
	for _, p := range s.Products {
		total := p.Quantity * p.Amount
		items = append(items, map[string]any{
			"id": "li_" + rand.Text(), "object": "item", "description": p.Name, "quantity": p.Quantity, "currency": s.Currency,
			"amount_subtotal": total, "amount_discount": 0, "amount_tax": 0, "amount_total": total,
			"price": p.price(s.Currency),
		})
	}
	return map[string]any{"object": "list", "data": items, "has_more": false, "url": "/v1/checkout/sessions/x/line_items"}
}

func (p Product) price(currency string) map[string]any {
	return map[string]any{
		"id": p.Price, "object": "price", "active": true, "billing_scheme": "per_unit", "created": 1234567890, "currency": currency,
		"custom_unit_amount": nil, "livemode": false, "lookup_key": nil, "metadata": map[string]any{}, "nickname": nil,
		"product": p.product(), "recurring": nil, "tax_behavior": "unspecified", "tiers_mode": nil, "transform_quantity": nil,
		"type": "one_time", "unit_amount": p.Amount, "unit_amount_decimal": strconv.FormatInt(p.Amount, 10),
	}
}

func (p Product) product() map[string]any {
	return map[string]any{
		"id": p.ID, "object": "product", "active": true, "created": 1234567890, "default_price": p.Price, "description": nil,
		"features": []any{}, "images": []any{}, "livemode": false, "metadata": p.metadata(), "name": p.Name,
		"package_dimensions": nil, "shippable": nil, "statement_descriptor": nil, "tax_code": nil, "type": "service",
		"unit_label": nil, "updated": 1234567890, "url": nil,
	}
}

func (p Product) metadata() map[string]string {
	if p.Metadata == nil {
		return map[string]string{}
	}
	return p.Metadata
}
