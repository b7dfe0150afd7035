package stripe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
)

// item is a line item: the fields that the mock reads, and the whole as it was set.
type item struct {
	ID             string  `json:"id"`
	Object         string  `json:"object"`
	Description    *string `json:"description"`
	Quantity       *int64  `json:"quantity"`
	Currency       string  `json:"currency"`
	AmountTotal    *int64  `json:"amount_total"`
	AmountSubtotal *int64  `json:"amount_subtotal"`
	AmountTax      *int64  `json:"amount_tax"`
	AmountDiscount *int64  `json:"amount_discount"`
	Price          *struct {
		ID      string  `json:"id"`
		Product product `json:"product"`
	} `json:"price"`

	raw json.RawMessage
}

// product is given as an ID or, where it was expanded, as an object.
type product struct {
	ID     string
	object json.RawMessage
}

func (p *product) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &p.ID)
	}
	var o struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	p.ID, p.object = o.ID, bytes.Clone(b)
	return nil
}

var currencyCode = regexp.MustCompile(`^[a-z]{3}$`)

// parseItems reads line items as a Stripe list object or as an array, and answers everything that
// is wrong with them in one error.
func parseItems(b []byte) ([]item, error) {
	b = bytes.TrimSpace(b)
	data := json.RawMessage(b)
	if len(b) > 0 && b[0] == '{' {
		var l struct {
			Object string          `json:"object"`
			Data   json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(b, &l); err != nil {
			return nil, fmt.Errorf("read the list: %w", err)
		}
		if l.Object != "list" {
			return nil, fmt.Errorf("object is %q: give a list object or an array of line items", l.Object)
		}
		data = l.Data
	}
	if len(data) == 0 || data[0] != '[' {
		return nil, errors.New("data is not there: give a list object with data, or an array of line items")
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(data, &raws); err != nil {
		return nil, fmt.Errorf("read the line items: %w", err)
	}

	var errs []error
	items := make([]item, 0, len(raws))
	seen := map[string]bool{}
	for i, raw := range raws {
		it := item{raw: raw}
		if err := json.Unmarshal(raw, &it); err != nil {
			errs = append(errs, fmt.Errorf("line item %d: %w", i, err))
			continue
		}
		if err := it.validate(); err != nil {
			errs = append(errs, fmt.Errorf("line item %d: %w", i, err))
			continue
		}
		if seen[it.ID] {
			errs = append(errs, fmt.Errorf("line item %d: id %s is there twice", i, it.ID))
		}
		seen[it.ID] = true
		items = append(items, it)
	}
	return items, errors.Join(errs...)
}

func (it item) validate() error {
	var c check
	c.wants(it.ID != "", "id is missing")
	c.wants(it.Object == "item", `object must be "item"`)
	c.wants(it.Quantity != nil && *it.Quantity > 0, "quantity must be a whole number from 1")
	c.wants(currencyCode.MatchString(it.Currency), "currency must be three lower case letters")
	c.wants(it.AmountTotal != nil, "amount_total must be a whole number")
	c.wants(it.AmountSubtotal != nil, "amount_subtotal must be a whole number")
	c.wants(it.Price != nil, "price must be an object")
	if it.Price != nil {
		c.wants(it.Price.ID != "", "price.id is missing")
		c.wants(it.Price.Product.ID != "", "price.product is missing: give its ID, or an object with id")
	}
	return errors.Join(c...)
}

// check is what is wrong with an object.
type check []error

func (c *check) wants(ok bool, what string) {
	if !ok {
		*c = append(*c, errors.New(what))
	}
}
