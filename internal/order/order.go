// Package order defines an order: the document that Tillbell keeps for one Checkout Session, what
// its events make of it, and which e-mails it owes.
//
// It promises three things. What an order says of its payment is a function of the set of events it
// holds, whatever their order of arrival. A plan, once made, is never made again. And every change
// leaves NextDueAt at the earliest time at which something is to be done, so that a store that
// keeps the document whole can find all that is due by one index.
//
// Everything here is pure: times are given, nothing is logged, nothing is called. A change may
// therefore be made again on a fresher copy of the document whenever a store finds it stale.
package order

import (
	"errors"
	"maps"
	"time"
)

// Sentinels that the store and the transitions answer with.
var (
	// ErrNotFound: there is no order with that ID.
	ErrNotFound = errors.New("order not found")
	// ErrUnchanged: a change to an order leaves nothing to write.
	ErrUnchanged = errors.New("order unchanged")
	// ErrNoDelivery: the order has no delivery of that key.
	ErrNoDelivery = errors.New("no such e-mail")
	// ErrNotDue: the delivery is settled, leased, or its time has not come.
	ErrNotDue = errors.New("delivery not due")
	// ErrLeaseLost: the lease expired and another process has the delivery now.
	ErrLeaseLost = errors.New("lease lost")
)

// DispatchGrace is how long the queue has to bring an order to send-email before the sweep sees it
// as never dispatched. A sweep that comes too early does no harm; this only keeps it from doing the
// queue's work.
const DispatchGrace = 10 * time.Second

// Order is the document of one Checkout Session, in the collection orders.
type Order struct {
	// ID is the Checkout Session's ID (cs_…); as _id it makes the order unique.
	ID string `bson:"_id"`
	// Revision counts the writes; a store changes the document only at the revision it was read at.
	Revision int64 `bson:"revision"`

	// Events holds what Stripe said, by event ID (evt_…).
	Events map[string]Event `bson:"events"`
	// Facts is what Events say of the order, folded by their times.
	Facts `bson:",inline"`

	// Corrections are the addresses that people gave the customer, oldest first. They are written
	// when empty too, as some of the Facts are.
	Corrections []Correction `bson:"corrections"`

	// Items are the session's line items; empty until they are fetched.
	Items []Item `bson:"items,omitempty"`
	// Fetch is how far fetching them has come.
	Fetch Fetch `bson:"fetch"`

	// Plans says which plans were made, and when. A reason in it is never planned again.
	Plans map[Reason]time.Time `bson:"plans,omitempty"`
	// Ignored says why the order owes no e-mail although it is settled.
	Ignored string `bson:"ignored"`
	// Emails are the deliveries, by a key that stays the same as long as the order lives.
	Emails map[string]Delivery `bson:"emails,omitempty"`

	// MessageIDs are SendGrid's IDs of all its messages, by which late events find the order.
	MessageIDs []string `bson:"message_ids,omitempty"`

	// Audit is what was done to the order on purpose, oldest first.
	Audit []Entry `bson:"audit,omitempty"`
	// Report is the data of a report's e-mail, as JSON; empty in an order.
	Report string `bson:"report,omitempty"`
	// ForgottenAt is when the order lost what it held of the customer; zero while it has that.
	ForgottenAt time.Time `bson:"forgotten_at,omitempty"`
	// NextDueAt is when something is next to be done; nil when nothing is.
	NextDueAt *time.Time `bson:"next_due_at"`
	CreatedAt time.Time  `bson:"created_at"`
	UpdatedAt time.Time  `bson:"updated_at"`
}

// Clone is a copy whose changes, by the methods of this package, do not reach the order.
func (o *Order) Clone() *Order {
	c := *o
	c.Events, c.Plans, c.Emails = maps.Clone(o.Events), maps.Clone(o.Plans), maps.Clone(o.Emails)
	return &c
}

// New is the order that the first event of a session makes. One without a session makes none: its
// error is ErrMalformed.
func New(e Event, now time.Time) (*Order, error) {
	o := &Order{CreatedAt: now, Events: map[string]Event{}}
	var err error
	if o.ID, _, err = e.Session(); err != nil {
		return nil, err
	}
	if _, err := o.Add(e, now); err != nil {
		return nil, err
	}
	return o, nil
}

// Add takes an event into the order and reports whether it was new to it. An order that was
// forgotten takes the plain facts of it.
func (o *Order) Add(e Event, now time.Time) (bool, error) {
	if _, known := o.Events[e.ID]; known {
		return false, nil
	}
	if !o.ForgottenAt.IsZero() {
		var err error
		if e, err = e.redacted(); err != nil {
			return false, err
		}
	}
	if o.Events == nil {
		o.Events = map[string]Event{}
	}
	o.Events[e.ID] = e
	facts, err := fold(o.Events)
	if err != nil {
		delete(o.Events, e.ID)
		return false, err
	}
	before := o.Reversed()
	o.Facts = facts
	if !OfCharge(e.Type) {
		o.FetchAnew(now) // news of what was bought is a reason to try again
	}
	if !before {
		o.stop(true, now)
	}
	o.touch(now)
	if e.Found == FoundByOwner {
		o.Note(Entry{At: now, Command: e.Found})
	}
	return true, nil
}

func (o *Order) touch(now time.Time) {
	o.UpdatedAt = now
	o.NextDueAt = o.NextDue()
}

// Name gives events and deliveries the names they have as keys of their maps. A store calls it on
// what it has read, since the document says each name once.
func (o *Order) Name() {
	for id, e := range o.Events {
		e.ID = id
		o.Events[id] = e
	}
	for key, d := range o.Emails {
		d.Key = key
		o.Emails[key] = d
	}
}
