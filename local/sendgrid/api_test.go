package sendgrid_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/local/calltest"
	"handler/function/local/sendgrid"
)

const (
	testKey = "SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	letter  = `{"personalizations":[{"to":[{"email":"ada@example.com"}],"custom_args":{"n":"<&>"},` +
		`"dynamic_template_data":{"price":12345678901234567890.10}}],` +
		`"from":{"email":"shop@example.com"},"template_id":"d-0123456789abcdef0123456789abcdef"}`
)

func clock() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 7_000_000, time.UTC) }

type server struct {
	api, inbox string
	log        *lines
}

// lines is what was logged.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func setup(t *testing.T, file string) server {
	t.Helper()
	log := &lines{}
	s, err := sendgrid.New(sendgrid.Options{File: file, Now: clock, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	api, inbox := httptest.NewServer(s.API()), httptest.NewServer(s.Inbox())
	t.Cleanup(api.Close)
	t.Cleanup(inbox.Close)
	return server{api.URL, inbox.URL, log}
}

func do(t *testing.T, method, url, body string, header ...string) (a calltest.Answer, text string) {
	t.Helper()
	a = calltest.Do(t, method, url, body, header...)
	return a, a.Body
}

func (s server) send(t *testing.T, body string) (a calltest.Answer, text string) {
	t.Helper()
	return do(t, "POST", s.api+"/v3/mail/send", body, "Authorization", "Bearer "+testKey, "Content-Type", "application/json")
}

func (s server) messages(t *testing.T) []sendgrid.Message {
	t.Helper()
	resp, text := do(t, "GET", s.inbox+"/api/messages", "")
	if resp.Status != 200 {
		t.Fatalf("%d %s", resp.Status, text)
	}
	if !strings.HasPrefix(text, "[") {
		t.Fatalf("no array: %s", text)
	}
	var messages []sendgrid.Message
	if err := json.Unmarshal([]byte(text), &messages); err != nil {
		t.Fatal(err)
	}
	return messages
}

func TestSend(t *testing.T) {
	t.Parallel()

	t.Run("accepts a mail with 202, no body and a message ID, and keeps it as it came", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		resp, text := s.send(t, letter)
		id := resp.Header.Get("X-Message-Id")
		if resp.Status != 202 || text != "" || !regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`).MatchString(id) {
			t.Fatalf("%d %q, X-Message-Id %q", resp.Status, text, id)
		}
		got := s.messages(t)
		if len(got) != 1 {
			t.Fatalf("%d messages", len(got))
		}
		if got[0].MessageID != id || got[0].ReceivedAt != "2026-11-24T12:00:00.007Z" {
			t.Errorf("got %s at %s", got[0].MessageID, got[0].ReceivedAt)
		}
		if diff := cmp.Diff(letter, string(got[0].Request)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("keeps the headers but not the key, and logs neither", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		do(t, "POST", s.api+"/v3/mail/send", letter, "Authorization", "Bearer "+testKey,
			"Content-Type", "application/json; charset=utf-8", "X-Probe", "here", "Cookie", "a=b")
		_, raw := do(t, "GET", s.inbox+"/api/messages", "")
		if strings.Contains(raw, testKey) || strings.Contains(raw, "Cookie") {
			t.Errorf("credentials in the inbox: %s", raw)
		}
		if got := s.messages(t)[0].Headers["X-Probe"]; got != "here" {
			t.Errorf("X-Probe = %q", got)
		}
		if log := s.log.String(); strings.Contains(log, testKey) || strings.Contains(log, "ada@") || !strings.Contains(log, "accepted") {
			t.Errorf("log: %s", log)
		}
	})

	t.Run("refuses a mail and keeps nothing", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		resp, text := s.send(t, strings.Replace(letter, "ada@example.com", "nobody", 1))
		if resp.Status != 400 || !strings.Contains(text, `"field":"personalizations.0.to.0.email"`) || resp.Header.Get("X-Message-Id") != "" {
			t.Errorf("%d %s", resp.Status, text)
		}
		if got := s.messages(t); len(got) != 0 {
			t.Errorf("%d messages", len(got))
		}
		if strings.Contains(s.log.String(), "nobody") {
			t.Errorf("the log holds what was sent: %s", s.log)
		}
	})

	t.Run("answers 200 in sandbox mode and keeps nothing", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		resp, _ := s.send(t, strings.Replace(letter, `{`, `{"mail_settings":{"sandbox_mode":{"enable":true}},`, 1))
		if resp.Status != 200 || len(s.messages(t)) != 0 {
			t.Errorf("%d, %d messages", resp.Status, len(s.messages(t)))
		}
	})

	t.Run("refuses keys, types and methods as SendGrid does", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		const js = "application/json"
		tests := []struct {
			name, method, path, auth, contentType string
			status                                int
		}{
			{"no key", "POST", "/v3/mail/send", "", js, 401},
			{"an empty key", "POST", "/v3/mail/send", "Bearer ", js, 401},
			{"a key without its parts", "POST", "/v3/mail/send", "Bearer SG.", js, 401},
			{"a key of two parts", "POST", "/v3/mail/send", "Bearer SG.abc", js, 401},
			{"another service's key", "POST", "/v3/mail/send", "Bearer sk_test_123", js, 401},
			{"Basic", "POST", "/v3/mail/send", "Basic SG.a.b", js, 401},
			{"a form", "POST", "/v3/mail/send", "Bearer SG.a.b", "application/x-www-form-urlencoded", 415},
			{"no type", "POST", "/v3/mail/send", "Bearer SG.a.b", "", 415},
			{"a GET", "GET", "/v3/mail/send", "Bearer SG.a.b", "", 405},
			{"an unknown path", "GET", "/v3/mail", "Bearer SG.a.b", "", 404},
			{"scopes without a key", "GET", "/v3/scopes", "", "", 401},
		}
		for _, tt := range tests {
			resp, text := do(t, tt.method, s.api+tt.path, letter, "Authorization", tt.auth, "Content-Type", tt.contentType)
			var body struct {
				Errors []struct{ Message, Field, Help *string }
			}
			err := json.Unmarshal([]byte(text), &body)
			if resp.Status != tt.status || err != nil || len(body.Errors) != 1 || *body.Errors[0].Message == "" ||
				!strings.Contains(text, `"field":null,"help":null`) {
				t.Errorf("%s: %d %s, want %d", tt.name, resp.Status, text, tt.status)
			}
		}
		if n := len(s.messages(t)); n != 0 {
			t.Errorf("%d messages", n)
		}
	})

	t.Run("refuses more than 30 MB", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		if resp, text := s.send(t, letter+strings.Repeat(" ", 30<<20)); resp.Status != 413 || !strings.Contains(text, `"errors"`) {
			t.Errorf("%d %.200s", resp.Status, text)
		}
	})

	t.Run("tells the scopes of the key", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		resp, text := do(t, "GET", s.api+"/v3/scopes", "", "Authorization", "Bearer SG.a.b")
		if resp.Status != 200 || strings.TrimSpace(text) != `{"scopes":["mail.send"]}` {
			t.Errorf("%d %s", resp.Status, text)
		}
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()

	t.Run("says how long to wait when the rate limit is reached", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		do(t, "PUT", s.api+"/_local/fault", `{"status":429,"retry_after_s":30}`)
		resp, text := s.send(t, letter)
		reset := strconv.FormatInt(clock().Unix()+30, 10)
		if resp.Status != 429 || resp.Header.Get("Retry-After") != "30" || resp.Header.Get("X-RateLimit-Remaining") != "0" ||
			resp.Header.Get("X-RateLimit-Limit") == "" || resp.Header.Get("X-RateLimit-Reset") != reset || !strings.Contains(text, `"errors"`) {
			t.Errorf("%d %v %s", resp.Status, resp.Header, text)
		}
		if resp, _ := s.send(t, letter); resp.Status != 202 {
			t.Errorf("then %d", resp.Status)
		}
	})

	t.Run("puts a mail in the inbox whose acceptance the sender never hears of", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		do(t, "PUT", s.api+"/_local/fault", `{"after_accepting":true}`)
		a, err := calltest.Try(t.Context(), "POST", s.api+"/v3/mail/send", letter,
			"Authorization", "Bearer "+testKey, "Content-Type", "application/json")
		if err == nil {
			t.Fatalf("heard %d", a.Status)
		}
		if n := len(s.messages(t)); n != 1 {
			t.Errorf("%d messages", n)
		}
	})
}
