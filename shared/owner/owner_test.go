package owner_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"handler/function/internal/openfaas"
	"handler/function/shared/owner"
)

const key = "the-key"

// answering is a client of a gateway that answers so, and what was asked of it.
func answering(t *testing.T, status int, answer string) (*owner.Client, *string) {
	t.Helper()
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !openfaas.Signed(body, r.Header.Get(openfaas.SignatureHeader), []string{key}) {
			t.Errorf("%s is not signed: %v", body, err)
		}
		asked = r.Method + " " + r.URL.Path + " " + string(body)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	now := func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }
	return &owner.Client{Gateway: server.URL, Key: key, Now: now}, &asked
}

func TestCall(t *testing.T) {
	t.Parallel()

	t.Run("is signed and dated, and gives the answer", func(t *testing.T) {
		t.Parallel()

		c, asked := answering(t, http.StatusOK, `{"id": "cs_1"}`)
		var answer struct{ ID string }
		if err := c.Call(t.Context(), "send-email", "resend", map[string]string{"order": "cs_1"}, &answer); err != nil || answer.ID != "cs_1" {
			t.Errorf("answer %+v, %v", answer, err)
		}
		const want = `POST /function/send-email {"at":"2026-03-04T05:06:07Z","resend":{"order":"cs_1"}}`
		if *asked != want {
			t.Errorf("asked %s\nwant  %s", *asked, want)
		}
	})

	for _, tt := range []struct {
		name, answer string
		status       int
		err          error
		says         string
	}{
		{"a wrong key", `{"error": "invalid signature"}`, 400, owner.ErrKey, "SEND_EMAIL_KEY"},
		{"no such order", `{"error": "no such order"}`, 404, owner.ErrNotFound, "no such order"},
		{"no such function", `404 page not found`, 404, owner.ErrNotFound, "not found"},
		{"a conflict", `{"error": "it is being sent"}`, 409, owner.ErrConflict, "it is being sent"},
		{"an error of the function's", `{"error": "not now; the sweep will try again"}`, 503, nil, "the sweep will try again (status 503)"},
		{"an error of the gateway's", `<html>`, 502, nil, "send-email: status 502"},
		{"an answer that is no JSON", `OK`, 200, nil, "another version"},
	} {
		t.Run("reports "+tt.name, func(t *testing.T) {
			t.Parallel()

			c, _ := answering(t, tt.status, tt.answer)
			err := c.Call(t.Context(), "send-email", "order", "cs_1", new(map[string]any))
			if err == nil || tt.err != nil && !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v", err)
			}
		})
	}

	t.Run("reports a missing answer, without what was sent", func(t *testing.T) {
		t.Parallel()

		c := &owner.Client{Gateway: "http://127.0.0.1:1", Key: key}
		err := c.Call(t.Context(), "send-email", "order", "cs_1", nil)
		if err == nil || !strings.Contains(err.Error(), "refused") || strings.Contains(err.Error(), "cs_1") {
			t.Errorf("error %v", err)
		}
	})
}
