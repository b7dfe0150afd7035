package catalogue

import (
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"handler/function/internal/order"
)

// idKind is a kind of Stripe's IDs by which a series is chosen.
type idKind struct {
	what, field, prefix string
	list                func(*match) *[]text
}

var idKinds = []idKind{
	{"price", "prices", "price_", func(m *match) *[]text { return &m.Prices }},
	{"product", "products", "prod_", func(m *match) *[]text { return &m.Products }},
	{"payment link", "payment_links", "plink_", func(m *match) *[]text { return &m.PaymentLinks }},
}

// seenIDs are the lines of the IDs that were seen, by their kinds.
type seenIDs map[string]map[string]int

func newIDs() seenIDs {
	seen := seenIDs{}
	for _, kind := range idKinds {
		seen[kind.what] = map[string]int{}
	}
	return seen
}

// match checks the IDs that are matched, and that no two series claim one.
func (k *checker) match(m *match, seen seenIDs) {
	for _, kind := range idKinds {
		for _, id := range *kind.list(m) {
			if what := kind.wrong(id.Value); what != "" {
				k.wrong(id.Line, "%s %s", quoted(id.Value), what)
			}
			k.once(seen[kind.what], id, kind.what)
		}
	}
}

// empty reports whether a match names nothing on purpose.
func (k *checker) empty(m *match) bool {
	for _, kind := range idKinds {
		if list := kind.list(m); len(*list) > 0 || k.reported[list] {
			return false
		}
	}
	return len(m.Metadata) == 0 && !k.reported[&m.Metadata] && !k.reported[m] && !k.vague[m]
}

var (
	idForm   = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)
	stripeID = regexp.MustCompile(`\b(?:price|prod|plink)_[A-Za-z0-9]+`)
)

// wrong is the mistake in an ID, or empty. A shop may have chosen a product's ID itself, or an old
// price's, so those may begin differently from Stripe's; but the beginning of another kind is a
// typo.
func (kind idKind) wrong(id string) string {
	for _, other := range idKinds {
		if other.what != kind.what && strings.HasPrefix(id, other.prefix) && idForm.MatchString(id) {
			return "is the ID of a " + other.what + ": put it under " + other.field
		}
	}
	found := stripeID.FindAllString(id, -1)
	switch {
	case idForm.MatchString(id) && !strings.HasSuffix(id, "_") && (kind.prefix != "plink_" || strings.HasPrefix(id, kind.prefix)):
		return ""
	case len(found) > 1:
		return "is more than one ID: put a comma between two"
	case strings.Contains(id, "://") && len(found) == 1 && strings.HasPrefix(found[0], kind.prefix):
		return "is an address: write " + found[0]
	case strings.Contains(id, "buy.stripe.com/"):
		return "is the address of a payment link: copy the link's ID, plink_…, from Stripe's dashboard, and put that under payment_links"
	}
	return "is not the ID of a " + kind.what + ": copy " + kind.prefix + "… from Stripe's dashboard"
}

// wrongAddress is the mistake in an e-mail address, or empty.
func wrongAddress(address string) string {
	named, err := mail.ParseAddress(address)
	switch {
	case order.Sendable(address):
		return ""
	case order.IsAddress(address):
		return "SendGrid refuses " + quoted(address) + ": it takes ASCII, and a domain such as bücher.example as xn--bcher-kva.example"
	case err == nil && order.Sendable(named.Address):
		return quoted(address) + " has more than an e-mail address: write " + named.Address
	}
	return quoted(address) + " is not an e-mail address"
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
