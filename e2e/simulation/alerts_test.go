package simulation

import (
	"encoding/json"
	"io"
	"net/http"
	"time"

	"handler/function/internal/alert"
	"handler/function/internal/catalogue"
	"handler/function/internal/order"
)

// alertAPI is the model of the service behind the alert channel: it keeps what it accepted.
type alertAPI struct {
	w *world
	// copies are the alerts that an order owes.
	copies copies
	// messages are all alerts, in the sequence in which they were accepted.
	messages []alert.Message
}

// alertsOf is a process's alert channel; nil while there is none.
func (w *world) alertsOf(p *process) *alert.Sender {
	if !w.ends {
		return nil
	}
	return alert.New(func() (string, error) { return "https://alerts.invalid/hook", nil }, transport{p, w.alerts})
}

func (a *alertAPI) serve(p *process, r *http.Request) (*http.Response, error) {
	var m alert.Message
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		a.w.broke("an alert that cannot be read: %v", err)
	}
	if res, err := a.w.reach("alerts", m.Order+m.Title, p, r); res != nil || err != nil {
		return res, err
	}
	delivery, known := a.deliveryOf(p, m)
	c := &mailCopy{by: p, at: time.Now()}
	if known {
		a.copies.accept(a.w, delivery, c)
	}
	a.w.note(p.name, "the alert service accepts %s %s of %q", m.State, m.Kind, m.Order)
	a.w.mu.Lock()
	a.messages = append(a.messages, m)
	a.w.mu.Unlock()
	if a.w.chance(a.w.faulty / 4) {
		a.w.fault("alerts accepts and breaks")
		a.w.mu.Lock()
		c.unheard = true
		a.w.mu.Unlock()
		return nil, io.ErrUnexpectedEOF
	}
	time.Sleep(a.w.between(time.Millisecond, 100*time.Millisecond))
	p.step()
	return respond(r, http.StatusNoContent, nil, ""), nil
}

// deliveryOf is the delivery that a message is of. Those of conditions of the database are of none.
func (a *alertAPI) deliveryOf(p *process, m alert.Message) (delivery string, known bool) {
	a.w.mu.Lock()
	defer a.w.mu.Unlock()
	for id, o := range a.w.database.orders {
		for key, d := range o.Emails {
			if d.Audience == order.Alert && d.State == order.Sending && catalogue.AlertMessage(o, d) == m {
				return id + "/" + key, true
			}
		}
	}
	return "", false
}
