package home

import (
	"strings"
	"testing"
	"time"

	"handler/function/internal/order"
	"handler/function/local/fault"
)

// soon is well below the time after which the sweep looks for an order that was not handed on.
const soon = order.DispatchGrace / 2

// TestSale: a sale goes through Caddy to its e-mails, and is handed on by the call that is answered
// at once.
func TestSale(t *testing.T) {
	t.Parallel()

	h := open(t, nil)
	for name, emails := range map[string]int{"completed_paid": 2, "completed_two_products": 4, "completed_de": 4} {
		began := time.Now()
		session, handedOn := h.buy(t, name)
		if !handedOn {
			t.Errorf("%s was not handed on", name)
		}
		h.settled(t, soon, session, emails)
		t.Logf("%s has its e-mails after %v", name, time.Since(began).Round(time.Millisecond))
	}
	if strings.Contains(h.logged(t, sendEmail), `"msg":"swept"`) {
		t.Error("it was the sweep that sent them")
	}
	h.noErrors(t)
}

// TestAnsweredAtOnce: the sale is acknowledged while SendGrid takes its time.
func TestAnsweredAtOnce(t *testing.T) {
	t.Parallel()

	h := open(t, nil)
	if err := h.fault(t.Context(), "SENDGRID_URL", fault.Fault{DelayMS: 3000, Times: 1}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	session, handedOn := h.buy(t, "completed_paid")
	if took := time.Since(began); !handedOn || took > 2*time.Second {
		t.Errorf("handed on: %v, after %v", handedOn, took)
	}
	h.settled(t, 3*time.Second+soon, session, 2)
	h.noErrors(t)
}

// TestSendEmailIsDown: what is sold meanwhile is acknowledged, and sent by the sweep when
// send-email is back.
func TestSendEmailIsDown(t *testing.T) {
	t.Parallel()

	h := open(t, map[string]string{"sweep_interval": "20s"})
	if err := h.mailer.stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	var sessions []string
	for range 5 {
		session, handedOn := h.buy(t, "completed_paid")
		if handedOn {
			t.Errorf("%s was handed on to what is down", session)
		}
		sessions = append(sessions, session)
	}
	if err := h.mailer.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, session := range sessions { // the sweep that comes with the start is too early for them
		h.settled(t, order.DispatchGrace+60*time.Second, session, 2)
	}
	if !strings.Contains(h.logged(t, sendEmail), `"msg":"swept"`) {
		t.Error("it was not the sweep that sent them")
	}
	h.noErrors(t)
}

// TestEndsWhatIsInHand sends SIGTERM while an order is worked on behind its 202: the e-mail that is
// on its way is recorded, the other one is left, and each goes out once.
func TestEndsWhatIsInHand(t *testing.T) {
	t.Parallel()

	h := open(t, nil)
	if err := h.fault(t.Context(), "SENDGRID_URL", fault.Fault{DelayMS: 4000, Times: 1}); err != nil {
		t.Fatal(err)
	}
	session, handedOn := h.buy(t, "completed_paid")
	if !handedOn {
		t.Error("it was not handed on")
	}
	h.await(t, soon, session, sends)
	if err := h.mailer.restart(t.Context()); err != nil {
		t.Error(err)
	}
	h.settled(t, order.DispatchGrace+30*time.Second, session, 2)
	h.noErrors(t)
}

// sends reports whether an e-mail of an order is on its way.
func sends(o *order.Order) bool {
	for _, d := range o.Emails {
		if d.State == order.Sending {
			return true
		}
	}
	return false
}
