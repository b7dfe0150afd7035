package stripe

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// maxEvents is how many events are kept: the newest.
const maxEvents = 5000

// event is one of Stripe's: the fields that the mock reads, and the whole as it was set.
type event struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Type    string `json:"type"`
	Created int64  `json:"created"`
	// Account is the connected account that it is of; empty for the shop's own.
	Account string `json:"account"`
	Data    struct {
		Object json.RawMessage `json:"object"`
	} `json:"data"`

	raw json.RawMessage
	// session is what the event is about; nil where that is something else.
	session *session
}

// session is a Checkout Session: the fields that the mock reads, and the whole as in its newest
// event.
type session struct {
	ID          string `json:"id"`
	Object      string `json:"object"`
	Status      string `json:"status"`
	Created     int64  `json:"created"`
	PaymentLink string `json:"payment_link"`

	raw json.RawMessage
}

var eventID = regexp.MustCompile(`^evt_[A-Za-z0-9_]+$`)

// parseEvent reads an event, and answers everything that is wrong with it in one error.
func parseEvent(raw []byte) (event, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return e, fmt.Errorf("read the event: %w", err)
	}
	var object struct {
		Object string `json:"object"`
	}
	var wrong check
	wrong.wants(eventID.MatchString(e.ID), "id must start with evt_")
	wrong.wants(e.Object == "event", `object must be "event"`)
	wrong.wants(eventType.MatchString(e.Type), "type must be one of Stripe's event types")
	wrong.wants(e.Created > 0, "created must be a time in seconds")
	wrong.wants(e.Account == "" || accountID.MatchString(e.Account), "account must start with acct_")
	wrong.wants(json.Unmarshal(e.Data.Object, &object) == nil && object.Object != "", "data.object must be an object of Stripe's")
	e.raw = raw
	if wrong == nil && object.Object == "checkout.session" {
		var err error
		e.session, err = parseSession(e.Data.Object)
		wrong = append(wrong, err)
	}
	return e, errors.Join(wrong...)
}

func parseSession(raw json.RawMessage) (*session, error) {
	s := &session{raw: raw}
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("read the session: %w", err)
	}
	if !sessionID.MatchString(s.ID) || s.Created <= 0 {
		return nil, errors.New("data.object.id must start with cs_, and data.object.created be a time in seconds")
	}
	return s, nil
}

// AddEvent makes an event one that Stripe lists, and its Checkout Session, if it is about one, one
// that Stripe knows. An event of the same ID is replaced. An error says all that is wrong with it.
func (s *Service) AddEvent(raw []byte) error {
	e, err := parseEvent(raw)
	if err != nil {
		return err
	}
	return s.store.addEvent(e)
}

// listedSince is when the oldest event that Stripe lists may have been created:
// https://docs.stripe.com/api/events
func listedSince(now time.Time) int64 { return now.AddDate(0, 0, -30).Unix() }
