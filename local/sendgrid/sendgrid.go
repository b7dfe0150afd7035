// Package sendgrid mocks SendGrid on the laptop: its mail send API with the accepted messages, its
// templates API, which keeps templates in memory only, and its Event Webhook, which gets the events
// of the messages. Package inbox shows the messages to a person.
//
// The API checks every request against SendGrid's own OpenAPI description (structure.go) and the
// rules that SendGrid has beyond it (rules.go), and answers with SendGrid's statuses and error
// bodies, so that a mail which is accepted here would be accepted there. Where SendGrid is lenient
// this is strict: a field that the description does not have is an error (this includes the legacy
// ones that SendGrid's own client can still send: sections, spam_check, bcc), and so is a null. It
// cannot know what only an account knows: verified senders, unsubscribe groups, batches and IP
// pools; and a mail may go by any template.
//
// An accepted request is kept in the inbox exactly as it came (white space between JSON tokens
// apart), less its credentials, before the 202 is sent; requests in sandbox mode are not. One
// request is one message, however many personalizations it has.
package sendgrid

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"handler/function/local/fault"
)

// Options configure the mock. The zero value works.
type Options struct {
	// File keeps the inbox as JSON lines across restarts. In memory only if empty.
	File string
	// Now is the clock, for received_at and for how far ahead a mail may be scheduled. Default:
	// time.Now.
	Now func() time.Time
	// Logger gets one line for each API call, with IDs and field names and nothing personal.
	// Default: none.
	Logger *slog.Logger
}

// Service is the mock. Create it with New.
type Service struct {
	inbox  *inbox
	now    func() time.Time
	log    *slog.Logger
	faults *fault.Injector

	account account
	teller  teller
}

// New opens the inbox. An error is about its file.
func New(o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	box, err := openInbox(o.File)
	if err != nil {
		return nil, fmt.Errorf("open the inbox: %w", err)
	}
	s := &Service{inbox: box, now: o.Now, log: o.Logger}
	s.teller.quit, s.teller.end = context.WithCancel(context.Background())
	s.faults = fault.New(s.answerFault)
	return s, nil
}

// API serves SendGrid's API, /_local/fault for the fault of the next calls, and /_local/events for
// the events of the next mails.
func (s *Service) API() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v3/mail/send", s.authorized(s.send))
	mux.HandleFunc("/v3/mail/send", s.authorized(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", http.MethodPost)
		refuse(w, http.StatusMethodNotAllowed, "method not allowed")
	}))
	s.templateRoutes(mux)
	s.accountRoutes(mux)
	s.webhookRoutes(mux)
	mux.HandleFunc("PUT /_local/events", s.serveOutcome)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "not found")
	})
	return s.faults.Wrap(s.scoped(mux))
}

// answerFault refuses in SendGrid's form, with the headers of its rate limit for a 429.
func (s *Service) answerFault(w http.ResponseWriter, _ *http.Request, f fault.Fault) {
	if f.Status == http.StatusTooManyRequests {
		reset := s.now().Add(time.Duration(f.RetryAfterS) * time.Second).Unix()
		w.Header().Set("X-RateLimit-Limit", "600")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(reset, 10))
		refuse(w, f.Status, "too many requests")
		return
	}
	refuse(w, f.Status, faultMessage(f.Status))
}

func faultMessage(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return unauthorizedMessage
	case http.StatusForbidden:
		return "access forbidden"
	case http.StatusServiceUnavailable:
		return "service not available"
	case http.StatusInternalServerError:
		return "internal server error"
	}
	return fmt.Sprintf("status %d, as the laptop was told to answer", status)
}

// newMessageID makes an ID of the form of SendGrid's: 22 characters that are safe in a URL.
func newMessageID() string {
	var b [16]byte
	// Never fails: crypto/rand ends the process when the system has no randomness.
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
