package function

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// search looks at Stripe for events that the webhook did not bring, and has them stored as the
// webhook would.
type search struct {
	since time.Time
	// dryRun: nothing is stored, not even that an event was delivered once more.
	dryRun bool
	// who is order.FoundByOwner or order.FoundByItself.
	who string
	// more reports whether to begin one thing more.
	more func() bool
}

// tally is what a search has come upon.
type tally struct {
	// Seen is how many events there were at Stripe: those that were Known, those to be Recorded,
	// those that this function Ignored, and those that are Malformed, or whose order is.
	Seen      int `json:"seen"`
	Known     int `json:"known"`
	Recorded  int `json:"recorded"`
	Ignored   int `json:"ignored"`
	Malformed int `json:"malformed"`
	// Missing are those that were recorded, or would be.
	Missing []missing `json:"missing"`
	// Next is the cursor to go on with; empty where all was gone through.
	Next string `json:"next,omitempty"`
}

// missing is an event that the webhook did not bring, without anything personal.
type missing struct {
	Order         string              `json:"order"`
	Event         string              `json:"event"`
	Type          string              `json:"type"`
	Created       time.Time           `json:"created"`
	PaymentStatus order.PaymentStatus `json:"payment_status"`
	AmountTotal   int64               `json:"amount_total"`
	Currency      string              `json:"currency"`
}

// candidate is an event that was read at Stripe.
type candidate struct {
	event order.Event
	// order is the ID of its order, and payment the payment intent by which a charge's is found.
	order   string
	payment string
	facts   order.Facts
	// why it is none for this function; empty where it is one.
	why string
	err error
	// known: its order holds it.
	known bool
}

func (c candidate) missing() bool { return c.err == nil && c.why == "" && !c.known }

// find goes on with a search for as long as it may begin more. What it gives beside an error is
// what it did until then.
func (e *Endpoint) find(ctx context.Context, log *slog.Logger, s search, from string) (tally, error) {
	done := tally{Missing: []missing{}}
	all := listings(s.since, time.Now())
	at, err := parseCursor(from, all)
	if err != nil {
		return done, err
	}
	done.Next = at.String()
	for i, l := range all {
		if l.name != at.listing {
			continue
		}
		if err := e.walk(ctx, log, s, l, at.after, &done); err != nil {
			return done, err
		}
		switch {
		case done.Next != "": // its time is up
			return done, nil
		case i < len(all)-1:
			at = cursor{listing: all[i+1].name}
			done.Next = at.String()
		}
	}
	return done, nil
}

// walk looks at a listing from an object on, page by page. Next is how far it came; empty at the
// listing's end.
func (e *Endpoint) walk(ctx context.Context, log *slog.Logger, s search, l listing, after string, done *tally) error {
	for s.more() {
		p, err := e.Stripe.list(ctx, l, after)
		if err != nil {
			return err
		}
		n, err := e.lookAt(ctx, log, s, l, p, done)
		if n > 0 {
			after = p.ids[n-1]
			done.Next = cursor{l.name, after}.String()
		}
		switch {
		case err != nil:
			return err
		case n == len(p.ids) && !p.HasMore:
			done.Next = ""
			return nil
		}
	}
	return nil
}

// lookAt stores what is missing of a page, and gives how many things in it are done with: one at
// least, so that a search comes to its end however slow its calls are.
func (e *Endpoint) lookAt(ctx context.Context, log *slog.Logger, s search, l listing, p *page, done *tally) (int, error) {
	store, err := e.Store()
	if err != nil {
		return 0, err
	}
	var all []candidate
	for _, raw := range p.Data {
		all = append(all, e.candidate(raw, l))
	}
	if err := findOrders(ctx, store, all); err != nil {
		return 0, err
	}
	asked := map[string][]string{}
	for _, c := range all {
		if c.missing() {
			asked[c.order] = append(asked[c.order], c.event.ID)
		}
	}
	known, err := store.Known(ctx, asked)
	if err != nil {
		return 0, err
	}
	for i, c := range all {
		if c.known = holds(known[c.order], c, l); c.missing() && !s.dryRun && i > 0 && !s.more() {
			return i, nil
		}
		c.event.ID = cmp.Or(c.event.ID, p.ids[i])
		if err := e.settle(ctx, log.With("event", c.event.ID), s, c, done); err != nil {
			return i, err
		}
	}
	return len(all), nil
}

// candidate reads one thing of a page as the webhook would read it.
func (e *Endpoint) candidate(raw json.RawMessage, l listing) (c candidate) {
	payload := []byte(raw)
	if l.sessions {
		if payload, c.err = order.EventOfSession(raw); c.err != nil {
			return c
		}
	}
	if c.event, c.why, c.err = e.decode(payload); c.err != nil || c.why != "" {
		return c
	}
	if !order.ByIntent(c.event.Type) {
		c.order, c.facts, c.err = c.event.Session()
		return c
	}
	var charge order.Charge
	charge, c.err = c.event.Charge()
	c.payment, c.facts.AmountTotal, c.facts.Currency = charge.PaymentIntent, charge.Amount, charge.Currency
	if c.event.Type == order.PaymentSucceeded {
		c.facts.PaymentStatus = order.Paid
	}
	return c
}

// findOrders gives the candidates without a session their orders: those that their payment intents
// paid for.
func findOrders(ctx context.Context, store Recorder, all []candidate) error {
	var payments []string
	for _, c := range all {
		if c.payment != "" {
			payments = append(payments, c.payment)
		}
	}
	ids, err := store.OfPayments(ctx, payments)
	if err != nil {
		return err
	}
	for i, c := range all {
		if c.missing() && c.order == "" {
			if all[i].order = ids[c.payment]; all[i].order == "" {
				all[i].why = ofNoOrder
			}
		}
	}
	return nil
}

// holds reports whether an order, nil where there is none, holds what a candidate says. A session
// says nothing new unless it is the first word, or the order has not heard yet that it is paid.
func holds(o *order.Order, c candidate, l listing) bool {
	if o == nil {
		return false
	}
	if l.sessions {
		return o.Settled() || !c.facts.Settled()
	}
	_, known := o.Events[c.event.ID]
	return known
}

// settle does with one candidate what is to be done, and counts it.
func (e *Endpoint) settle(ctx context.Context, log *slog.Logger, s search, c candidate, done *tally) error {
	count := &done.Recorded
	switch {
	case c.err != nil:
		e.unreadable(log, s, c, c.err)
		count = &done.Malformed
	case c.why != "":
		count = &done.Ignored
	case c.known:
		count = &done.Known
	case !s.dryRun:
		added, err := e.keep(ctx, log, c, s.who)
		switch {
		case errors.Is(err, order.ErrUnreadable), errors.Is(err, openfaas.ErrPanic): // the others go on
			e.unreadable(log.With("order", c.order), s, c, err)
			count = &done.Malformed
		case err != nil:
			return err
		case !added: // the webhook was faster
			count = &done.Known
		}
	}
	done.Seen++
	*count++
	if count == &done.Recorded {
		done.Missing = append(done.Missing, missing{
			c.order, c.event.ID, c.event.Type, c.event.Created, c.facts.PaymentStatus, c.facts.AmountTotal, c.facts.Currency,
		})
	}
	return nil
}

// unreadable logs an event that cannot be stored, and has it reported, unless nothing is to change.
func (e *Endpoint) unreadable(log *slog.Logger, s search, c candidate, err error) {
	logUnreadable(log, err)
	if !s.dryRun {
		e.observeUnreadable(c.event, err)
	}
}

// keep stores an event that was found, and hands its order on, when it is its turn. Where that
// panics, it is openfaas.ErrPanic.
func (e *Endpoint) keep(ctx context.Context, log *slog.Logger, c candidate, who string) (added bool, err error) {
	defer openfaas.Recovered(&err)
	if err := e.Stripe.turn.Wait(ctx); err != nil {
		return false, err
	}
	log = log.With("event_type", c.event.Type)
	_, added, queued, err := e.take(ctx, log, c.event.FoundBy(who))
	if err == nil {
		log.Info("event found at Stripe", "order", c.order, "new", added, "payment_status", c.facts.PaymentStatus, "queued", queued, "found", who)
	}
	return added, err
}
