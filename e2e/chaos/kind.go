package chaos

import "handler/function/internal/order"

// kind is a way that a purchase may go.
type kind struct {
	// events are the samples that tell of it, in the order in which Stripe makes them.
	events []string
	status order.PaymentStatus
	// owes are the deliveries that come of it by the catalogue of the tests' shop,
	// internal/sample/shop. They are written down here, and not read from the catalogue or the
	// order, which may be wrong.
	owes []string
	// share is how many of a hundred purchases go this way.
	share int
}

// kinds are all there are: every sample of a Checkout Session is in one of them.
var kinds = []kind{
	{[]string{"completed_paid"}, order.Paid, []string{"ebook/delivery", "ebook/sale"}, 25},
	{[]string{"completed_two_products"}, order.Paid, []string{"course/sale", "course/welcome", "ebook/delivery", "ebook/sale"}, 20},
	{[]string{"completed_unpaid", "async_payment_succeeded"}, order.Paid, []string{"course/sale", "course/welcome"}, 15},
	{[]string{"completed_unpaid", "async_payment_failed"}, order.Unpaid, []string{"notice/payment-failed"}, 10},
	{[]string{"completed_unpaid"}, order.Unpaid, nil, 5},
	{[]string{"completed_no_payment_required"}, order.NoPaymentRequired, []string{"ebook/delivery", "ebook/sale"}, 10},
	{[]string{"completed_jpy"}, order.Paid, []string{"course/sale", "course/welcome"}, 10},
	{[]string{"completed_de"}, order.Paid, []string{"default/receipt", "ebook/delivery", "ebook/sale", "notice/unknown-product"}, 3},
	{[]string{"completed_fr"}, order.Paid, []string{"default/receipt", "notice/unknown-product"}, 2},
}

// deal is n kinds: each of them once, as far as n goes, and the rest by their shares.
func deal(n int, draw func(n int) int) []kind {
	var deck []kind
	for _, k := range kinds {
		for range k.share {
			deck = append(deck, k)
		}
	}
	dealt := make([]kind, n)
	for i := range dealt {
		if i < len(kinds) {
			dealt[i] = kinds[i]
		} else {
			dealt[i] = deck[draw(len(deck))]
		}
	}
	return dealt
}
