package simulation

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// turn is when the database took a corrected address, or that the money went back, and which attempt
// of what was being made at that moment.
type turn struct {
	at       time.Time
	inFlight map[string]int
}

// right is the address that the owner gives the session's customer.
func (s *session) right() string { return s.id + "@right.example.com" }

// correctSometimes has the owner correct the address of half of the sessions, at any time after the
// purchase; of most of these as soon as an e-mail is being sent.
func (s *session) correctSometimes() {
	if s.w.below(2) == 0 {
		s.corrects = s.begins + s.w.between(time.Millisecond, s.w.span/2)
		s.claimed = make(chan struct{}, min(s.w.below(4), 1)) // without room, nothing is heard of a claim
		s.soon = s.w.between(time.Millisecond, 100*time.Millisecond)
	}
}

// correct is the owner's call, made anew until it is answered.
func (s *session) correct(done *sync.WaitGroup) {
	done.Add(1)
	s.w.spawn(func() {
		defer done.Done()
		select {
		case <-s.claimed:
			time.Sleep(s.soon)
		case <-time.After(s.corrects):
		}
		for !s.correctOnce() {
			time.Sleep(s.w.between(time.Second, time.Minute))
		}
	})
}

func (s *session) correctOnce() bool {
	p := s.w.hosts[s.w.webhooks+s.w.below(s.w.senders)].current()
	if p == nil {
		return false
	}
	body := fmt.Sprintf(`{"correct":{"order":"%s","to":"%s","reason":"a typo"},"at":"%s"}`, s.id, s.right(), p.now().Format(time.RFC3339Nano))
	res, ok := p.call(handler.Request{Method: http.MethodPost, Body: []byte(body), Header: http.Header{openfaas.SignatureHeader: {openfaas.Sign([]byte(body), functionsKey)}}}, time.Minute)
	s.w.note("owner", "asks to correct %s: %d", s.id, res.StatusCode)
	switch {
	case ok && res.StatusCode == http.StatusOK:
		if o := s.w.database.get(s.id); len(o.Corrections) == 0 {
			s.w.broke("the correction of %s was answered and is not stored", s.id)
		}
		return true
	case ok && res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusServiceUnavailable:
		s.w.broke("the correction of %s is answered %d %s", s.id, res.StatusCode, res.Body)
		return true
	}
	return false
}

// claimedOf tells the owner that an e-mail of a session is being sent.
func (w *world) claimedOf(id string) {
	for _, s := range w.sessions {
		if s.id == id {
			select {
			case s.claimed <- struct{}{}:
			default:
			}
		}
	}
}

func turnOf(o *order.Order) turn {
	c := turn{at: time.Now(), inFlight: map[string]int{}}
	for key, e := range o.Emails {
		if e.State == order.Sending {
			c.inFlight[key] = e.Attempts
		}
	}
	return c
}

// noteCorrection keeps when an order's first correction was written, and what was in flight then.
func (d *database) noteCorrection(old, next *order.Order) {
	if len(old.Corrections) > 0 || len(next.Corrections) == 0 {
		return
	}
	c := turnOf(next)
	d.corrected[next.ID] = c
	if d.w.faults["address corrected"]++; len(c.inFlight) > 0 { // the world is locked
		d.w.faults["address corrected in flight"]++
	}
}

// copyOf is the key of the e-mail that one of that key is a copy of, where a correction made it.
func (s *session) copyOf(key string) string {
	original, _, ok := strings.Cut(key, "/again-")
	if !ok || s.corrects == 0 {
		return ""
	}
	return original
}

// replaced reports whether a copy to the corrected address stands for a delivery.
func (s *session) replaced(d order.Delivery) bool {
	return s.corrects > 0 && d.State == order.Cancelled && strings.Contains(d.LastError, "corrected")
}

// judgeCorrection: no attempt that began after the address was corrected is at the earlier one, and
// what was replaced has a copy.
func (w *world) judgeCorrection(s *session, o *order.Order) {
	corrected := w.database.corrected[s.id]
	for key, d := range o.Emails {
		if d.Audience != order.Customer {
			continue
		}
		for _, c := range w.sendgrid.copies[s.id+"/"+key] {
			if c.to == s.customer() && c.at.After(corrected.at) && c.attempt != corrected.inFlight[key] {
				w.broke("attempt %d of %s/%s was at the earlier address, after the correction", c.attempt, s.id, key)
			}
		}
		switch {
		case !s.replaced(d):
		case w.replacedBy(o, key):
			w.fault("address corrected, and a copy made")
		default:
			w.broke("%s/%s was replaced, and nothing stands for it: %s", s.id, key, states(o))
		}
	}
}

// replacedBy reports whether the order has a copy of a delivery at the corrected address.
func (w *world) replacedBy(o *order.Order, key string) bool {
	for _, d := range o.Emails {
		if d.CopyOf == key && d.To[0].Email == o.Customer().Email {
			return true
		}
	}
	return false
}
