package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"handler/function/e2e/chaos"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/shared/shop"
)

// purchased plays a purchase with a payment of its own, and waits until its two e-mails are out.
func (s *system) purchased(t *testing.T) shop.Purchase {
	t.Helper()
	list, err := sample.LineItems("completed_paid")
	if err != nil {
		t.Fatal(err)
	}
	p, err := shop.NewPurchase(event(t, "completed_paid"), list, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	s.setLineItems(t, p.Session, list)
	if a := s.deliver(t, p.Body); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.settledWith(t, p.Session, 2)
	return p
}

// event is the body of a sample.
func event(t *testing.T, name string) []byte {
	t.Helper()
	body, err := sample.Event(name)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// becomes delivers what becomes of a purchase, and gives the answer.
func (s *system) becomes(t *testing.T, p shop.Purchase, name string) (body []byte, answer string) {
	t.Helper()
	then, err := p.Then(event(t, name), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	a := s.deliver(t, then.Body)
	if a.status != http.StatusOK {
		t.Fatalf("%s: %d %s", name, a.status, a.body)
	}
	return then.Body, a.body
}

// oweLater gives an order what the tests' catalogue does not: an e-mail for later.
func (s *system) oweLater(t *testing.T, session string) {
	t.Helper()
	_, err := s.store.Update(t.Context(), session, func(o *order.Order) error {
		if _, owed := o.Emails["ebook/later"]; owed {
			return order.ErrUnchanged
		}
		now := s.store.Now()
		o.Owe([]order.Email{{
			Key: "ebook/later", Template: "d-1", Audience: order.Customer, To: []order.Address{{Email: "ada@example.com"}}, NotBefore: now.Add(48 * time.Hour),
		}}, now)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// notified waits until so many notices of a kind are sent, and gives the order.
func (s *system) notified(t *testing.T, session, kind string, times int) *order.Order {
	t.Helper()
	var o *order.Order
	eventually(t, func() (err error) {
		if o, err = s.store.Load(t.Context(), session); err != nil {
			return err
		}
		sent := 0
		for key, d := range o.Emails {
			if strings.HasPrefix(key, "notice/"+kind+"/") && d.State == order.Sent {
				sent++
			}
		}
		if sent != times {
			return fmt.Errorf("%d notices of %s, want %d: %s", sent, kind, times, states(o))
		}
		return nil
	})
	return o
}

func TestRefund(t *testing.T) {
	s := running(t)

	t.Run("of a payment that no order has is ignored", func(t *testing.T) {
		p, err := shop.NewPurchase(event(t, "completed_paid"), nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, answer := s.becomes(t, p, "charge_refunded"); answer != `{"ignored":"no order has this payment"}` {
			t.Errorf("answered %s", answer)
		}
		if o, err := s.store.Load(t.Context(), p.Session); err == nil {
			t.Errorf("it made an order: %+v", o)
		}
	})

	t.Run("of a part tells the admins, and of the whole stops what is for later too", func(t *testing.T) {
		p, other := s.purchased(t), s.purchased(t)
		s.oweLater(t, p.Session)
		if _, answer := s.becomes(t, p, "charge_refunded_partly"); !stored(answer, p.Session) {
			t.Errorf("answered %s", answer)
		}
		if o := s.notified(t, p.Session, "refunded", 1); o.Emails["ebook/later"].State != order.Planned || o.RefundedWholly {
			t.Errorf("after a part: %s", states(o))
		}
		whole, _ := s.becomes(t, p, "charge_refunded")
		o := s.notified(t, p.Session, "refunded", 2)
		if d := o.Emails["ebook/later"]; d.State != order.Cancelled || d.LastError != "refunded" || !o.RefundedWholly || chaos.Busy(o) {
			t.Errorf("after the whole: %s", states(o))
		}
		s.deliver(t, whole)
		s.drained(t)
		if n := len(s.mails(t, p.Session)); n != 4 {
			t.Errorf("%d mails after a redelivery, want 4", n)
		}
		if n := len(s.mails(t, other.Session)); n != 2 {
			t.Errorf("%d mails of another purchase, want its own 2", n)
		}
	})

	t.Run("that the buyer's bank asks for tells the admins, and stops what is for later", func(t *testing.T) {
		p := s.purchased(t)
		s.oweLater(t, p.Session)
		if _, answer := s.becomes(t, p, "charge_dispute_created"); !stored(answer, p.Session) {
			t.Errorf("answered %s", answer)
		}
		o := s.notified(t, p.Session, "disputed", 1)
		if d := o.Emails["ebook/later"]; d.State != order.Cancelled || d.LastError != "disputed" || o.DisputeReason != "fraudulent" {
			t.Errorf("disputed: %s", states(o))
		}
	})

	t.Run("that fails is told, and what it cancelled stays so", func(t *testing.T) {
		p := s.purchased(t)
		s.oweLater(t, p.Session)
		s.becomes(t, p, "charge_refunded")
		s.notified(t, p.Session, "refunded", 1)
		s.becomes(t, p, "refund_failed")
		o := s.notified(t, p.Session, "refund-failed", 1)
		if d := o.Emails["ebook/later"]; d.State != order.Cancelled || o.RefundedWholly || o.CameBack() != 0 {
			t.Errorf("after the failure: %+v, %s", o.Reversal, states(o))
		}
		if n := len(s.mails(t, p.Session)); n != 4 {
			t.Errorf("%d mails, want 4", n)
		}
	})

	t.Run("that the bank only asks about stops nothing, until it is a dispute, which may be won", func(t *testing.T) {
		p := s.purchased(t)
		p.Dispute = "dp_" + p.Payment
		s.oweLater(t, p.Session)
		s.becomes(t, p, "dispute_inquiry")
		if o := s.notified(t, p.Session, "inquiry", 1); o.Emails["ebook/later"].State != order.Planned || !o.InquiryOnly() {
			t.Errorf("asked: %+v, %s", o.Reversal, states(o))
		}
		s.becomes(t, p, "charge_dispute_created")
		if o := s.notified(t, p.Session, "disputed", 1); o.Emails["ebook/later"].State != order.Cancelled || !o.DisputedNow() || o.Net() != 0 {
			t.Errorf("disputed: %+v, %s", o.Reversal, states(o))
		}
		s.becomes(t, p, "dispute_won")
		o := s.notified(t, p.Session, "dispute-won", 1)
		if o.Emails["ebook/later"].State != order.Cancelled || o.DisputedNow() || o.Net() != o.AmountTotal {
			t.Errorf("won: %+v, %s", o.Reversal, states(o))
		}
	})
}

func TestCapture(t *testing.T) {
	s := running(t)

	p, err := shop.NewPurchase(event(t, "completed_unpaid"), nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	list, err := sample.LineItems("completed_unpaid")
	if err != nil {
		t.Fatal(err)
	}
	s.setLineItems(t, p.Session, list)
	if a := s.deliver(t, p.Body); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.drained(t)
	if n := len(s.mails(t, p.Session)); n != 0 {
		t.Errorf("%d mails of what is not paid", n)
	}
	if _, answer := s.becomes(t, p, "payment_captured"); !stored(answer, p.Session) {
		t.Errorf("answered %s", answer)
	}
	s.settledWith(t, p.Session, 2)
}
