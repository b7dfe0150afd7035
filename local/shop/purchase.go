package shop

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Purchase is an event as Stripe would send it now, for a session of its own.
type Purchase struct {
	Session, Event string
	Body           []byte
	// Items is Stripe's list of line items; nil where the session has none.
	Items []byte
}

// NewPurchase gives a sample event new IDs and today's date. All else stays as it is.
func NewPurchase(event, items []byte, now time.Time) (Purchase, error) {
	p := Purchase{Session: "cs_test_" + rand.Text(), Items: items}
	return p.Then(event, now)
}

// Then is what becomes of the same session later: another event about it.
func (p Purchase) Then(event []byte, now time.Time) (Purchase, error) {
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
	if object["object"] != "checkout.session" {
		return p, errors.New("the event is about no Checkout Session: want data.object.object to be checkout.session")
	}
	e["id"], e["created"] = p.Event, now.Unix()
	object["id"], object["created"] = p.Session, now.Unix()
	var err error
	p.Body, err = json.Marshal(e)
	return p, err
}
