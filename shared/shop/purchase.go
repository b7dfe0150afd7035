package shop

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Purchase is an event as Stripe would send it now, for a session of its own.
type Purchase struct {
	Session, Event string
	// Payment is the session's payment intent. A session that owes nothing has none; the field is
	// then ignored.
	Payment string
	// Dispute is that of the payment, which a later event goes on with; empty where there is none.
	Dispute string
	Body    []byte
	// Items is Stripe's list of line items; nil where the session has none.
	Items []byte
}

// NewPurchase gives a sample event new IDs and today's date. The rest stays as it is.
func NewPurchase(event, items []byte, now time.Time) (Purchase, error) {
	p := Purchase{Payment: "pi_" + rand.Text(), Items: items}
	e, object, err := decodeEvent(event)
	if err == nil && object["object"] != aSession {
		err = errNotAbout(aSession)
	}
	if err != nil {
		return p, err
	}
	p.Session = "cs_test_" + rand.Text()
	if e["livemode"] == true {
		p.Session = "cs_live_" + rand.Text()
	}
	return p.with(e, object, p.Session, now)
}

// Then is a later event of the same session: about it, or about the payment for it. It has the
// customer and the amounts of the event that the purchase has, if it has one.
func (p Purchase) Then(event []byte, now time.Time) (Purchase, error) {
	e, object, err := decodeEvent(event)
	if err != nil {
		return p, err
	}
	kind, _ := object["object"].(string)
	id, ok := map[string]string{
		aSession: p.Session, "payment_intent": p.Payment,
		"charge": "ch_" + rand.Text(), "refund": "re_" + rand.Text(), "dispute": cmp.Or(p.Dispute, "dp_"+rand.Text()),
	}[kind]
	if !ok {
		return p, errNotAbout(aSession, "payment_intent", "charge", "refund", "dispute")
	}
	if first, session, err := decodeEvent(p.Body); err == nil && session["object"] == aSession {
		e["livemode"], object["livemode"] = first["livemode"], first["livemode"]
		continueFrom(object, session)
	}
	return p.with(e, object, id, now)
}

const aSession = "checkout.session"

// continueFrom makes a later event's object belong to a session.
func continueFrom(object, session map[string]any) {
	if object["object"] == aSession {
		for field, value := range session {
			if field != "payment_status" && field != "status" {
				object[field] = value
			}
		}
		return
	}
	was, paid := number(object["amount"]), number(session["amount_total"])
	for _, field := range []string{"amount", "amount_captured", "amount_received", "amount_refunded"} {
		if object[field] != nil && was > 0 {
			object[field] = number(object[field]) * paid / was
		}
	}
	object["currency"] = session["currency"]
}

// number is an integer of JSON that was read with UseNumber; 0 for anything else.
func number(value any) int64 {
	n, _ := value.(json.Number)
	i, _ := n.Int64()
	return i
}

// decodeEvent reads an event and the object that it is about.
func decodeEvent(event []byte) (e, object map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(event))
	d.UseNumber()
	if err := d.Decode(&e); err != nil {
		return nil, nil, fmt.Errorf("the event is not JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil, errors.New("there is more than one JSON object in the event")
	}
	data, _ := e["data"].(map[string]any)
	object, _ = data["object"].(map[string]any)
	return e, object, nil
}

func errNotAbout(kinds ...string) error {
	return fmt.Errorf("the event is about no %s: see its data.object.object", strings.Join(kinds, " or "))
}

// with is the purchase with an event about an object that has this ID here.
func (p Purchase) with(e, object map[string]any, id string, now time.Time) (Purchase, error) {
	p.Event = "evt_" + rand.Text()
	e["id"], e["created"] = p.Event, now.Unix()
	object["id"], object["created"] = id, now.Unix()
	if object["payment_intent"] != nil {
		object["payment_intent"] = p.Payment
	}
	var err error
	p.Body, err = json.Marshal(e)
	return p, err
}
