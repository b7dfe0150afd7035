package function

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// sendGridEvent is what we read of one event; custom_args are fields like the others:
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
type sendGridEvent struct {
	Event     string  `json:"event"`
	Type      string  `json:"type"`
	Email     string  `json:"email"`
	Timestamp seconds `json:"timestamp"`
	MessageID string  `json:"sg_message_id"`
	Status    string  `json:"status"`
	Reason    string  `json:"reason"`
	Response  string  `json:"response"`
	Order     string  `json:"order"`
	Delivery  string  `json:"delivery"`
}

// seconds since 1970, which late events have as a string.
type seconds int64

// UnmarshalJSON reads a number, or a string that holds one; anything else is 0, which is no time.
func (s *seconds) UnmarshalJSON(b []byte) error {
	n, _ := strconv.ParseInt(string(bytes.Trim(b, `"`)), 10, 64)
	*s = seconds(n)
	return nil
}

// batched is what one call of SendGrid's told.
type batched struct {
	// orders are the events by the order and the key of the delivery that they say they are about.
	orders map[string]map[string][]order.Arrival
	// late are those without our custom arguments, as late bounces are, by their message IDs; empty
	// where an event has none.
	late map[string][]order.Arrival
	// ignored counts those that are not about an e-mail of ours, or of a kind that is not kept.
	ignored int
}

// decodeEvents reads a verified body. A field of another type than it should have is left out, and
// no reason to refuse the rest: SendGrid would send all of it again and again.
func decodeEvents(body []byte) (batched, error) {
	b := batched{orders: map[string]map[string][]order.Arrival{}, late: map[string][]order.Arrival{}}
	d := json.NewDecoder(bytes.NewReader(body))
	if start, err := d.Token(); err != nil || start != json.Delim('[') {
		return b, errNoEvents
	}
	for d.More() {
		var e sendGridEvent
		err := d.Decode(&e)
		if unreadable := new(json.UnmarshalTypeError); err != nil && !errors.As(err, &unreadable) {
			return b, errNoEvents
		}
		key, a, ours := e.arrival()
		if !ours {
			if a, late := e.late(); late {
				b.late[a.Message] = append(b.late[a.Message], a)
			} else {
				b.ignored++
			}
			continue
		}
		b.add(e.Order, key, a)
	}
	if _, err := d.Token(); err != nil {
		return b, errNoEvents
	}
	if _, err := d.Token(); err != io.EOF {
		return b, errNoEvents
	}
	return b, nil
}

// late is the content of an event without our custom arguments, if it reports trouble.
func (e sendGridEvent) late() (a order.Arrival, late bool) {
	if e.Order != "" || e.Delivery != "" {
		return a, false
	}
	e.Order, e.Delivery = order.ConditionsID, order.ConditionsID+"/" // one that is valid, to have the rest read
	_, a, known := e.arrival()
	return a, known && a.Trouble()
}

// arrival is what an event says of the delivery with that key.
func (e sendGridEvent) arrival() (key string, a order.Arrival, ours bool) {
	const year10000 = 253402300800
	key, ours = strings.CutPrefix(e.Delivery, e.Order+"/")
	kind := order.ArrivalKind(e.Event)
	if kind == order.Bounced && e.Type == string(order.Blocked) {
		kind = order.Blocked
	}
	if !ours || !order.ValidID(e.Order) && order.IsSale(e.Order) || !slices.Contains(order.ArrivalKinds(), kind) || e.Timestamp <= 0 || e.Timestamp >= year10000 {
		return "", a, false
	}
	message, _, _ := strings.Cut(e.MessageID, ".") // the rest says which server had it, and for which recipient
	if openfaas.Word(message) != message {
		message = ""
	}
	return key, order.Arrival{
		Kind: kind, To: e.Email, At: time.Unix(int64(e.Timestamp), 0).UTC(), Message: message, Status: e.Status, Reason: cmp.Or(e.Reason, e.Response),
	}, true
}

// arrived is what became of a call's events.
type arrived struct {
	// Stored is how many are about deliveries of ours.
	Stored  int `json:"stored"`
	Ignored int `json:"ignored"`
}

// arrive stores what was told, one order after the other. What cannot be stored keeps nothing else
// back, as long as there is time: SendGrid brings all of it again, and then there is less to do.
func (f *Function) arrive(ctx context.Context, log *slog.Logger, batch batched) (arrived, error) {
	done := arrived{Ignored: batch.ignored}
	if len(batch.orders) == 0 && len(batch.late) == 0 {
		return done, nil
	}
	orders, err := f.store()
	if err != nil {
		return done, err
	}
	began := time.Now()
	failed := batch.findLate(ctx, orders)
	if lost := count(batch.late); lost > 0 && failed == nil {
		done.Ignored += lost
		log.Warn("bounces were ignored, since they name no order, and no order has their message ID", "events", lost)
	}
	for _, id := range slices.Sorted(maps.Keys(batch.orders)) {
		if ctx.Err() != nil {
			return done, cmp.Or(failed, ctx.Err())
		}
		stored, ignored, err := f.arriveAt(ctx, log.With("order", id), orders, id, batch.orders[id])
		done.Stored += stored
		done.Ignored += ignored
		failed = cmp.Or(failed, err)
	}
	if failed != nil {
		return done, failed
	}
	log.Info("SendGrid's events stored", "orders", len(batch.orders), "events", done.Stored, "ignored", done.Ignored, "duration", time.Since(began))
	return done, nil
}

// findLate gives the late events whose message an order has to that order's delivery. Its error is
// the first, and the other orders get theirs all the same.
func (b *batched) findLate(ctx context.Context, orders Store) error {
	messages := slices.DeleteFunc(slices.Sorted(maps.Keys(b.late)), func(id string) bool { return id == "" })
	if len(messages) == 0 {
		return nil
	}
	ids, failed := orders.OfMessages(ctx, messages)
	for _, id := range ids {
		o, err := orders.Load(ctx, id)
		if err != nil {
			failed = cmp.Or(failed, err)
			continue
		}
		for _, message := range messages {
			if key, ours := o.OfMessage(message); ours {
				b.add(id, key, b.late[message]...)
				delete(b.late, message)
			}
		}
	}
	return failed
}

func (b *batched) add(id, key string, arrivals ...order.Arrival) {
	if b.orders[id] == nil {
		b.orders[id] = map[string][]order.Arrival{}
	}
	b.orders[id][key] = append(b.orders[id][key], arrivals...)
}

// arriveAt stores what was told of one order's deliveries, in one write; who is to be told of a
// bounce is planned in the same one.
func (f *Function) arriveAt(ctx context.Context, log *slog.Logger, orders Store, id string, arrivals map[string][]order.Arrival) (stored, ignored int, err error) {
	var before map[string]order.Delivery
	o, err := orders.Update(ctx, id, func(o *order.Order) error {
		stored, ignored, before = 0, 0, maps.Clone(o.Emails)
		news := false
		for _, key := range slices.Sorted(maps.Keys(arrivals)) {
			changed, err := o.Arrive(key, arrivals[key], f.now())
			if errors.Is(err, order.ErrNoDelivery) {
				ignored += len(arrivals[key])
				continue
			}
			stored += len(arrivals[key])
			if changed {
				news = true
				o.Owe(f.catalogue.BounceNotices(o, o.Emails[key], f.now()), f.now())
			}
		}
		if !news {
			return order.ErrUnchanged
		}
		return nil
	})
	if errors.Is(err, order.ErrNotFound) {
		return 0, count(arrivals), nil // of another shop that sends by the same account, or of a database that was replaced
	}
	if err != nil {
		return 0, 0, err
	}
	f.noteHeard(o, arrivals)
	for key := range arrivals {
		reportArrival(log.With("delivery", key), before[key], o.Emails[key])
	}
	f.alarm.set(o.NextDueAt) // a notice is due at once
	return stored, ignored, nil
}

func count(arrivals map[string][]order.Arrival) (n int) {
	for _, list := range arrivals {
		n += len(list)
	}
	return n
}

// reportArrival says in the log what is news of a delivery, and nothing of what a mail server said.
func reportArrival(log *slog.Logger, before, after order.Delivery) {
	if after.Proven && !before.Proven {
		log.Info("e-mail known to be sent by SendGrid's events", "message_id", after.MessageID, "attempt", after.Attempts, "unsure", after.Unsure)
	}
	if after.Copies() > 1 && before.Copies() < 2 {
		log.Error("e-mail was sent more than once", "copies", after.Copies())
	}
	trouble, is := after.Trouble()
	if _, was := before.Trouble(); !is || was {
		return
	}
	if after.Audience == order.Admins {
		log.Error("e-mail to the admins did not arrive", "kind", trouble.Kind)
		return
	}
	log.Warn("e-mail did not arrive; the admins are notified", "kind", trouble.Kind)
}
