package order

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// PaymentStatus is Stripe's payment_status of a Checkout Session.
type PaymentStatus string

// Stripe's values: https://docs.stripe.com/api/checkout/sessions/object
const (
	Unpaid            PaymentStatus = "unpaid"
	Paid              PaymentStatus = "paid"
	NoPaymentRequired PaymentStatus = "no_payment_required"
)

// Facts is what the shop reads in an order, as its events say it. Amounts are integers in the
// currency's minor unit.
type Facts struct {
	Livemode      bool          `bson:"livemode"`
	PaymentStatus PaymentStatus `bson:"payment_status"`
	// PaymentFailed: a delayed payment method was declined. It is possible that the order is paid
	// all the same, if Stripe says both; then it is paid.
	PaymentFailed bool `bson:"payment_failed"`
	// PaidAt is the time of the first event after which the money is there, or none is owed; zero
	// before, and in orders of older versions.
	PaidAt time.Time `bson:"paid_at,omitempty"`

	// These two, the reference and the metadata are written when they are empty too: a field that
	// is left out of a write stays as it was, and they are to go when the order is forgotten.
	CustomerName  string `bson:"customer_name"`
	CustomerEmail string `bson:"customer_email"`

	AmountTotal    int64  `bson:"amount_total"`
	AmountSubtotal int64  `bson:"amount_subtotal"`
	AmountTax      int64  `bson:"amount_tax"`
	AmountDiscount int64  `bson:"amount_discount"`
	AmountShipping int64  `bson:"amount_shipping"`
	Currency       string `bson:"currency,omitempty"`

	Mode        string `bson:"mode,omitempty"`
	Locale      string `bson:"locale,omitempty"`
	PaymentLink string `bson:"payment_link,omitempty"`
	// PaymentIntent leads from a refund back to the order.
	PaymentIntent string `bson:"payment_intent,omitempty"`
	// ClientReferenceID is typed by the buyer, or by the link that brought them: decide nothing by
	// it.
	ClientReferenceID string `bson:"client_reference_id"`
	// Account is the connected account that the session belongs to; empty for the platform's own.
	Account string `bson:"account,omitempty"`
	// Metadata is a list, not a map: a key may hold dots and dollar signs.
	Metadata []Pair `bson:"metadata"`

	// SessionCreated is when the buyer opened the Checkout page.
	SessionCreated time.Time `bson:"session_created"`

	// Reversal is what became of the money afterwards. Events of sessions say nothing of it.
	Reversal `bson:",inline"`
}

// Pair is one entry of Stripe's metadata.
type Pair struct {
	Key   string `bson:"key"`
	Value string `bson:"value"`
}

// Pairs is metadata in the order of its keys.
func Pairs(metadata map[string]string) []Pair {
	var pairs []Pair
	for _, k := range slices.Sorted(maps.Keys(metadata)) {
		pairs = append(pairs, Pair{k, metadata[k]})
	}
	return pairs
}

// Settled reports whether the money is there, or none is owed: the one condition for an e-mail.
func (f Facts) Settled() bool {
	return f.PaymentStatus == Paid || f.PaymentStatus == NoPaymentRequired
}

// SoldAt is the time by whose day an order counts as sold: a delayed payment's is when it was paid.
// Other orders are stored some time after they were paid. Theirs is CreatedAt, so that a sale whose
// event came late is in the report of a day that is still to be made.
func (o *Order) SoldAt() time.Time {
	if o.PaidAt.After(o.CreatedAt) {
		return o.PaidAt
	}
	return o.CreatedAt
}

// parsed is what one event says: of its session, or of its payment.
type parsed struct {
	Facts
	session string
	charge  Charge
}

// facts reads the event's payload.
func (e Event) facts() (parsed, error) {
	if e.parsed != nil {
		return *e.parsed, nil
	}
	env, err := ParseEnvelope([]byte(e.Payload))
	if err != nil {
		return parsed{}, err
	}
	return env.parse(e.Type)
}

// parse reads what an event of that type says.
func (env Envelope) parse(eventType string) (parsed, error) {
	if ByIntent(eventType) {
		c, err := env.charge(eventType)
		return parsed{charge: c}, err
	}
	if env.wrong != nil {
		return parsed{}, env.wrong
	}
	s := env.session
	if s == nil || s.Object != "checkout.session" || !ValidID(s.ID) {
		return parsed{}, fmt.Errorf("%w: no Checkout Session in it", ErrMalformed)
	}
	if !validTime(s.Created) {
		return parsed{}, fmt.Errorf("%w: a session opened at no time", ErrMalformed)
	}
	f := s.facts()
	f.Account = env.account
	if eventType == AsyncPaymentSucceeded && f.PaymentStatus == Unpaid {
		f.PaymentStatus = Paid // the event's type is the news; the object in it may be older
	}
	f.PaymentFailed = eventType == AsyncPaymentFailed
	return parsed{Facts: f, session: s.ID}, nil
}

// fold lays the events over each other, oldest first: the newest word counts, but silence does not
// unsay anything, and paid stays paid. What charges say stands beside it. The order of arrival has
// no part in it.
func fold(events map[string]Event) (Facts, error) {
	var out Facts
	var charges []said
	for _, e := range byTime(events) {
		p, err := e.facts()
		switch {
		case err != nil:
			return Facts{}, fmt.Errorf("event %s: %w", e.ID, err)
		case OfCharge(e.Type):
			charges = append(charges, said{e, p.charge})
		case e.Type == PaymentSucceeded:
			out = out.paid()
		default:
			out = out.merge(p.Facts)
		}
		if out.Settled() && out.PaidAt.IsZero() {
			out.PaidAt = e.Created
		}
	}
	out.Reversal = reversal(charges)
	return out, nil
}

// byTime sorts by Stripe's clock, which counts whole seconds. Within one second what begins comes
// before what becomes of it, a dispute's end comes last, and IDs decide the rest.
func byTime(events map[string]Event) []Event {
	var list []Event
	for id, e := range events {
		e.ID = id
		list = append(list, e)
	}
	rank := func(e Event) int {
		switch e.Type {
		case Completed, ChargeRefunded, DisputeCreated:
			return 0
		case DisputeClosed:
			return 2
		}
		return 1
	}
	slices.SortFunc(list, func(a, b Event) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(rank(a), rank(b)), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// paid is f after its payment succeeded.
func (f Facts) paid() Facts {
	if !f.Settled() {
		f.PaymentStatus = Paid
	}
	return f
}

// merge is f with what a newer event says laid over it.
func (f Facts) merge(newer Facts) Facts {
	out := newer
	if f.Settled() && !newer.Settled() {
		out.PaymentStatus = f.PaymentStatus
	}
	out.PaymentFailed = f.PaymentFailed || newer.PaymentFailed
	out.PaidAt = f.PaidAt
	keep(&out.CustomerName, f.CustomerName)
	keep(&out.CustomerEmail, f.CustomerEmail)
	keep(&out.Currency, f.Currency)
	keep(&out.Mode, f.Mode)
	keep(&out.Locale, f.Locale)
	keep(&out.PaymentLink, f.PaymentLink)
	keep(&out.PaymentIntent, f.PaymentIntent)
	keep(&out.ClientReferenceID, f.ClientReferenceID)
	keep(&out.Account, f.Account)
	if len(out.Metadata) == 0 {
		out.Metadata = f.Metadata
	}
	return out
}

func keep(s *string, older string) {
	if *s == "" {
		*s = older
	}
}
