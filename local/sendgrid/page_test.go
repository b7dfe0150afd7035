package sendgrid

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const rich = `{"personalizations":[{"to":[{"email":"ada@example.com","name":"<script>alert(1)</script>"}],
	"custom_args":{"order":"cs_1","delivery":"ebook/welcome","series":"ebook"},
	"dynamic_template_data":{"customer":{"name":"</code><img src=x>"},"items":[
		{"description":"The <b>e-book</b>","quantity":1,"total":{"amount":"49.00","formatted":"€49.00"}},
		{"description":"The course","quantity":2,"total":{"amount":"120.00","formatted":"€120.00"}}],
		"totals":{"total":"€169.00","subtotal":"€169.00"}}}],
	"from":{"email":"shop@example.com","name":"Shop"},"reply_to":{"email":"help@example.com"},
	"template_id":"d-0123456789abcdef0123456789abcdef"}`

func get(t *testing.T, h http.Handler, path string) (int, http.Header, string) {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(context.Background(), "GET", path, nil))
	return rec.Code, rec.Header(), rec.Body.String()
}

func newService(t *testing.T, bodies ...string) (*Service, []string) {
	t.Helper()
	s, err := New(Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, body := range bodies {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/v3/mail/send", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer SG.a.b")
		r.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		s.API().ServeHTTP(rec, r)
		if rec.Code != 202 {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
		ids = append(ids, rec.Header().Get("X-Message-Id"))
	}
	return s, ids
}

func TestPage(t *testing.T) {
	t.Parallel()

	t.Run("says what to do when there is nothing yet", func(t *testing.T) {
		t.Parallel()

		s, _ := newService(t)
		status, _, page := get(t, s.Inbox(), "/")
		if status != 200 || !strings.Contains(page, "make buy") || !strings.Contains(page, `name="viewport"`) {
			t.Errorf("%d %s", status, page)
		}
	})

	t.Run("shows a message with its recipient, items, totals, data and arguments", func(t *testing.T) {
		t.Parallel()

		s, ids := newService(t, rich, plain)
		status, _, page := get(t, s.Inbox(), "/messages/"+ids[0])
		if status != 200 {
			t.Fatalf("%d %s", status, page)
		}
		main := page[strings.Index(page, "<main"):]
		for _, want := range []string{"ada@example.com", "Shop &lt;shop@example.com&gt;", "help@example.com",
			"d-0123456789abcdef0123456789abcdef", "ebook/welcome", "cs_1", "€49.00", "€120.00", "€169.00",
			"The course", "&#34;customer&#34;: {"} {
			if !strings.Contains(main, want) {
				t.Errorf("no %q in the message", want)
			}
		}
		foot := main[strings.Index(main, "<tfoot>"):]
		if strings.Index(foot, ">subtotal<") > strings.Index(foot, ">total<") {
			t.Error("the total comes before the subtotal")
		}
		if !strings.Contains(page, `href="/messages/`+ids[0]+`" aria-current="page"`) {
			t.Error("the list does not say which message is open")
		}
		if strings.Index(page, ids[1]) > strings.Index(page, ids[0]) {
			t.Error("the newest is not on top")
		}
	})

	t.Run("opens the newest by itself", func(t *testing.T) {
		t.Parallel()

		s, ids := newService(t, rich, plain)
		_, _, page := get(t, s.Inbox(), "/")
		if !strings.Contains(page, `href="/messages/`+ids[1]+`" aria-current="page"`) {
			t.Error(page)
		}
	})

	t.Run("escapes all that a customer could have typed", func(t *testing.T) {
		t.Parallel()

		s, ids := newService(t, rich)
		_, header, page := get(t, s.Inbox(), "/messages/"+ids[0])
		for _, live := range []string{"<script>alert", "<img src=x", "<b>e-book"} {
			if strings.Contains(page, live) {
				t.Errorf("%q is live in the page", live)
			}
		}
		if !strings.Contains(page, "&lt;script&gt;") {
			t.Error("the name is not shown")
		}
		csp := header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("policy %q", csp)
		}
	})

	t.Run("loads only what it serves itself, and nothing inline", func(t *testing.T) {
		t.Parallel()

		s, _ := newService(t, rich)
		_, _, page := get(t, s.Inbox(), "/")
		for _, part := range strings.Split(page, `"`) {
			if strings.HasPrefix(part, "http") {
				t.Errorf("the page refers to %s", part)
			}
		}
		for _, inline := range []string{"style=", "<style", "onclick", "<script>"} {
			if strings.Contains(page, inline) {
				t.Errorf("%q would be stopped by the policy", inline)
			}
		}
		for _, path := range []string{"/assets/inbox.css", "/assets/inbox.js", "/assets/icon.svg"} {
			if status, _, _ := get(t, s.Inbox(), path); status != 200 || !strings.Contains(page, path) {
				t.Errorf("%s: %d", path, status)
			}
		}
		if status, _, _ := get(t, s.Inbox(), "/assets/inbox.html"); status != 404 {
			t.Errorf("the template itself is served: %d", status)
		}
	})

	t.Run("says so when a message is not there", func(t *testing.T) {
		t.Parallel()

		s, _ := newService(t, plain)
		if status, _, page := get(t, s.Inbox(), "/messages/gone"); status != 404 || !strings.Contains(page, "not here") {
			t.Errorf("%d %s", status, page)
		}
	})

	t.Run("tells the page that there is something new", func(t *testing.T) {
		t.Parallel()

		s, _ := newService(t)
		_, _, before := get(t, s.Inbox(), "/api/version")
		if err := s.inbox.add(Message{MessageID: "1", Request: []byte(plain)}); err != nil {
			t.Fatal(err)
		}
		_, _, after := get(t, s.Inbox(), "/api/version")
		if err := s.inbox.clear(); err != nil {
			t.Fatal(err)
		}
		_, _, empty := get(t, s.Inbox(), "/api/version")
		if before == after || after == empty || before == empty {
			t.Errorf("%s, %s, %s", before, after, empty)
		}
	})

	t.Run("shows every kind of mail that the rules accept", func(t *testing.T) {
		t.Parallel()

		s, err := New(Options{Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range mailCases() {
			if tt.fields == "" && len(tt.patch) < 5000 {
				m := Message{MessageID: "m", Request: encoded(t, patched(t, tt.base, tt.patch))}
				s.inbox.messages = []Message{m}
				if status, _, page := get(t, s.Inbox(), "/messages/m"); status != 200 || !strings.Contains(page, "</html>") {
					t.Errorf("%s: %d", tt.name, status)
				}
			}
		}
	})
}
