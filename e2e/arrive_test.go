package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"handler/function/internal/order"
)

// TestArrivals has SendGrid's stand-in tell what becomes of e-mails, through the real gateway.
func TestArrivals(t *testing.T) {
	s := running(t)
	defer s.told(t)()

	t.Run("each delivery knows that it arrived", func(t *testing.T) {
		o := s.buy(t, "completed_paid", 2)
		for key := range o.Emails {
			s.arrives(t, o.ID, key, order.Processed, order.Delivered)
		}
		s.sentOnce(t, o)
		id := o.ID
		a := call(t, http.MethodGet, s.env["INBOX_URL"]+"/api/orders/"+id, nil, nil)
		if !strings.Contains(a.body, `"kind": "delivered"`) && !strings.Contains(a.body, `"kind":"delivered"`) {
			t.Errorf("the inbox does not show it: %d %s", a.status, a.body)
		}
	})

	t.Run("in the wrong order, and twice", func(t *testing.T) {
		s.outcome(t, `{"event":"open","times":2,"copies":2,"reversed":true}`)
		o := s.buy(t, "completed_paid", 2)
		for key := range o.Emails {
			d := s.arrives(t, o.ID, key, order.Processed, order.Delivered, order.Opened)
			if len(d.Messages) != 1 || d.Messages[0] != d.MessageID || d.Unsure {
				t.Errorf("%s: got %+v", key, d)
			}
		}
	})

	t.Run("a bounce tells the admins", func(t *testing.T) {
		s.outcome(t, `{"event":"bounce","times":2}`) // the customer's and the admins' own, of which nobody is told
		o := s.buy(t, "completed_paid", 2)
		s.arrives(t, o.ID, "ebook/delivery", order.Processed, order.Bounced)
		s.arrives(t, o.ID, "ebook/sale", order.Processed, order.Bounced)
		s.arrives(t, o.ID, "notice/bounced/ebook/delivery", order.Processed, order.Delivered)
		s.sentOnce(t, s.settledWith(t, o.ID, 3))
	})

	t.Run("an attempt that ended without an answer is settled, and one e-mail was sent", func(t *testing.T) {
		s.fault(t, "SENDGRID_URL", `{"times":1,"after_accepting":true}`)
		o := s.buy(t, "completed_paid", 2)
		proven := 0
		for key := range o.Emails {
			if d := s.arrives(t, o.ID, key, order.Processed, order.Delivered); d.Proven {
				proven++
			}
		}
		o = s.settledWith(t, o.ID, 2)
		s.sentOnce(t, o)
		for key, copies := range s.mails(t, o.ID) {
			if d := o.Emails[key]; len(copies) != 1 || d.Unsure || d.Attempts != 1 || d.Copies() != 1 {
				t.Errorf("%s: %d copies, %+v", key, len(copies), d)
			}
		}
		if proven != 1 {
			t.Errorf("%d deliveries are known to be sent by SendGrid's events alone, want 1", proven)
		}
	})

	t.Run("while the database is away they are kept by SendGrid", func(t *testing.T) {
		o := s.buy(t, "completed_paid", 2)
		for key := range o.Emails {
			s.arrives(t, o.ID, key, order.Processed, order.Delivered)
		}
		s.outcome(t, `{"event":"open","times":2}`)
		before := s.notTaken(t)
		func() {
			s.signal(t, "MONGOD_PID", syscall.SIGSTOP)
			defer s.kill(t, "MONGOD_PID") // which has it start anew
			for _, m := range s.inbox(t) {
				if strings.Contains(string(m.Request), o.ID+"/") {
					s.send(t, m.Request)
				}
			}
			eventually(t, func() error {
				if s.notTaken(t) == before {
					return errors.New("SendGrid was not refused")
				}
				return nil
			})
		}()
		for key := range o.Emails {
			s.arrives(t, o.ID, key, order.Processed, order.Delivered, order.Opened)
		}
	})

	t.Run("what SendGrid did not sign is refused", func(t *testing.T) {
		a := call(t, http.MethodPost, s.env["GATEWAY_URL"]+"/function/send-email", http.Header{
			"X-Twilio-Email-Event-Webhook-Signature": {"MAYCAQECAQE="}, "X-Twilio-Email-Event-Webhook-Timestamp": {"1732449600"},
		}, []byte(`[]`))
		if a.status != http.StatusBadRequest {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

// told enables SendGrid's Event Webhook; what it gives disables it again.
func (s *system) told(t *testing.T) (quiet func()) {
	t.Helper()
	const settings = "/v3/user/webhooks/event/settings"
	header := http.Header{"Authorization": {"Bearer " + s.env["SENDGRID_API_KEY"]}}
	var all struct {
		Webhooks []struct{ ID string }
	}
	a := call(t, http.MethodGet, s.env["SENDGRID_URL"]+settings+"/all", header, nil)
	if err := json.Unmarshal([]byte(a.body), &all); err != nil || len(all.Webhooks) != 1 {
		t.Fatalf("%v: %d %s", err, a.status, a.body)
	}
	enable := func(on bool) {
		body := fmt.Sprintf(`{"enabled":%v}`, on)
		if a := call(t, http.MethodPatch, s.env["SENDGRID_URL"]+settings+"/"+all.Webhooks[0].ID, header, []byte(body)); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	enable(true)
	return func() { enable(false) }
}

// notTaken is how often SendGrid's stand-in has said that its events were not taken.
func (s *system) notTaken(t *testing.T) int {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(s.state, "logs", "sendgrid.log"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(log), "events were not taken")
}

// send has SendGrid's stand-in accept a mail.
func (s *system) send(t *testing.T, mail []byte) {
	t.Helper()
	header := http.Header{"Authorization": {"Bearer " + s.env["SENDGRID_API_KEY"]}, "Content-Type": {"application/json"}}
	if a := call(t, http.MethodPost, s.env["SENDGRID_URL"]+"/v3/mail/send", header, mail); a.status != http.StatusAccepted {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

// outcome says what becomes of the next e-mails.
func (s *system) outcome(t *testing.T, outcome string) {
	t.Helper()
	if a := call(t, http.MethodPut, s.env["SENDGRID_URL"]+"/_local/events", nil, []byte(outcome)); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

// arrives waits until all of that is known of a delivery.
func (s *system) arrives(t *testing.T, id, key string, kinds ...order.ArrivalKind) order.Delivery {
	t.Helper()
	var d order.Delivery
	eventually(t, func() error {
		o, err := s.store.Load(t.Context(), id)
		if err != nil {
			return err
		}
		d = o.Emails[key]
		known := map[order.ArrivalKind]bool{}
		for _, a := range d.Arrivals {
			known[a.Kind] = true
		}
		for _, kind := range kinds {
			if !known[kind] || len(known) != len(kinds) {
				return fmt.Errorf("of %s is known %+v", key, d.Arrivals)
			}
		}
		return nil
	})
	return d
}
