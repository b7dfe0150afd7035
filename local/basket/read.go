package basket

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bojanz/currency"

	"handler/function/internal/maildata"
	"handler/function/internal/order"
	"handler/function/internal/typed"
	"handler/function/shared/shop"
)

// idKind is a kind of Stripe's IDs, the argument that takes it, and how Stripe's own begin.
type idKind struct{ argument, what, prefix string }

var (
	productID = idKind{"PRODUCT", "product", "prod_"}
	priceID   = idKind{"PRICE", "price", "price_"}
	linkID    = idKind{"LINK", "payment link", "plink_"}
)

var idForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)

func (b *Basket) readIDs(kind idKind, typed words) []string {
	ids := typed.split()
	for _, id := range ids {
		b.checkID(kind, id)
	}
	return ids
}

// checkID refuses what is not an ID of a kind. A shop may have chosen a product's ID itself.
func (b *Basket) checkID(kind idKind, id string) {
	for _, other := range []idKind{productID, priceID, linkID} {
		if other != kind && strings.HasPrefix(id, other.prefix) {
			b.wrong(kind.argument, "%q is the ID of a %s: %s=%s", id, other.what, other.argument, id)
			return
		}
	}
	_, notNumber := strconv.ParseFloat(id, 64)
	switch {
	case kind == priceID && notNumber == nil:
		b.wrong(kind.argument, "%q is not the ID of a price; what it costs is AMOUNT=%s", id, id)
	case strings.Contains(id, "://"):
		b.wrong(kind.argument, "%q is an address: copy the %s's ID, %s…, from Stripe's dashboard", id, kind.what, kind.prefix)
	case !idForm.MatchString(id) || kind != productID && !strings.HasPrefix(id, kind.prefix):
		b.wrong(kind.argument, "%q is not the ID of a %s, such as %s1MoBy5LkdIwHu7ix", id, kind.what, kind.prefix)
	}
}

func (b *Basket) readLink() string {
	if b.link != "" {
		b.checkID(linkID, b.link)
	}
	return b.link
}

func (b *Basket) readCurrency() string {
	if b.currency == "" {
		return DefaultCurrency
	}
	if !currency.IsValid(strings.ToUpper(b.currency)) {
		b.wrong("CURRENCY", "%q is not a currency: want its three letters, such as eur", b.currency)
		return DefaultCurrency
	}
	return strings.ToLower(b.currency)
}

func (b *Basket) readLocale() string {
	if b.locale != "" && !slices.Contains(shop.Locales, b.locale) {
		b.wrong("LOCALE", "Stripe has no %q%s (it has %s)", b.locale, typed.DidYouMean(b.locale, shop.Locales), strings.Join(shop.Locales, ", "))
	}
	return b.locale
}

func (b *Basket) readCustomer() (name, email string) {
	if b.email == "" {
		return "", ""
	}
	address, ok := order.ParseAddress(b.email)
	if !ok {
		b.wrong("EMAIL", "%q is not %s", b.email, order.AddressForm)
	}
	return address.Name, address.Email
}

const maxQuantity = 999_999

func (b *Basket) readQuantity(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > maxQuantity {
		b.wrong("QUANTITY", "%q: want a whole number from 1 to %d", text, maxQuantity)
	}
	return n
}

var amountForm = regexp.MustCompile(`^(\d{1,8})(?:\.(\d{1,3}))?$`)

// readAmount reads an amount in major units, such as 49.00, into the minor units that Stripe has.
func (b *Basket) readAmount(text, currency string) int64 {
	parts := amountForm.FindStringSubmatch(text)
	if parts == nil {
		b.wrong("AMOUNT", "%q: want the price of one, such as 49 or 49.00", text)
		return 0
	}
	digits := maildata.MinorDigits(currency)
	if len(parts[2]) > digits {
		b.wrong("AMOUNT", "%q: Stripe counts %s with %d decimals", text, strings.ToUpper(currency), digits)
		return 0
	}
	n, _ := strconv.ParseInt(parts[1]+parts[2]+strings.Repeat("0", digits-len(parts[2])), 10, 64) // digits alone, at most eleven
	if digits == 3 && n%10 != 0 {
		b.wrong("AMOUNT", "%q: Stripe takes %s only where the third decimal is 0", text, strings.ToUpper(currency))
	}
	return n
}

// pair is one of the pairs of metadata. It may be of one product alone.
type pair struct{ product, key, value string }

// Stripe's limits: https://docs.stripe.com/api/metadata
const (
	maxKey   = 40
	maxValue = 500
)

// another begins another pair: a comma, and then a key. A comma elsewhere is one of the value.
var another = regexp.MustCompile(`,\s*([A-Za-z0-9_.-]+:)?[A-Za-z0-9_.-]+=`)

// readPairs reads key=value,key=value. A key may have the ID of one of the products that are bought
// and a colon before it.
func (b *Basket) readPairs(argument string, typed words, bought ...string) []pair {
	var all []pair
	for _, text := range typed {
		for text != "" {
			one, rest := text, ""
			if at := another.FindStringIndex(text); at != nil {
				one, rest = text[:at[0]], text[at[0]+1:]
			}
			all, text = append(all, b.readPair(argument, strings.TrimSpace(one), bought)), rest
		}
	}
	return all
}

func (b *Basket) readPair(argument, text string, bought []string) pair {
	key, value, ok := strings.Cut(text, "=")
	p := pair{key: key, value: value}
	if product, rest, colon := strings.Cut(key, ":"); colon && slices.Contains(bought, product) {
		p.product, p.key = product, rest
	} else if colon && strings.HasPrefix(product, productID.prefix) {
		b.wrong(argument, "%s is not in PRODUCT", product)
	}
	switch {
	case !ok || p.key == "":
		b.wrong(argument, "%q: want key=value, such as download_url=https://example.com/course.pdf", text)
	case utf8.RuneCountInString(p.key) > maxKey || strings.ContainsAny(p.key, "[]"):
		b.wrong(argument, "%q: Stripe takes keys of %d characters, without brackets", p.key, maxKey)
	case utf8.RuneCountInString(value) > maxValue:
		b.wrong(argument, "%s: Stripe takes values of %d characters, and this has %d", p.key, maxValue, utf8.RuneCountInString(value))
	}
	return p
}

// metadataOf is what the pairs say of a product.
func metadataOf(product string, pairs []pair) map[string]string {
	m := map[string]string{}
	for _, p := range pairs {
		if p.product == "" || p.product == product {
			m[p.key] = p.value
		}
	}
	return m
}
