// Package basket reads what make buy's arguments say of a purchase of the owner's own products.
// Messages call the arguments by make's words.
package basket

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"handler/function/shared/shop"
)

// Basket has the arguments as they were typed.
type Basket struct {
	product, price, name, quantity, amount, meta, linkMeta words
	currency, email, locale, link                          string

	mistakes []error
}

// Set sets an argument, such as PRODUCT to prod_a, and reports whether a basket has it.
func (b *Basket) Set(name, value string) bool {
	several, one := b.arguments()
	switch {
	case several[name] != nil:
		if value != "" {
			*several[name] = append(*several[name], value)
		}
	case one[name] != nil:
		*one[name] = value
	default:
		return false
	}
	return true
}

// Arguments are the names of all arguments of a basket.
func Arguments() []string {
	several, one := new(Basket).arguments()
	return slices.AppendSeq(slices.Collect(maps.Keys(several)), maps.Keys(one))
}

// arguments are those that may have several values, and those that have one.
func (b *Basket) arguments() (several map[string]*words, one map[string]*string) {
	several = map[string]*words{
		"PRODUCT": &b.product, "PRICE": &b.price, "NAME": &b.name, "QUANTITY": &b.quantity, "AMOUNT": &b.amount,
		"META": &b.meta, "LINK_META": &b.linkMeta,
	}
	return several, map[string]*string{"CURRENCY": &b.currency, "EMAIL": &b.email, "LOCALE": &b.locale, "LINK": &b.link}
}

// words are the values of an argument that may be repeated, or have several with commas between
// them.
type words []string

// split is each of the values.
func (w words) split() []string {
	var all []string
	for _, value := range w {
		for part := range strings.SplitSeq(value, ",") {
			all = append(all, strings.TrimSpace(part))
		}
	}
	return all
}

// Empty reports whether nothing was typed.
func (b *Basket) Empty() bool {
	return len(b.product)+len(b.price)+len(b.name)+len(b.quantity)+len(b.amount)+len(b.meta)+len(b.linkMeta) == 0 &&
		b.currency+b.email+b.locale+b.link == ""
}

func (b *Basket) wrong(argument, format string, args ...any) {
	b.mistakes = append(b.mistakes, fmt.Errorf(argument+": "+format, args...))
}

// These are what is bought where AMOUNT and CURRENCY do not say.
const (
	DefaultAmount   = "49"
	DefaultCurrency = "usd"
)

// Sale reads the arguments; free says that the products cost nothing unless AMOUNT says otherwise.
// Its error is all that is wrong with them.
func (b *Basket) Sale(free bool) (shop.Sale, error) {
	s := shop.Sale{Currency: b.readCurrency(), Locale: b.readLocale(), Link: b.readLink()}
	s.Customer, s.Email = b.readCustomer()
	if b.linkMeta != nil {
		s.Metadata = map[string]string{}
		for _, p := range b.readPairs("LINK_META", b.linkMeta) {
			s.Metadata[p.key] = p.value
		}
	}
	s.Products = b.products(s.Currency, free)
	return s, eachOnce(b.mistakes)
}

// eachOnce joins errors, each text once.
func eachOnce(errs []error) error {
	seen := map[string]bool{}
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool {
		again := seen[err.Error()]
		seen[err.Error()] = true
		return again
	})...)
}

// products are what is bought; none where neither PRODUCT nor PRICE says what.
func (b *Basket) products(currency string, free bool) []shop.Product {
	ids, prices := b.bought()
	n := len(ids)
	if n == 0 {
		b.needsProduct()
		return nil
	}
	names, amount := b.name.split(), DefaultAmount
	if n == 1 && b.name != nil {
		names = []string{strings.Join(b.name, ",")} // one name may have commas
	}
	if free {
		amount = "0"
	}
	names, metadata := b.spread("NAME", names, n, ""), b.readPairs("META", b.meta, ids...)
	quantities, amounts := b.spread("QUANTITY", b.quantity.split(), n, "1"), b.spread("AMOUNT", b.amount.split(), n, amount)
	var all []shop.Product
	for i := range n {
		p := shop.Product{ID: ids[i], Price: prices[i], Name: names[i], Metadata: metadataOf(ids[i], metadata)}
		p.Quantity, p.Amount = b.readQuantity(quantities[i]), b.readAmount(amounts[i], currency)
		if p.Name == "" {
			p.Name = readable(p.ID)
		}
		all = append(all, p)
	}
	return all
}

// bought are the IDs of products and of their prices, as many of each. What is not typed is made of
// the others.
func (b *Basket) bought() (ids, prices []string) {
	ids, prices = b.readIDs(productID, b.product), b.readIDs(priceID, b.price)
	if ids == nil {
		ids = renamed(prices, priceID, productID)
	}
	if prices == nil {
		prices = renamed(ids, productID, priceID)
	}
	n := max(len(ids), len(prices))
	return b.spread("PRODUCT", ids, n, ""), b.spread("PRICE", prices, n, "")
}

// needsProduct tells of each argument that says something of a product where none is named.
func (b *Basket) needsProduct() {
	for _, a := range []struct {
		argument string
		typed    bool
	}{
		{"NAME", b.name != nil}, {"QUANTITY", b.quantity != nil}, {"AMOUNT", b.amount != nil}, {"CURRENCY", b.currency != ""}, {"META", b.meta != nil},
	} {
		if a.typed {
			b.wrong(a.argument, "say of which product, PRODUCT=prod_…")
		}
	}
}

// spread gives each of n products its value: the one there is for all, or its own.
func (b *Basket) spread(argument string, values []string, n int, otherwise string) []string {
	switch len(values) {
	case n:
		return values
	case 0:
		values = []string{otherwise}
	case 1:
	default:
		hint := ""
		if argument == "AMOUNT" && n == 1 {
			hint = "; write decimals with a point, such as 49.00"
		}
		b.wrong(argument, "%d values for %d of PRODUCT: want one, or one for each%s", len(values), n, hint)
	}
	all := make([]string, n)
	for i := range all {
		all[i] = values[0]
	}
	return all
}

// renamed are IDs of one kind made of those of another: price_photo of prod_photo.
func renamed(ids []string, from, to idKind) []string {
	var all []string
	for _, id := range ids {
		all = append(all, to.prefix+strings.TrimPrefix(id, from.prefix))
	}
	return all
}

var wordsInID = regexp.MustCompile(`^[a-z]+([_.-][a-z0-9]+)*$`)

// readable makes a product's name of its ID: Photo course of prod_photo_course, Product
// NffrFeUfNV2Hib of Stripe's own.
func readable(id string) string {
	plain := strings.TrimPrefix(id, productID.prefix)
	if !wordsInID.MatchString(plain) {
		return "Product " + plain
	}
	text := strings.NewReplacer("_", " ", ".", " ", "-", " ").Replace(plain)
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
