package doctor

import (
	"context"
	"fmt"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/paymentlink"
	"github.com/stripe/stripe-go/v76/product"

	"handler/function/internal/catalogue"
	"handler/function/internal/order"
)

// offers are what the Stripe account sells, as the catalogue sees it.
type offers struct {
	*catalogue.Checked
	Products []*stripe.Product
	Links    []*stripe.PaymentLink
}

// readOffers reads all active products and payment links, with the first ten line items of each
// link, of which Stripe allows twenty.
func (d *doctor) readOffers(ctx context.Context) (*offers, error) {
	checked, err := d.catalogue()
	if err != nil {
		return nil, err
	}
	o := &offers{Checked: checked}
	page := stripe.ListParams{Context: ctx, Limit: stripe.Int64(100)}
	products := product.Client{B: d.stripe, Key: d.StripeSetupKey()}.List(&stripe.ProductListParams{ListParams: page, Active: stripe.Bool(true)})
	for products.Next() {
		o.Products = append(o.Products, products.Product())
	}
	if err := products.Err(); err != nil {
		return nil, err
	}
	params := &stripe.PaymentLinkListParams{ListParams: page, Active: stripe.Bool(true)}
	params.AddExpand("data.line_items")
	links := paymentlink.Client{B: d.stripe, Key: d.StripeSetupKey()}.List(params)
	for links.Next() {
		o.Links = append(o.Links, links.PaymentLink())
	}
	return o, links.Err()
}

// products are those that no series names, neither by themselves nor by each payment link that
// sells them.
func (o *offers) products() (v verdict) {
	for _, p := range o.Products {
		item := order.Item{Product: p.ID, Metadata: order.Pairs(p.Metadata)}
		if p.DefaultPrice != nil {
			item.Price = p.DefaultPrice.ID
		}
		named, ours := o.Names(&order.Order{Items: []order.Item{item}})
		sales, unnamed := o.sales(p.ID)
		v.add(named || sales > 0 && unnamed == 0, ours || sales > 0, fmt.Sprintf("%s (%s)", p.ID, p.Name))
	}
	return v
}

// sales are in how many ways our payment links sell a product, and how many of them no series
// names.
func (o *offers) sales(product string) (all, unnamed int) {
	for _, l := range o.Links {
		for _, item := range itemsOf(l, product) {
			named, ours := o.Names(o.order(l, []order.Item{item}))
			if ours {
				all++
			}
			if ours && !named {
				unnamed++
			}
		}
	}
	return all, unnamed
}

// links are the payment links by which something is sold that no series names.
func (o *offers) links() (v verdict) {
	for _, l := range o.Links {
		named, ours := o.Names(o.order(l, itemsOf(l, "")))
		v.add(named, ours, fmt.Sprintf("%s (%s)", l.ID, l.URL))
	}
	return v
}

// order is what would come of a purchase by a link.
func (o *offers) order(l *stripe.PaymentLink, items []order.Item) *order.Order {
	for i := range items {
		for _, p := range o.Products {
			if p.ID == items[i].Product {
				items[i].Metadata = order.Pairs(p.Metadata)
			}
		}
	}
	return &order.Order{Facts: order.Facts{PaymentLink: l.ID, Metadata: order.Pairs(l.Metadata)}, Items: items}
}

// itemsOf are a link's line items, or those of one product.
func itemsOf(l *stripe.PaymentLink, product string) (items []order.Item) {
	if l.LineItems == nil {
		return nil
	}
	for _, i := range l.LineItems.Data {
		if i.Price == nil || i.Price.Product == nil || product != "" && i.Price.Product.ID != product {
			continue
		}
		items = append(items, order.Item{ID: i.ID, Price: i.Price.ID, Product: i.Price.Product.ID})
	}
	return items
}
