package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/local/basket"
)

const buyHelp = `make buy plays a purchase on the running laptop, with Stripe's events.

  make buy                                         one sample product, paid
  make buy PRODUCT=prod_… AMOUNT=49.00             a product of yours
  make buy EVENT=completed_two_products N=100      a hundred of another sample
  make buy EVENT=charge_refunded SESSION=cs_…      what becomes of a purchase that was made

What is bought, without any JSON:

  PRODUCT=prod_a           the product's ID; several with commas: prod_a,prod_b
  PRICE=price_a            the price's ID (default: made of the product's)
  NAME='Photo course'      the product's name (default: made of its ID)
  QUANTITY=2               of each product (default: 1)
  AMOUNT=49.00             the price of one, with a point (default: %s)
  CURRENCY=eur             (default: %s)
  META='download_url=https://example.com/a.pdf'
                           metadata of the product; several with commas: key=value,key=value;
                           of one among several products: prod_a:key=value

  With several products, PRICE, NAME, QUANTITY and AMOUNT are one for all, or one for each.

Who buys, and how; also of a sample:

  EMAIL=ada@example.com    the customer's address, or 'Ada Example <ada@example.com>'
  LOCALE=de                the language of Stripe's page, by which the e-mails have theirs
  LINK=plink_…             the payment link's ID (default: none)
  LINK_META='site=blog'    metadata of the payment link

  EMAIL and NAME count only after make buy, since they are often in the environment.

What happens:

  EVENT=name               a sample of the lists below, or a file of an event as Stripe sends it
  ITEMS=file.json          a file of the session's line items
  N=100                    that many purchases (at most 100000)
  MISSED=1                 Stripe's webhook is not called, as if its endpoint were deleted
  SESSION=cs_…             the event is of a purchase that was made
  HELP=1                   this

Events that begin a purchase:

%s
Events of a purchase that was made, with SESSION=cs_…:

%s`

// buyUsage is buyHelp with the samples that there are.
func buyUsage() string {
	var first, later strings.Builder
	begin, follow := tabwriter.NewWriter(&first, 0, 0, 3, ' ', 0), tabwriter.NewWriter(&later, 0, 0, 3, ' ', 0)
	for _, name := range sample.Names() {
		list := follow
		switch t := typeOf(name); {
		case t == order.Completed:
			list = begin
		case !order.Handled(t):
			continue
		}
		fmt.Fprintf(list, "  %s\t%s\n", name, sample.About(name))
	}
	_, _ = begin.Flush(), follow.Flush() // into strings.Builders, which never fail
	return fmt.Sprintf(buyHelp, basket.DefaultAmount, strings.ToUpper(basket.DefaultCurrency), first.String(), later.String())
}

// typeOf is the type of a sample event.
func typeOf(name string) string {
	body, err := sample.Event(name)
	if err != nil {
		return ""
	}
	e, err := order.ParseEnvelope(body)
	if err != nil {
		return ""
	}
	return e.Type
}
