package sendgrid

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"handler/function/local/reply"
)

// Outcome is the fate of the next mails, as PUT /_local/events sets it. {} resets it: mails are
// processed and delivered.
type Outcome struct {
	// Event is the last one of each mail: bounce, blocked, dropped, deferred, delivered, open
	// or spamreport.
	Event string `json:"event,omitempty"`
	// Times is for how many mails; -1 for all.
	Times int `json:"times,omitempty"`
	// Copies is how often each event is posted; Reversed posts them in the wrong order.
	Copies   int  `json:"copies,omitempty"`
	Reversed bool `json:"reversed,omitempty"`
}

// courses are the events that lead to each outcome.
var courses = map[string][]string{
	"":           {"processed", "delivered"},
	"delivered":  {"processed", "delivered"},
	"bounce":     {"processed", "bounce"},
	"blocked":    {"processed", "blocked"},
	"dropped":    {"dropped"},
	"deferred":   {"processed", "deferred", "delivered"},
	"open":       {"processed", "delivered", "open"},
	"spamreport": {"processed", "delivered", "spamreport"},
}

// said are the fields that a mail server, or SendGrid, adds to an event. A mail server quotes the
// address.
func said(event, address string) map[string]any {
	switch event {
	case "delivered":
		return map[string]any{"response": "250 2.0.0 OK"}
	case "deferred":
		return map[string]any{"response": "451 4.7.1 try again later", "attempt": "1"}
	case "bounce":
		return map[string]any{"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 <" + address + ">: no such mailbox", "bounce_classification": "Invalid Address"}
	case "blocked":
		return map[string]any{"type": "blocked", "event": "bounce", "status": "4.7.1", "reason": "450 4.7.1 <" + address + ">: refused for now"}
	case "dropped":
		return map[string]any{"reason": "Bounced Address"}
	}
	return nil
}

// course are the events of an accepted mail, as SendGrid posts them: one of each for each
// recipient.
func (s *Service) course(m Message) []map[string]any {
	var mail mail
	_ = json.Unmarshal(m.Request, &mail) // it was accepted
	outcome := s.teller.next()
	at := s.now().Unix()
	var all []map[string]any
	for n, p := range mail.Personalizations {
		for _, to := range p.To {
			for i, name := range courses[outcome.Event] {
				e := map[string]any{}
				for k, v := range p.CustomArgs {
					e[k] = v
				}
				maps.Copy(e, map[string]any{
					"event": name, "email": to.Email, "timestamp": at + int64(i), "smtp-id": "<" + m.MessageID + "@laptop>",
					"sg_event_id": rand.Text(), "sg_message_id": fmt.Sprintf("%s.recvd-laptop-%d.0", m.MessageID, n),
				})
				maps.Copy(e, said(name, to.Email))
				for range max(outcome.Copies, 1) {
					all = append(all, e)
				}
			}
		}
	}
	if outcome.Reversed {
		slices.Reverse(all)
	}
	return all
}

// serveOutcome sets the outcome of the next mails.
func (s *Service) serveOutcome(w http.ResponseWriter, r *http.Request) {
	var o Outcome
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if _, known := courses[o.Event]; !known {
		refuse(w, http.StatusBadRequest, "event must be one of "+strings.Join(slices.Sorted(maps.Keys(courses))[1:], ", "))
		return
	}
	if o.Times == 0 {
		o.Times = 1
	}
	s.teller.set(o)
	reply.JSON(w, http.StatusOK, o)
}
