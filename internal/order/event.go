package order

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The event types that make or change an order. The names are Stripe's:
// https://docs.stripe.com/api/events/types
const (
	Completed             = "checkout.session.completed"
	AsyncPaymentSucceeded = "checkout.session.async_payment_succeeded"
	AsyncPaymentFailed    = "checkout.session.async_payment_failed"
	// PaymentSucceeded comes with every sale. It is news where the shop captures payments by hand:
	// then the session is completed before the payment is.
	PaymentSucceeded = "payment_intent.succeeded"
	// ChargeRefunded: money went back, all of it or a part.
	ChargeRefunded = "charge.refunded"
	// These three speak of one refund. The API version that the webhook endpoint has, 2023-10-16, has
	// no refund.failed, and would refuse its name.
	RefundFailed        = "refund.failed"
	RefundUpdated       = "refund.updated"
	ChargeRefundUpdated = "charge.refund.updated"
	// DisputeCreated: the buyer's bank asks for the money, or asks a question.
	DisputeCreated = "charge.dispute.created"
	// DisputeUpdated: it has another state, or the shop sent evidence.
	DisputeUpdated = "charge.dispute.updated"
	// DisputeWithdrawn: the bank has taken the money.
	DisputeWithdrawn = "charge.dispute.funds_withdrawn"
	// DisputeReinstated: the shop has money of a dispute again, all of it or a part.
	DisputeReinstated = "charge.dispute.funds_reinstated"
	// DisputeClosed: the bank has decided.
	DisputeClosed = "charge.dispute.closed"
)

// ErrMalformed: the payload is no event of Stripe's, or one without what an order needs.
var ErrMalformed = errors.New("malformed event")

// ErrUnreadable: an order holds an event that cannot be read.
var ErrUnreadable = errors.New("a stored event cannot be read")

// Event is one of Stripe's events, as it was received.
type Event struct {
	ID         string    `bson:"-"`
	Type       string    `bson:"type"`
	Created    time.Time `bson:"created"`
	ReceivedAt time.Time `bson:"received_at"`
	// Payload is the exact body that Stripe signed, or what Stripe's API says of an event that was
	// Found, so that nothing it said is lost; of a forgotten order, the plain facts of it. It is
	// kept as text, not as a document: dots and dollars in its keys stay data.
	Payload string `bson:"payload"`
	// Deliveries counts how often Stripe delivered it. Nothing is decided by it.
	Deliveries int `bson:"deliveries"`
	// Found says who found it, where the webhook did not bring it: FoundByOwner or FoundByItself.
	Found string `bson:"found,omitempty"`

	// parsed is what Payload says, once it was read.
	parsed *parsed
}

// Envelope is what every event says of itself.
type Envelope struct {
	ID       string
	Type     string
	Created  time.Time
	Livemode bool

	payload []byte
	account string
	// session is what the event speaks of; nil where that is nothing. Where it cannot be one, wrong
	// says why.
	session *session
	wrong   error
}

// outside is an event without what it speaks of.
type outside struct {
	ID       string `json:"id"`
	Object   string `json:"object"`
	Account  string `json:"account"`
	Type     string `json:"type"`
	Created  int64  `json:"created"`
	Livemode bool   `json:"livemode"`
}

// HandledTypes are the types of the events that make or change an order: those that the webhook
// endpoint at Stripe is registered for.
func HandledTypes() []string {
	return []string{
		Completed, AsyncPaymentSucceeded, AsyncPaymentFailed, PaymentSucceeded,
		ChargeRefunded, RefundUpdated, ChargeRefundUpdated,
		DisputeCreated, DisputeUpdated, DisputeWithdrawn, DisputeReinstated, DisputeClosed,
	}
}

// Handled reports whether events of this type make or change an order. Those of an endpoint that the
// owner made may have types that are not registered.
func Handled(eventType string) bool {
	return eventType == RefundFailed || slices.Contains(HandledTypes(), eventType)
}

// ValidID reports whether id has the form of a Checkout Session's ID.
func ValidID(id string) bool { return isID(id, "cs_") }

// isID reports whether id is the prefix and 1 to 250 ASCII letters, digits and underscores. IDs
// become parts of field paths, where a dot or a dollar would mean something else. (A regular
// expression with that count takes ten times as long.)
func isID(id, prefix string) bool {
	rest, ok := strings.CutPrefix(id, prefix)
	if !ok || rest == "" || len(rest) > 250 {
		return false
	}
	for _, c := range []byte(rest) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_') {
			return false
		}
	}
	return true
}

// ParseEnvelope reads the outside of an event of any type. Its error is ErrMalformed.
func ParseEnvelope(payload []byte) (Envelope, error) {
	// encoding/json would put U+FFFD where the bytes are no text; what we store must be what came.
	if !utf8.Valid(payload) {
		return Envelope{}, fmt.Errorf("%w: not UTF-8", ErrMalformed)
	}
	in, s, wrong, err := decode(payload)
	if err != nil {
		return Envelope{}, malformed(err)
	}
	if in.Object == thinObject {
		return Envelope{}, fmt.Errorf("%w: a thin event", ErrMalformed)
	}
	if !isID(in.ID, "evt_") {
		return Envelope{}, fmt.Errorf("%w: no event ID", ErrMalformed)
	}
	if !validTime(in.Created) {
		return Envelope{}, fmt.Errorf("%w: created at no time", ErrMalformed)
	}
	return Envelope{
		ID: in.ID, Type: in.Type, Created: time.Unix(in.Created, 0).UTC(), Livemode: in.Livemode,
		payload: payload, account: in.Account, session: s, wrong: wrong,
	}, nil
}

// decode goes through the payload once, as if it spoke of a session; once more, for its outside,
// where it does not.
func decode(payload []byte) (_ outside, _ *session, wrong, err error) {
	var in struct {
		outside
		Data struct {
			Object *session `json:"object"`
		} `json:"data"`
	}
	if wrong = json.Unmarshal(payload, &in); wrong == nil {
		return in.outside, in.Data.Object, nil, nil
	}
	var out struct {
		outside
		Data struct{} `json:"data"`
	}
	err = json.Unmarshal(payload, &out)
	return out.outside, nil, malformed(wrong), err
}

// malformed says where JSON is wrong, and nothing of what it holds: the error is logged, and
// encoding/json would quote a number, however long.
func malformed(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("%w: the value at byte %d is no %s", ErrMalformed, kind.Offset, kind.Type.Kind())
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%w: not JSON from byte %d on", ErrMalformed, syntax.Offset)
	}
	return fmt.Errorf("%w: not JSON", ErrMalformed)
}

// validTime reports whether Stripe's seconds are of a year with four digits. The database keeps
// milliseconds, and would keep a far later time as another one: what it gave back would sort
// differently from what came.
func validTime(seconds int64) bool {
	const year10000 = 253402300800
	return 0 <= seconds && seconds < year10000
}

// ParseEvent reads an event of a handled type. Its error is ErrMalformed.
func ParseEvent(payload []byte, receivedAt time.Time) (Event, error) {
	env, err := ParseEnvelope(payload)
	if err != nil {
		return Event{}, err
	}
	return env.Event(receivedAt)
}

// Event is the whole of an event of a handled type. Its error is ErrMalformed.
func (env Envelope) Event(receivedAt time.Time) (Event, error) {
	p, err := env.parse(env.Type)
	if err != nil {
		return Event{}, err
	}
	return Event{
		ID: env.ID, Type: env.Type, Created: env.Created, ReceivedAt: receivedAt, Payload: string(env.payload), Deliveries: 1,
		parsed: &p,
	}, nil
}

// Session is the ID of the Checkout Session that the event speaks of, and what it says of it. Its
// error is ErrMalformed, for an event without a session too.
func (e Event) Session() (string, Facts, error) {
	p, err := e.facts()
	if err == nil && ByIntent(e.Type) {
		err = fmt.Errorf("%w: it names no session", ErrMalformed)
	}
	return p.session, p.Facts, err
}
