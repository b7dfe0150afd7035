package shop

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Purchase is an event as Stripe would send it now, for a session of its own.
type Purchase struct {
	Session, Event string
	// Payment is the session's payment intent. A session that owes nothing has none, whatever this says.
	Payment string
	Body    []byte
	// Items is Stripe's list of line items; nil where the session has none.
	Items []byte
}

// NewPurchase gives a sample event new IDs and today's date. All else stays as it is.
func NewPurchase(event, items []byte, now time.Time) (Purchase, error) {
	p := Purchase{Session: "cs_" + mode(event) + "_" + rand.Text(), Payment: "pi_" + rand.Text(), Items: items}
	return p.with(event, now, map[string]string{aSession: p.Session})
}

// mode is live or test, as the session's ID says it.
func mode(event []byte) string {
	var e struct{ Livemode bool }
	if err := json.Unmarshal(event, &e); err == nil && e.Livemode {
		return "live"
	}
	return "test" // with answers what is no event
}

// Then is what becomes of the same session later: another event about it, or about the charge that paid for it.
func (p Purchase) Then(event []byte, now time.Time) (Purchase, error) {
	return p.with(event, now, map[string]string{aSession: p.Session, "charge": "ch_" + rand.Text(), "dispute": "dp_" + rand.Text()})
}

const aSession = "checkout.session"

// with is the purchase with an event about one of the objects that have an ID here.
func (p Purchase) with(event []byte, now time.Time, ids map[string]string) (Purchase, error) {
	p.Event = "evt_" + rand.Text()
	d := json.NewDecoder(bytes.NewReader(event))
	d.UseNumber()
	var e map[string]any
	if err := d.Decode(&e); err != nil {
		return p, fmt.Errorf("the event is not JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return p, errors.New("there is more than one JSON object in the event")
	}
	data, _ := e["data"].(map[string]any)
	object, _ := data["object"].(map[string]any)
	kind, _ := object["object"].(string)
	id, ok := ids[kind]
	if !ok {
		return p, fmt.Errorf("the event is about no %s: see its data.object.object", strings.Join(slices.Sorted(maps.Keys(ids)), " or "))
	}
	e["id"], e["created"] = p.Event, now.Unix()
	object["id"], object["created"] = id, now.Unix()
	if object["payment_intent"] != nil {
		object["payment_intent"] = p.Payment
	}
	var err error
	p.Body, err = json.Marshal(e)
	return p, err
}
