package simulation

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"time"
)

var errRefused = errors.New("connection refused")

// respond is an answer of a service.
func respond(r *http.Request, status int, header map[string]string, body string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for k, v := range header {
		h.Set(k, v)
	}
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: h, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// reach takes a request to a service: nil where it got there. What it is about sets it apart from
// others of the process.
func (w *world) reach(name, about string, p *process, r *http.Request) (*http.Response, error) {
	w.apart(p, name+about)
	p.step()
	time.Sleep(w.between(time.Millisecond, 50*time.Millisecond))
	o, away := w.away(name)
	switch {
	case away && !o.hangs:
		w.fault(name + " away")
		return nil, errRefused
	case w.chance(w.faulty / 4):
		w.fault(name + " refuses")
		return nil, errRefused
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	switch {
	case away, w.chance(w.faulty / 8):
		w.fault(name + " hangs before")
		return nil, w.hang(p, r)
	case w.chance(w.faulty / 4):
		w.fault(name + " breaks before")
		return nil, io.ErrUnexpectedEOF
	case w.chance(w.faulty / 2):
		w.fault(name + " 5xx")
		return respond(r, []int{500, 502, 503, 504}[w.below(4)], nil, `<html>away</html>`), nil
	case w.chance(w.faulty / 4):
		w.fault(name + " 429")
		return respond(r, http.StatusTooManyRequests, w.limitHeader(), `{"errors":[]}`), nil
	}
	p.step()
	return nil, nil
}

// hang waits until the caller has had enough.
func (w *world) hang(p *process, r *http.Request) error {
	after := w.between(1, time.Millisecond)
	<-r.Context().Done()
	time.Sleep(after)
	p.step()
	return r.Context().Err()
}

func (w *world) limitHeader() map[string]string {
	wait := w.between(time.Second, time.Minute)
	if w.below(2) == 0 {
		return map[string]string{"Retry-After": fmt.Sprint(int(wait.Seconds()))}
	}
	return map[string]string{"X-RateLimit-Reset": fmt.Sprint(time.Now().Add(wait).Unix())}
}

// stripeAPI is the model of Stripe, as far as it says what a session bought, and what happened.
type stripeAPI struct{ w *world }

func (s *stripeAPI) serve(p *process, r *http.Request) (*http.Response, error) {
	if res, err := s.w.reach("stripe", r.URL.Path, p, r); res != nil || err != nil {
		return res, err
	}
	if _, revoked := s.w.away("stripe key"); revoked {
		s.w.fault("stripe key refused")
		return respond(r, http.StatusUnauthorized, nil, `{"error":{"type":"invalid_request_error"}}`), nil
	}
	if r.URL.Path == "/v1/events" {
		time.Sleep(s.w.between(time.Millisecond, 50*time.Millisecond))
		p.step()
		return s.listEvents(r), nil
	}
	id := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/v1/checkout/sessions/"), "/line_items")
	for _, bought := range s.w.sessions {
		if bought.id != id {
			continue
		}
		var items []string
		for i, product := range bought.products {
			items = append(items, fmt.Sprintf(`{"id":"li_%d","object":"item","quantity":1,"price":{"id":"price_%d","product":{"id":"%s","object":"product"}}}`, i, i, product))
		}
		time.Sleep(s.w.between(time.Millisecond, 50*time.Millisecond))
		p.step()
		return respond(r, http.StatusOK, nil, `{"object":"list","has_more":false,"data":[`+strings.Join(items, ",")+`]}`), nil
	}
	s.w.broke("send-email asked Stripe for a session that there is not: %s", r.URL.Path)
	return respond(r, http.StatusNotFound, nil, `{"error":{"type":"invalid_request_error"}}`), nil
}

// listEvents is a page of what happened until now, the newest first. Its pages are short, so that
// there are some.
func (s *stripeAPI) listEvents(r *http.Request) *http.Response {
	const pageSize = 3
	q := r.URL.Query()
	var all []event
	for _, bought := range s.w.sessions {
		for _, e := range slices.Concat(bought.events, bought.charges, bought.ordinary) {
			if e.created <= time.Since(s.w.start) && slices.Contains(q["types[]"], e.eventType) {
				all = append(all, e)
			}
		}
	}
	slices.SortFunc(all, func(a, b event) int { return cmp.Or(cmp.Compare(b.created, a.created), cmp.Compare(a.id, b.id)) })
	if after := q.Get("starting_after"); after != "" {
		all = all[1+slices.IndexFunc(all, func(e event) bool { return e.id == after }):]
	}
	var page []string
	for _, e := range all[:min(pageSize, len(all))] {
		page = append(page, string(e.body))
	}
	return respond(r, http.StatusOK, nil, fmt.Sprintf(`{"object":"list","has_more":%t,"data":[%s]}`, len(all) > pageSize, strings.Join(page, ",")))
}

// sendgridAPI is the model of SendGrid: it keeps every copy that it accepted.
type sendgridAPI struct {
	w      *world
	copies copies
}

func (s *sendgridAPI) serve(p *process, r *http.Request) (*http.Response, error) {
	delivery, to, err := readMail(r)
	if err != nil {
		s.w.broke("a mail that SendGrid cannot read: %v", err)
		return respond(r, http.StatusBadRequest, nil, `{"errors":[]}`), nil
	}
	if res, err := s.w.reach("sendgrid", delivery, p, r); res != nil || err != nil {
		return res, err
	}
	if _, revoked := s.w.away("sendgrid key"); revoked {
		s.w.fault("sendgrid key refused")
		return respond(r, http.StatusUnauthorized, nil, `{"errors":[{"message":"The provided authorization grant is invalid, expired, or revoked"}]}`), nil
	}
	if s.w.refuses(delivery) {
		s.w.note(p.name, "SendGrid refuses %s for good", delivery)
		return respond(r, http.StatusBadRequest, nil, `{"errors":[{"field":"personalizations.0.to"}]}`), nil
	}
	c := &mailCopy{by: p, at: time.Now(), to: to, message: fmt.Sprintf("m%d", time.Since(s.w.start))}
	s.accept(delivery, c)
	switch {
	case s.w.chance(s.w.faulty / 4):
		s.w.fault("sendgrid accepts and breaks")
		s.unheard(c)
		return nil, io.ErrUnexpectedEOF
	case s.w.chance(s.w.faulty / 4):
		s.w.fault("sendgrid accepts and hangs")
		s.unheard(c)
		return nil, s.w.hang(p, r)
	}
	if s.w.chance(s.w.faulty / 4) {
		s.w.fault("database away after an acceptance")
		s.w.begin("database", s.w.between(time.Second, 10*time.Minute))
	}
	slow := s.w.between(10*time.Millisecond, 300*time.Millisecond)
	if s.w.chance(s.w.faulty / 4) {
		s.w.fault("sendgrid accepts slowly")
		slow = s.w.between(time.Second, 14*time.Second)
	}
	time.Sleep(slow)
	p.step()
	return respond(r, http.StatusAccepted, map[string]string{"X-Message-Id": c.message}, ""), nil
}

func (s *sendgridAPI) accept(delivery string, c *mailCopy) {
	c.dropped = s.w.dropsIt(delivery)
	n := s.copies.accept(s.w, delivery, c)
	s.w.note(c.by.name, "SendGrid accepts %s, copy %d", delivery, n)
	if s.w.tells && !c.dropped {
		s.w.tell(delivery, c)
	}
}

func (s *sendgridAPI) unheard(c *mailCopy) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	c.unheard = true
}

func readMail(r *http.Request) (delivery, to string, err error) {
	var m struct {
		Personalizations []struct {
			To []struct {
				Email string `json:"email"`
			} `json:"to"`
			CustomArgs map[string]string `json:"custom_args"`
		} `json:"personalizations"`
	}
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		return "", "", err
	}
	if len(m.Personalizations) != 1 || len(m.Personalizations[0].To) != 1 {
		return "", "", errors.New("not one mail to one address")
	}
	return m.Personalizations[0].CustomArgs["delivery"], m.Personalizations[0].To[0].Email, nil
}
