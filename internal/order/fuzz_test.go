package order_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/order"
	"handler/function/internal/sample"
)

// seeds are the sample events and the hostile ones, but for those that would only slow the fuzzer down.
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

// FuzzParseEvent: whatever Stripe, or a thief of its secret, sends is refused as malformed, or has an ID to be
// stored under and is kept as it came.
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
		if id, _, _ := e.Session(); err != nil || o.ID != id || o.NextDueAt == nil && o.Settled() {
			t.Errorf("its order is %+v: %v", o, err)
		}
	})
}

// FuzzFold: an order is the same in whatever order its events came, and once it is paid it stays so.
func FuzzFold(f *testing.F) {
	all := seeds(f)
	for i := range all {
		f.Add([]byte(all[i]), []byte(all[(i+1)%len(all)]), []byte(all[(i+2)%len(all)]))
	}
	f.Fuzz(func(t *testing.T, a, b, c []byte) {
		var events []order.Event
		ids, settled, failed := map[string]bool{}, false, false
		for _, payload := range [][]byte{a, b, c} {
			e, err := order.ParseEvent(payload, start)
			if err != nil || ids[e.ID] {
				continue
			}
			ids[e.ID] = true
			events = append(events, e)
			_, facts, _ := e.Session()
			settled = settled || facts.Settled()
			failed = failed || facts.PaymentFailed
		}
		if len(events) == 0 {
			return
		}
		want := placed(t, events...)
		if want.Settled() != settled || want.PaymentFailed != failed {
			t.Errorf("paid %v, failed %v; the events say %v and %v", want.Settled(), want.PaymentFailed, settled, failed)
		}
		for _, p := range permutations(events) {
			if d := cmp.Diff(want.Facts, placed(t, p...).Facts); d != "" {
				t.Errorf("another order of arrival, another order:\n%s", d)
			}
			// Events that come one at a time are read from the database in between.
			if d := cmp.Diff(want.Facts, stored(t, p).Facts); d != "" {
				t.Errorf("stored in between, another order:\n%s", d)
			}
		}
	})
}

// stored is placed where each event was written to the database, and read again, before the next one came:
// of the time it keeps milliseconds, and nothing of what was read in the payload.
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
