package function

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sendgrid/rest"
	"github.com/sendgrid/sendgrid-go"
	"github.com/sendgrid/sendgrid-go/helpers/mail"

	"handler/function/internal/condition"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// mailer sends one e-mail.
type mailer interface {
	// ready is an error while no attempt can be made: there is no key, or SendGrid refuses it.
	ready() error
	// probe is ready before an attempt: where a key was refused, one attempt at a time shows whether
	// it still is. End is to be called once the attempt ended, or is not made.
	probe() (end func(), err error)
	send(ctx context.Context, m *mail.SGMailV3) result
}

// result is what came of an attempt.
type result struct {
	order.Setback
	MessageID string
	// Permanent: another attempt would end the same way.
	Permanent bool
	// RetryAfter is how long SendGrid asks to wait; zero where it does not.
	RetryAfter time.Duration
	// Condition is what the owner must correct before any e-mail is accepted; empty if nothing.
	Condition condition.Kind
}

// accepted: any 2xx is SendGrid's word that it has the mail (200 in sandbox mode).
func (r result) accepted() bool { return r.Status/100 == 2 }

// sendGrid sends by SendGrid's API.
//
// sendgrid-go's client keeps the body in itself, which one goroutine may then send for another, and
// has no timeout: so a request is made anew for each mail, and sent by an HTTP client of our own.
type sendGrid struct {
	host string
	key  func() (string, error)
	http *rest.Client
	now  func() time.Time

	mu      sync.Mutex
	refused refusedKey
}

// probeEvery is how often one attempt shows whether SendGrid still refuses the key.
const probeEvery = time.Minute

// refusedKey is a key that SendGrid refused, and until when there is no further attempt with it.
type refusedKey struct {
	key   string
	until time.Time
	// probing: an attempt that shows whether it still is refused is under way.
	probing bool
}

// errRefused: what is due stays so, with no attempt, until the next probe or another key.
var errRefused = openfaas.NewMisconfigured("secret sendgrid-api-key: SendGrid refuses the key, or e-mails of its account; what is due is sent when it accepts them")

func newSendGrid(s Service, now func() time.Time) *sendGrid {
	return &sendGrid{host: s.URL, key: s.Key, now: now, http: &rest.Client{
		HTTPClient: &http.Client{Timeout: attemptTimeout, Transport: s.Transport},
	}}
}

func (s *sendGrid) ready() error {
	key, err := s.key()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused.key == key && s.now().Before(s.refused.until) {
		return errRefused
	}
	return nil
}

func (s *sendGrid) probe() (end func(), err error) {
	key, err := s.key()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.refused.key != key:
		return func() {}, nil
	case s.refused.probing || s.now().Before(s.refused.until):
		return nil, errRefused
	}
	s.refused.probing = true
	return s.probed, nil
}

func (s *sendGrid) probed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused.probing = false
}

// observe notes whether an attempt with a key shows that SendGrid refuses it.
func (s *sendGrid) observe(key string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case status == http.StatusUnauthorized:
		s.refused = refusedKey{key: key, until: s.now().Add(probeEvery)}
	case s.refused.key == key && status != 0 && status != http.StatusTooManyRequests && status < 500:
		s.refused = refusedKey{}
	}
}

func (s *sendGrid) send(ctx context.Context, m *mail.SGMailV3) result {
	key, err := s.key()
	if err != nil {
		return result{Setback: order.Setback{Reason: err.Error()}}
	}
	body, err := json.Marshal(m)
	if err != nil { // sendgrid-go would send an empty body
		return result{Setback: order.Setback{Reason: "the mail cannot be encoded"}, Permanent: true}
	}
	req := sendgrid.GetRequest(key, "/v3/mail/send", s.host)
	req.Method = rest.Post
	req.Body = body
	// Once there is a connection, the request may be on its way, whatever error comes.
	var out atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { out.Store(true) },
	})
	res, err := s.http.SendWithContext(ctx, req)
	if res == nil { // where there is a status, it counts, even if the body after it broke off
		return result{Setback: order.Setback{Reason: transportReason(err), Unsure: out.Load()}}
	}
	s.observe(key, res.StatusCode)
	return resultOf(res, time.Now())
}

// resultOf reads SendGrid's answer. sendgrid-go has no error for a 4xx or 5xx.
func resultOf(res *rest.Response, now time.Time) result {
	r := result{Setback: order.Setback{Status: res.StatusCode}}
	header := http.Header(res.Headers)
	switch {
	case r.accepted():
		if id := header.Get("X-Message-Id"); id != "" {
			r.MessageID = openfaas.Word(id)
		}
		return r
	case refusesTheMail(res.StatusCode):
		r.Permanent = true
	default:
		r.RetryAfter = retryAfter(header, now)
	}
	r.Reason = reasonOf(res.StatusCode, res.Body)
	r.Condition, r.Uncounted = condition.OfSendGridAnswer(res.StatusCode, messagesIn(res.Body))
	return r
}

// refusesTheMail reports whether a status is about what was sent, and so would come again. All
// others get better: an outage, a limit, and also a key, a sender or a host setting that is wrong
// now and that the owner will correct, which is no reason to give up a customer's mail.
func refusesTheMail(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// refusal is the body of an answer that accepts nothing.
type refusal struct {
	Errors []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
}

// reasonOf is SendGrid's status and the fields that it complains of. Its messages may quote an
// address, so they stay out of the order and of the log.
func reasonOf(status int, body string) string {
	var answer refusal
	var fields []string
	if json.Unmarshal([]byte(body), &answer) == nil {
		for _, e := range answer.Errors {
			if e.Field != "" && len(fields) < 5 {
				fields = append(fields, openfaas.Word(e.Field))
			}
		}
	}
	reason := fmt.Sprintf("SendGrid answered %d", status)
	if len(fields) > 0 {
		reason += ": " + strings.Join(fields, ", ")
	}
	return reason
}

// messagesIn are the messages of a refusal, by which alone some causes are told apart. They go no
// further than that.
func messagesIn(body string) string {
	var answer refusal
	var messages []string
	if json.Unmarshal([]byte(body), &answer) == nil {
		for _, e := range answer.Errors {
			messages = append(messages, e.Message)
		}
	}
	return strings.Join(messages, "\n")
}

// retryAfter reads how long to wait: Retry-After in seconds or as a date, or SendGrid's
// X-RateLimit-Reset, the second since 1970 at which the limit is lifted.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if v := h.Get("Retry-After"); v != "" {
		if seconds, err := strconv.ParseInt(v, 10, 32); err == nil {
			return max(0, time.Duration(seconds)*time.Second)
		}
		if at, err := http.ParseTime(v); err == nil {
			return max(0, at.Sub(now))
		}
	}
	if seconds, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil {
		return max(0, time.Unix(seconds, 0).Sub(now))
	}
	return 0
}

// transportReason is a transport's error without the address that it was for.
func transportReason(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err.Error()
	}
	return err.Error()
}
