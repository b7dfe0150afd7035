package stripe

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
)

// list is Stripe's list object, one page of it.
type list struct {
	Object  string `json:"object"`
	Data    []any  `json:"data"`
	HasMore bool   `json:"has_more"`
	URL     string `json:"url"`
}

func (s *Service) listLineItems(r *http.Request) (any, *apiError) {
	session := r.PathValue("id")
	p, err := readListParameters(r, expandProduct)
	if err != nil {
		return nil, err
	}
	items, ok := s.store.get(key{session, r.Header.Get("Stripe-Account")})
	if !ok {
		return nil, noSuchSession(session)
	}
	return pageOf(items, "item", r, p, func(it item) string { return it.ID }, func(it item) any { return it.render(p.expand) })
}

// pageOf is the page of a list that p asks for, each thing as show shows it. kind is Stripe's word
// for what is listed.
func pageOf[T any](items []T, kind string, r *http.Request, p listParameters, id func(T) string, show func(T) any) (any, *apiError) {
	page, more, err := cut(items, kind, id, p)
	if err != nil {
		return nil, err
	}
	answer := list{"list", []any{}, more, r.URL.Path}
	for _, it := range page {
		answer.Data = append(answer.Data, show(it))
	}
	return answer, nil
}

// cut answers the page that p asks for, always in the list's order, and whether there is more
// beyond it in the direction of the walk.
func cut[T any](items []T, kind string, idOf func(T) string, p listParameters) (page []T, more bool, err *apiError) {
	find := func(param, id string) (int, *apiError) {
		i := slices.IndexFunc(items, func(it T) bool { return idOf(it) == id })
		if i < 0 {
			return 0, badParameter("resource_missing", param, "No such %s: '%s'", kind, id)
		}
		return i, nil
	}
	switch {
	case p.endingBefore != "":
		end, err := find("ending_before", p.endingBefore)
		if err != nil {
			return nil, false, err
		}
		start := max(0, end-p.limit)
		return items[start:end], start > 0, nil
	case p.startingAfter != "":
		i, err := find("starting_after", p.startingAfter)
		if err != nil {
			return nil, false, err
		}
		items = items[i+1:]
	}
	end := min(p.limit, len(items))
	return items[:end], end < len(items), nil
}

// render shows the item with its product as an ID or, expanded, as a product object.
func (it item) render(expand bool) any {
	d := json.NewDecoder(bytes.NewReader(it.raw))
	d.UseNumber()
	var v map[string]any
	_ = d.Decode(&v) // parseItems has read it
	price, _ := v["price"].(map[string]any)
	price["product"] = it.Price.Product.ID
	if expand {
		price["product"] = it.product()
	}
	return v
}

// product is what is known of the item's product: the object it was set with, or what a line item
// tells.
func (it item) product() any {
	if len(it.Price.Product.object) > 0 {
		return it.Price.Product.object
	}
	name := it.Price.Product.ID
	if it.Description != nil && *it.Description != "" {
		name = *it.Description
	}
	return map[string]any{
		"id": it.Price.Product.ID, "object": "product", "name": name, "active": true, "livemode": false,
		"metadata": map[string]string{}, "description": nil, "default_price": nil, "images": []string{},
		"features": []string{}, "type": "service", "created": 1234567890, "updated": 1234567890,
		"shippable": nil, "package_dimensions": nil, "statement_descriptor": nil, "tax_code": nil,
		"unit_label": nil, "url": nil,
	}
}
