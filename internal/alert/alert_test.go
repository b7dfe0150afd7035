package alert_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/alert"
	"handler/function/internal/openfaas"
)

var message = alert.Message{
	Title: "An e-mail failed", Text: "ebook/delivery of cs_1 <failed> & *is* @here", Kind: "email-failed", Order: "cs_1",
	At: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC),
}

func fixed(secret string) func() (string, error) {
	return func() (string, error) { return secret, nil }
}

// posted is what a service got.
type posted struct{ address, contentType, body string }

// service is a transport that records what is posted, and answers.
type service struct {
	got    []posted
	status int
	header http.Header
	body   string
}

func (s *service) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.got = append(s.got, posted{r.Method + " " + r.URL.String(), r.Header.Get("Content-Type"), string(body)})
	return &http.Response{StatusCode: s.status, Header: s.header, Body: io.NopCloser(strings.NewReader(s.body)), Request: r}, nil
}

func TestFormats(t *testing.T) {
	t.Parallel()

	for secret, want := range map[string]posted{
		"https://alerts.example.com/a?b=c": {
			"POST https://alerts.example.com/a?b=c", "application/json",
			`{"title":"An e-mail failed","text":"ebook/delivery of cs_1 <failed> & *is* @here","kind":"email-failed","state":"","order":"cs_1","at":"2026-11-24T12:00:00Z"}`,
		},
		"https://ntfy.sh/shop-x": {
			"POST https://ntfy.sh/", "application/json",
			`{"message":"ebook/delivery of cs_1 <failed> & *is* @here","priority":4,"tags":["warning"],"title":"An e-mail failed","topic":"shop-x"}`,
		},
		"ntfy+http://me:pw@ntfy.example.com:8080/t?auth=x": {
			"POST http://me:pw@ntfy.example.com:8080/?auth=x", "application/json",
			`{"message":"ebook/delivery of cs_1 <failed> & *is* @here","priority":4,"tags":["warning"],"title":"An e-mail failed","topic":"t"}`,
		},
		"https://hooks.slack.com/services/T/B/x": {
			"POST https://hooks.slack.com/services/T/B/x", "application/json",
			`{"mrkdwn":false,"text":"An e-mail failed\nebook/delivery of cs_1 &lt;failed&gt; &amp; *is* @here"}`,
		},
		"https://discord.com/api/webhooks/1/x": {
			"POST https://discord.com/api/webhooks/1/x", "application/json",
			`{"allowed_mentions":{"parse":[]},"content":"An e-mail failed\nebook/delivery of cs\\_1 <failed\\> & \\*is\\* @here","flags":4}`,
		},
		"mattermost+https://chat.example.com/hooks/x": {
			"POST https://chat.example.com/hooks/x", "application/json",
			"{\"text\":\"An e-mail failed\\nebook/delivery of cs\\\\_1 <failed\\\\> & \\\\*is\\\\* @\u200bhere\"}",
		},
		"https://api.telegram.org/bot1:x/sendMessage?chat_id=7": {
			"POST https://api.telegram.org/bot1:x/sendMessage", "application/x-www-form-urlencoded",
			url.Values{
				"chat_id": {"7"}, "link_preview_options": {`{"is_disabled":true}`}, "text": {message.Title + "\n" + message.Text},
			}.Encode(),
		},
	} {
		s := &service{status: 200, body: `{"ok":true}`}
		if err := alert.New(fixed(secret), s).Send(t.Context(), message); err != nil {
			t.Errorf("%s: %v", secret, err)
			continue
		}
		got := s.got[0]
		if got.contentType == "application/json" {
			got.body, want.body = compact(t, got.body), compact(t, want.body)
		}
		if d := cmp.Diff(fmt.Sprint(want), fmt.Sprint(got)); d != "" {
			t.Errorf("%s (-want +got):\n%s", secret, d)
		}
	}
}

func compact(t *testing.T, body string) string {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return fmt.Sprint(v)
}

func TestWhatIsOverIsNotUrgent(t *testing.T) {
	t.Parallel()

	s := &service{status: 200}
	m := message
	m.State = alert.Over
	if err := alert.New(fixed("https://ntfy.sh/t"), s).Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if body := s.got[0].body; !strings.Contains(body, `"priority":3`) || strings.Contains(body, "warning") {
		t.Error(body)
	}
}

// TestLongMessages wants a message of any length below each maker's limit, and whole characters.
func TestLongMessages(t *testing.T) {
	t.Parallel()

	m := message
	m.Title, m.Text = strings.Repeat("*ü\n", 5000), strings.Repeat("_ü@", 5000)
	for secret, limit := range map[string]int{
		"https://ntfy.sh/t":                      4096,
		"https://hooks.slack.com/services/T/B/x": 4000,
		"https://discord.com/api/webhooks/1/x":   2000,
		"mattermost+https://example.com/hooks/x": 16383,
	} {
		s := &service{status: 204}
		if err := alert.New(fixed(secret), s).Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		var v map[string]any
		if err := json.Unmarshal([]byte(s.got[0].body), &v); err != nil {
			t.Fatal(err)
		}
		for _, field := range []string{"message", "text", "content"} {
			text, _ := v[field].(string)
			if len(text) > limit || !utf8.ValidString(text) {
				t.Errorf("%s: %s has %d bytes, above %d", secret, field, len(text), limit)
			}
		}
		if title, _ := v["title"].(string); strings.Contains(title, "\n") {
			t.Errorf("a title of several lines: %q", title)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()

	const generic, slack, telegram = "https://example.com/secret-path", "https://hooks.slack.com/services/T/B/secret-path",
		"https://api.telegram.org/bot1:secret-path/sendMessage?chat_id=7"
	for _, tt := range []struct {
		secret string
		answer service
		want   alert.Error
	}{
		{generic, service{status: 204}, alert.Error{}},
		{generic, service{status: 302, header: http.Header{"Location": {"https://elsewhere.example.com"}}},
			alert.Error{Status: 302, Reason: "the alert channel answered 302"}},
		{generic, service{status: 500, body: "secret-path"}, alert.Error{Status: 500, Reason: "the alert channel answered 500"}},
		{generic, service{status: 429, header: http.Header{"Retry-After": {"1.5"}}},
			alert.Error{Status: 429, Reason: "the alert channel answered 429", RetryAfter: 1500 * time.Millisecond}},
		{generic, service{status: 429, header: http.Header{"Retry-After": {"1e300"}}},
			alert.Error{Status: 429, Reason: "the alert channel answered 429", RetryAfter: 24 * time.Hour}},
		{generic, service{status: 503, header: http.Header{"Retry-After": {"-1"}}}, alert.Error{Status: 503, Reason: "the alert channel answered 503"}},
		{slack, service{status: 200, body: "ok"}, alert.Error{}},
		{slack, service{status: 410, body: "channel_is_archived"}, alert.Error{Status: 410, Reason: "the alert channel answered 410: channel_is_archived"}},
		{slack, service{status: 404, body: "<html>"}, alert.Error{Status: 404, Reason: "the alert channel answered 404"}},
		{slack, service{status: 404, body: "secret-path"}, alert.Error{Status: 404, Reason: "the alert channel answered 404"}},
		{telegram, service{status: 200, body: `{"ok":true,"result":{}}`}, alert.Error{}},
		{telegram, service{status: 200, body: `{"ok":false,"description":"Bad Request: chat not found"}`},
			alert.Error{Status: 200, Reason: "the alert channel answered 200: Bad Request: chat not found"}},
		{telegram, service{status: 200, body: `<html>`}, alert.Error{Status: 200, Reason: "the alert channel answered 200"}},
		{telegram, service{status: 429, body: `{"ok":false,"parameters":{"retry_after":7}}`},
			alert.Error{Status: 429, Reason: "the alert channel answered 429", RetryAfter: 7 * time.Second}},
	} {
		answer := tt.answer
		err := alert.New(fixed(tt.secret), &answer).Send(t.Context(), message)
		got := new(alert.Error)
		if err != nil && !errors.As(err, &got) {
			t.Errorf("%+v: %v", tt.answer, err)
		}
		if d := cmp.Diff(tt.want, *got); d != "" {
			t.Errorf("%s, %d %s (-want +got):\n%s", tt.secret, tt.answer.status, tt.answer.body, d)
		}
		if len(answer.got) != 1 {
			t.Errorf("%d requests, want 1: redirects are not followed", len(answer.got))
		}
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()

	if s := alert.New(fixed(" none\n"), nil); s.On() || !errors.Is(s.Ready(), alert.ErrOff) || alert.Check("none") != nil {
		t.Error("none does not turn alerts off")
	}
	var never *alert.Sender
	if never.On() || !errors.Is(never.Send(t.Context(), message), alert.ErrOff) {
		t.Error("no sender sends")
	}
	missing := openfaas.NewMisconfigured("secret alert-url is missing")
	if s := alert.New(func() (string, error) { return "", missing }, nil); s.On() || !errors.Is(s.Ready(), missing) {
		t.Error("without its secret it is on")
	}
	for _, secret := range []string{
		"", "off", "ntfy.sh/s3cret", "ftp://s3cret", "https://", "https:///s3cret", "https://exa mple.com/s3cret", "https://a.example/s3cret\nhttps://b",
		"https://ntfy.sh/", "https://ntfy.sh/a/s3cret", "https://hooks.slack.com", "https://discord.com/s3cret", "mattermost+https://example.com/s3cret",
		"https://api.telegram.org/bots3cret/sendMessage", "https://api.telegram.org/bots3cret/getMe?chat_id=1", "pager+https://example.com/s3cret",
		"ntfy+ftp://example.com/s3cret", "https://%s3cret",
	} {
		err := alert.Check(secret)
		why, ours := openfaas.Misconfiguration(err)
		if !ours || alert.New(fixed(secret), nil).On() {
			t.Errorf("%q is taken: %v", secret, err)
		}
		if strings.Contains(why, "s3cret") || !strings.Contains(why, "tillbell secrets --only alert-url") {
			t.Errorf("%q: %s", secret, why)
		}
	}
}

// TestErrorsHoldNoAddress lets connections fail in several ways.
func TestErrorsHoldNoAddress(t *testing.T) {
	t.Parallel()

	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) //nolint:errcheck // only then the server notices that the client is gone
		<-r.Context().Done()
	}))
	t.Cleanup(hanging.Close)
	breaking := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(breaking.Close)
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(untrusted.Close)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for address, want := range map[string]string{
		hanging.URL:              "the alert channel did not answer in time",
		breaking.URL:             "the connection to the alert channel broke",
		untrusted.URL:            "the certificate of the alert channel is not trusted",
		closed.URL:               "no connection to the alert channel: connection refused",
		"http://s3cret.invalid.": "the host name in alert-url could not be resolved",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		err := alert.New(fixed(address+"/s3cret"), new(http.Transport)).Send(ctx, message)
		cancel()
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
}
