package alerts_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"handler/function/internal/alert"
	"handler/function/local/alerts"
)

var at = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var message = alert.Message{Title: "An e-mail failed", Text: "ebook/delivery", Kind: "email-failed", Order: "cs_1", At: at}

func open(t *testing.T, file string) (*alerts.Service, string) {
	t.Helper()
	s, err := alerts.New(file, func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	return s, server.URL
}

// sender posts to an address as send-email does.
func sender(address string) *alert.Sender {
	return alert.New(func() (string, error) { return address, nil }, new(http.Transport))
}

func ask(t *testing.T, method, address, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := (&http.Client{Transport: new(http.Transport)}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var v any
	_ = json.NewDecoder(res.Body).Decode(&v) // a 204 has none
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func TestAlerts(t *testing.T) {
	t.Parallel()

	t.Run("are kept, listed and forgotten", func(t *testing.T) {
		t.Parallel()

		file := filepath.Join(t.TempDir(), "alerts.jsonl")
		_, url := open(t, file)
		if err := sender(url).Send(t.Context(), message); err != nil {
			t.Fatal(err)
		}
		again, url := open(t, file)
		if all := again.All(); len(all) != 1 || all[0].Message != message || !all[0].ReceivedAt.Equal(at) {
			t.Errorf("after a restart: %+v", all)
		}
		if status, body := ask(t, http.MethodGet, url+"/_local/alerts", ""); status != http.StatusOK || !strings.Contains(body, `"kind":"email-failed"`) {
			t.Errorf("%d %s", status, body)
		}
		if status, _ := ask(t, http.MethodDelete, url+"/_local/alerts", ""); status != http.StatusNoContent || len(again.All()) != 0 {
			t.Errorf("%d, %d are left", status, len(again.All()))
		}
	})

	t.Run("fail on request", func(t *testing.T) {
		t.Parallel()

		s, url := open(t, "")
		ask(t, http.MethodPut, url+"/_local/fault", `{"status": 503, "retry_after_s": 7}`)
		err := sender(url).Send(t.Context(), message)
		if failed, ok := err.(*alert.Error); !ok || failed.Status != http.StatusServiceUnavailable || failed.RetryAfter != 7*time.Second {
			t.Errorf("%v", err)
		}
		if err := sender(url).Send(t.Context(), message); err != nil || len(s.All()) != 1 {
			t.Errorf("after the fault: %v, %d alerts", err, len(s.All()))
		}
	})

	t.Run("of another form are refused", func(t *testing.T) {
		t.Parallel()

		s, url := open(t, "")
		const ok = `"title":"a","text":"b","kind":"c","state":"","order":"","at":"2026-11-24T12:00:00Z"`
		for _, body := range []string{
			``, `[]`, `{}`, `{` + ok + `,"email":"x"}`, `{` + ok + `}{}`, strings.Replace(`{`+ok+`}`, `"a"`, `""`, 1),
			strings.Replace(`{`+ok+`}`, `"state":""`, `"state":"ended"`, 1),
		} {
			if status, answer := ask(t, http.MethodPost, url, body); status != http.StatusBadRequest {
				t.Errorf("%s: %d %s", body, status, answer)
			}
		}
		if status, answer := ask(t, http.MethodPost, url, `{`+ok+`}`); status != http.StatusNoContent || len(s.All()) != 1 {
			t.Errorf("%d %s", status, answer)
		}
	})
}
