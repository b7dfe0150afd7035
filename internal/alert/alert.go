// Package alert sends short messages to the owner that do not go through SendGrid: to ntfy, Slack,
// Discord, Mattermost or Telegram, or to any other HTTP address. A message holds no name and no
// address of a customer.
package alert

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"handler/function/internal/openfaas"
)

// The states of a message about something that lasts.
const (
	Begun = "begun"
	Lasts = "lasts"
	Over  = "over"
)

// Message is an alert.
type Message struct {
	// Title is one line; Text may have several.
	Title string `json:"title"`
	Text  string `json:"text"`
	// Kind is what it is about, such as email-failed.
	Kind string `json:"kind"`
	// State is empty for what happened once.
	State string `json:"state"`
	// Order is an order's ID; empty if it is about none, or several.
	Order string    `json:"order"`
	At    time.Time `json:"at"`
}

const (
	// off is the secret's value that turns alerts off.
	off = "none"
	// timeout ends a request whose context does not end before.
	timeout = 15 * time.Second
	// maxTitle and maxText are below the limits of all formats, even if each character is escaped.
	maxTitle = 120
	maxText  = 850
	// maxAnswer is how much of an answer is read.
	maxAnswer = 4096
)

// ErrOff: the owner turned alerts off.
var ErrOff = errors.New("alert-url is none: alerts are turned off")

// Sender sends alerts. A nil Sender is turned off.
type Sender struct {
	url  func() (string, error)
	http *http.Client
}

// New sends to the address that url returns, through http.DefaultTransport if transport is nil.
func New(url func() (string, error), transport http.RoundTripper) *Sender {
	return &Sender{url: url, http: &http.Client{
		Timeout:   timeout,
		Transport: transport,
		// A redirect would take the message, and a token in its address, to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Ready is nil if there is an address to send to, ErrOff if alerts are turned off, and
// openfaas.Misconfigured if the secret is missing or malformed.
func (s *Sender) Ready() error {
	_, err := s.target()
	return err
}

// On reports whether there is an address to send to.
func (s *Sender) On() bool { return s.Ready() == nil }

func (s *Sender) target() (target, error) {
	if s == nil || s.url == nil {
		return target{}, ErrOff
	}
	secret, err := s.url()
	if err != nil {
		return target{}, err
	}
	return parse(secret)
}

// Check reports whether a value can be the secret alert-url. The error holds nothing of it.
func Check(secret string) error {
	if _, err := parse(secret); !errors.Is(err, ErrOff) {
		return err
	}
	return nil
}

// malformed says what the secret should be. It shows none of it.
func malformed(want string) error {
	return openfaas.NewMisconfigured("secret alert-url is not %s; tillbell secrets --only alert-url asks for it", want)
}

// Send sends a message. Its error is that of Ready, or an *Error; neither holds the address.
func (s *Sender) Send(ctx context.Context, m Message) error {
	t, err := s.target()
	if err != nil {
		return err
	}
	m.Title, m.Text = cut(oneLine(m.Title), maxTitle), cut(m.Text, maxText)
	req, err := t.request(ctx, m)
	if err != nil {
		return &Error{Reason: "the alert could not be encoded"}
	}
	req.Header.Set("User-Agent", "tillbell")
	res, err := s.http.Do(req)
	if err != nil {
		return &Error{Reason: transportReason(err)}
	}
	defer res.Body.Close() //nolint:errcheck // nothing was written
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return t.refusal(res, body)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// cut is the text in at most so many bytes.
func cut(s string, most int) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= most {
		return s
	}
	const end = "…"
	most -= len(end)
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + end
}
