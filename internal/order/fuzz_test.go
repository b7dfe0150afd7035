package order_test

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// seeds are the sample events and the hostile ones, but for those that would only slow the fuzzer
// down.
func seeds(f *testing.F) []string {
	var all []string
	for _, name := range sample.Names() {
		body, err := sample.Event(name)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, string(body))
	}
	hostile := sample.Hostile()
	for _, what := range slices.Sorted(maps.Keys(hostile)) {
		if body := hostile[what]; len(body) < 10_000 {
			all = append(all, string(body))
		}
	}
	return all
}

// readable fails where what was read of an event could not be stored, or does not lead back to it.
func readable(t *testing.T, payload []byte) (order.Event, bool) {
	t.Helper()
	e, err := order.ParseEvent(payload, start)
	if err != nil {
		if !errors.Is(err, order.ErrMalformed) {
			t.Errorf("%v is not ErrMalformed", err)
		}
		if len(err.Error()) > 200 {
			t.Errorf("the error grows with the payload: it has %d bytes", len(err.Error()))
		}
		return e, false
	}
	if e.Payload != string(payload) {
		t.Error("the payload is not what came")
	}
	if order.ByIntent(e.Type) {
		if c, err := e.Charge(); err != nil || !utf8.ValidString(c.PaymentIntent+c.Currency+c.Reason+c.ID+c.Status) || strings.ContainsAny(e.ID, ".$\x00") {
			t.Errorf("event %q speaks of charge %+v: %v", e.ID, c, err)
		}
		return e, true
	}
	id, facts, err := e.Session()
	if err != nil || !order.ValidID(id) || strings.ContainsAny(e.ID+id, ".$\x00") {
		t.Errorf("event %q speaks of session %q: %v", e.ID, id, err)
	}
	for _, at := range []time.Time{e.Created, facts.SessionCreated} {
		if !time.UnixMilli(at.UnixMilli()).Equal(at) {
			t.Errorf("the database would not keep the time %v", at)
		}
		if _, err := at.MarshalJSON(); err != nil {
			t.Error(err)
		}
	}
	for _, p := range facts.Metadata {
		if !utf8.ValidString(p.Key + p.Value) {
			t.Errorf("metadata %q is no text", p)
		}
	}
	return e, true
}

// FuzzParseEvent: any body, also a signed one, is refused as malformed, or has an ID to be stored
// under and is kept as it came.
func FuzzParseEvent(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		env, outside := order.ParseEnvelope(payload)
		e, ok := readable(t, payload)
		if !ok {
			return
		}
		if outside != nil || env.ID != e.ID || env.Type != e.Type || !env.Created.Equal(e.Created) {
			t.Errorf("from outside it is event %q of type %q, %v: %v", env.ID, env.Type, env.Created, outside)
		}
		o, err := order.New(e, start)
		if order.ByIntent(e.Type) {
			if !errors.Is(err, order.ErrMalformed) {
				t.Errorf("an event without a session makes an order: %+v, %v", o, err)
			}
			return
		}
		if id, _, _ := e.Session(); err != nil || o.ID != id || o.NextDueAt == nil && o.Settled() {
			t.Errorf("its order is %+v: %v", o, err)
		}
		forgettable(t, o)
	})
}

// forgettable fails where an order cannot be forgotten, or loses more by it than what it holds of
// the customer.
func forgettable(t *testing.T, o *order.Order) {
	t.Helper()
	want := plain(o.Facts)
	if err := o.Forget("", start); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(want, o.Facts) {
		t.Errorf("forgotten, it is another order:\n%s", cmp.Diff(want, o.Facts))
	}
}

// plain are the facts without personal data.
func plain(f order.Facts) order.Facts {
	f.CustomerName, f.CustomerEmail, f.ClientReferenceID, f.Metadata = "", "", "", nil
	return f
}

// FuzzFold: an order does not depend on the sequence of its events, and once it is paid it stays
// so. What its charges say is in it, and changes nothing of what its sessions say.
func FuzzFold(f *testing.F) {
	f.Add(int64(100), byte(0), "unpaid", "a@example.com", int64(200), byte(1), "paid", "b@example.com", int64(200), byte(2), "unpaid", "")
	f.Add(int64(200), byte(0), "unpaid", "", int64(100), byte(1), "unpaid", "\x00", int64(100), byte(2), "no_payment_required", "\xff")
	f.Add(int64(-1), byte(0), "", "", int64(math.MaxInt64), byte(0), "", "c", int64(0), byte(3), "paid", "")
	f.Add(int64(100), byte(0), "paid", "a@example.com", int64(300), byte(3), "unpaid", "", int64(200), byte(3), "paid", "b")
	f.Add(int64(300), byte(8), "", "fraudulent", int64(100), byte(0), "unpaid", "a@example.com", int64(200), byte(8), "", "duplicate")
	f.Add(int64(200), byte(3), "", "", int64(100), byte(0), "unpaid", "a@example.com", int64(300), byte(1), "paid", "")
	f.Add(int64(100), byte(0), "paid", "", int64(200), byte(4), "paid", "", int64(300), byte(5+13), "1", "") // refunded, and that failed
	f.Add(int64(100), byte(0), "paid", "", int64(200), byte(8+3*13), "1", "", int64(300), byte(9+5*13), "1", "")
	f.Add(int64(100), byte(0), "paid", "", int64(200), byte(12+6*13), "1", "", int64(200), byte(9+7*13), "1", "")
	f.Fuzz(func(t *testing.T, at1 int64, kind1 byte, status1, email1 string, at2 int64, kind2 byte, status2, email2 string, at3 int64, kind3 byte, status3, email3 string) {
		var events, sessions []order.Event
		var charges []order.Event
		settled, failed, captured := false, false, false
		for _, payload := range [][]byte{
			told(t, "evt_1", at1, kind1, status1, email1),
			told(t, "evt_2", at2, kind2, status2, email2),
			told(t, "evt_3", at3, kind3, status3, email3),
		} {
			e, ok := readable(t, payload)
			if !ok {
				continue
			}
			events = append(events, e)
			if order.ByIntent(e.Type) {
				charges = append(charges, e)
				captured = captured || e.Type == order.PaymentSucceeded
				continue
			}
			sessions = append(sessions, e)
			_, facts, _ := e.Session()
			settled = settled || facts.Settled()
			failed = failed || facts.PaymentFailed
		}
		if len(sessions) == 0 {
			return // a charge makes no order
		}
		orders := slices.DeleteFunc(permutations(events), func(p []order.Event) bool { return order.ByIntent(p[0].Type) })
		want := placed(t, orders[0]...)
		plausible(t, want.Reversal, charges)
		alone := placed(t, sessions...).Facts
		undisturbed := want.Facts
		if undisturbed.Reversal = (order.Reversal{}); captured {
			undisturbed.PaymentStatus, undisturbed.PaidAt = alone.PaymentStatus, alone.PaidAt
		}
		if !reflect.DeepEqual(undisturbed, alone) {
			t.Errorf("charges change what sessions say:\n%s", cmp.Diff(alone, undisturbed))
		}
		if paid := settled || captured; want.Settled() != paid || want.PaymentFailed != failed {
			t.Errorf("paid %v, failed %v; the events say %v and %v", want.Settled(), want.PaymentFailed, paid, failed)
		}
		defer forgettable(t, want)
		for _, p := range orders {
			if got := placed(t, p...); !reflect.DeepEqual(got.Facts, want.Facts) {
				t.Errorf("another order of arrival, another order:\n%s", cmp.Diff(want.Facts, got.Facts))
			}
			// Events that come one at a time are read from the database in between.
			if got := stored(t, p); !reflect.DeepEqual(got.Facts, want.Facts) {
				t.Errorf("stored in between, another order:\n%s", cmp.Diff(want.Facts, got.Facts))
			}
		}
	})
}

// plausible fails where events of charges cannot come to this, in whichever sequence.
func plausible(t *testing.T, r order.Reversal, events []order.Event) {
	t.Helper()
	var most int64
	whole, disputed := false, false
	for _, e := range events {
		c, err := e.Charge()
		must(t, err)
		if e.Type == order.ChargeRefunded {
			most, whole = max(most, c.Amount), whole || c.Whole
		}
		disputed = disputed || strings.HasPrefix(e.Type, "charge.dispute.") && (!strings.HasPrefix(c.Status, "warning_") || e.Type == order.DisputeWithdrawn)
	}
	if r.Refunded < 0 || r.Refunded > most || r.RefundedWholly && !whole || r.Disputed != disputed || r.Withdrawn > 0 && !r.DisputedNow() {
		t.Errorf("%+v; the events say at most %d, wholly %v, disputed %v", r, most, whole, disputed)
	}
}

// told is an event of one session, or of its charge.
func told(t *testing.T, id string, created int64, kind byte, status, email string) []byte {
	t.Helper()
	kinds := order.HandledTypes()
	eventType := kinds[int(kind)%len(kinds)]
	object := map[string]any{
		"id": "cs_1", "object": "checkout.session", "created": created, "payment_status": status, "payment_intent": "pi_1",
		"customer_details": map[string]string{"email": email, "name": email},
		"metadata":         map[string]string{email: status},
	}
	states := []string{"succeeded", "failed", "canceled", "warning_needs_response", "warning_closed", "needs_response", "won", "lost"}
	state := states[int(kind)/len(kinds)%len(states)]
	switch {
	case eventType == order.ChargeRefunded:
		object = map[string]any{"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "amount_refunded": created, "refunded": status == "paid"}
	case eventType == order.PaymentSucceeded:
		object = map[string]any{"id": "pi_1", "object": "payment_intent", "amount_received": created, "capture_method": "manual"}
	case strings.Contains(eventType, "refund."):
		object = map[string]any{"id": "re_" + status, "object": "refund", "payment_intent": "pi_1", "amount": created, "status": state, "failure_reason": email}
	case strings.HasPrefix(eventType, "charge.dispute."):
		object = map[string]any{"id": "dp_" + status, "object": "dispute", "payment_intent": "pi_1", "amount": created, "reason": email, "status": state}
	}
	payload, err := json.Marshal(map[string]any{
		"id": id, "type": eventType, "created": created, "data": map[string]any{"object": object},
	})
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// stored is placed where each event was written to the database, and read again, before the next
// one came: of the time it keeps milliseconds, and nothing of what was read in the payload.
func stored(t *testing.T, events []order.Event) *order.Order {
	t.Helper()
	o, err := order.New(events[0], start)
	for _, e := range events[1:] {
		for id, kept := range o.Events {
			o.Events[id] = order.Event{
				ID: id, Type: kept.Type, Created: time.UnixMilli(kept.Created.UnixMilli()).UTC(), Payload: kept.Payload,
			}
		}
		if err == nil {
			_, err = o.Add(e, start)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}
