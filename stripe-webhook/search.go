package function

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

const (
	// eventsKept is for how long Stripe lists events: https://docs.stripe.com/api/events
	eventsKept = 30 * 24 * time.Hour
	// overlap is by how much sessions are looked at that may have their events still: Stripe does
	// not document at what hour those go. A dry run may show such a session beside its event; what
	// stores the one finds that the other is known.
	overlap = 24 * time.Hour
	// openFor is how long a session may be paid for:
	// https://docs.stripe.com/api/checkout/sessions/create, expires_at. What became of one since a
	// time may have been opened so much before.
	openFor = 24 * time.Hour
)

// listing is one of Stripe's lists, as it is asked for, newest first.
type listing struct {
	// name is the listing's in cursors, and what is Stripe's word for the things in it.
	name, what string
	path       string
	query      [][2]string
	// sessions: they are Checkout Sessions, and not events.
	sessions bool
}

// listings are where events since a time are, in the order in which they are gone through: what
// makes orders comes before what is found by the order that it is about. Captures are a listing of
// their own, and the last: a key of before may not read them. Sessions are asked for only where
// Stripe has no events any more.
func listings(since, now time.Time) []listing {
	created := func(since time.Time) [2]string {
		return [2]string{"created[gte]", strconv.FormatInt(since.Unix(), 10)}
	}
	var checkout, captures, rest [][2]string
	for _, t := range order.HandledTypes() {
		of := &rest
		switch {
		case strings.HasPrefix(t, "checkout.session."):
			of = &checkout
		case t == order.PaymentSucceeded:
			of = &captures
		}
		*of = append(*of, [2]string{"types[]", t})
	}
	all := []listing{{name: "checkout", what: "Events", path: "/v1/events", query: append(checkout, created(since))}}
	if since.Before(now.Add(-eventsKept)) {
		until := strconv.FormatInt(now.Add(overlap-eventsKept).Unix(), 10)
		all = append(all, listing{
			name: "sessions", what: "Checkout Sessions", path: "/v1/checkout/sessions", sessions: true,
			query: [][2]string{created(since.Add(-openFor)), {"created[lt]", until}, {"status", "complete"}},
		})
	}
	return append(all,
		listing{
			name: "payments", what: "Events, Charges, Refunds and Disputes",
			path: "/v1/events", query: append(rest, created(since)),
		},
		listing{
			name: "captures", what: "Events and PaymentIntents",
			path: "/v1/events", query: append(captures, created(since)),
		})
}

// cursor is how far a search has come: it goes on in a listing, after the object of an ID, or at
// the listing's beginning.
type cursor struct{ listing, after string }

// parseCursor reads a cursor's text. The empty one is where a search begins.
func parseCursor(text string, all []listing) (cursor, error) {
	if text == "" {
		return cursor{listing: all[0].name}, nil
	}
	var c cursor
	c.listing, c.after, _ = strings.Cut(text, ":")
	known := slices.ContainsFunc(all, func(l listing) bool { return l.name == c.listing })
	if !known || c.after != "" && !objectID.MatchString(c.after) {
		return c, &openfaas.ArgumentError{Name: "reconcile.after", Want: "the next of an earlier answer, with the same since"}
	}
	return c, nil
}

func (c cursor) String() string { return c.listing + ":" + c.after }
