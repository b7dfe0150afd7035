package home

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"handler/function/internal/alert"
	"handler/function/internal/openfaas"
	"handler/function/local/fault"
)

// sink is an alert channel and a monitor of heartbeats.
type sink struct {
	url string

	mu     sync.Mutex
	alerts []alert.Message
	beats  int
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *sink) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var m alert.Message
	err := json.NewDecoder(r.Body).Decode(&m)
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodGet {
		s.beats++
	} else if err == nil {
		s.alerts = append(s.alerts, m)
	}
}

func (s *sink) heartbeats() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.beats
}

// told reports an alert of a kind and a state.
func (s *sink) told(kind, state string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.alerts {
		if m.Kind == kind && m.State == state {
			return nil
		}
	}
	return fmt.Errorf("no alert says that %s has %s: %+v", kind, state, s.alerts)
}

// health asks the health URL, as a monitor does from outside.
func (h *home) health(want int) error {
	res, err := http.Get(h.public + "/function/" + sendEmail)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != want {
		return fmt.Errorf("the health URL answers %d %s, %v, want %d", res.StatusCode, body, err, want)
	}
	return nil
}

// summary asks as tillbell summary does.
func (h *home) summary(t *testing.T) string {
	t.Helper()
	body := fmt.Sprintf(`{"summary":true,"at":%q}`, time.Now().UTC().Format(time.RFC3339))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.owner+"/function/"+sendEmail, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(openfaas.SignatureHeader, openfaas.Sign([]byte(body), h.key))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("the summary is %d %s, %v", res.StatusCode, answer, err)
	}
	return string(answer)
}

// TestRefusedKey is a day on which SendGrid revokes the key: the alert comes within a minute by a
// channel of its own, the heartbeat stops, the health URL says 503, and all of it recovers by itself
// when the key is back.
func TestRefusedKey(t *testing.T) {
	t.Parallel()

	s := newSink(t)
	h := openWith(t, map[string]string{"alert-url": s.url + "/alerts/token"}, map[string]string{"sweep_interval": "2s", "heartbeat_url": s.url + "/beats/token"})
	beats := func(more int) func() error {
		before := s.heartbeats()
		return func() error {
			if n := s.heartbeats(); n < before+more {
				return fmt.Errorf("%d heartbeats", n)
			}
			return nil
		}
	}
	within(t, 30*time.Second, func() error { return h.health(http.StatusOK) })
	within(t, 30*time.Second, beats(2))

	if err := h.fault(t.Context(), "SENDGRID_URL", fault.Fault{Status: http.StatusUnauthorized, Times: fault.Endless}); err != nil {
		t.Fatal(err)
	}
	session, _ := h.buy(t, "completed_paid")
	within(t, time.Minute, func() error { return s.told("sendgrid-key-refused", alert.Begun) })
	within(t, 10*time.Second, func() error { return h.health(http.StatusServiceUnavailable) })
	stopped := s.heartbeats()
	if sum := h.summary(t); !strings.Contains(sum, `"kind":"sendgrid-key-refused"`) {
		t.Errorf("the summary names no condition: %s", sum)
	}
	h.buy(t, "completed_paid") // what is due while the key is refused is not attempted
	const met = `"the function cannot work as it is configured"`
	sweeps := strings.Count(h.logged(t, sendEmail), met)
	within(t, 20*time.Second, func() error {
		if n := strings.Count(h.logged(t, sendEmail), met); n < sweeps+2 {
			return fmt.Errorf("%d more sweeps met the refused key", n-sweeps)
		}
		return nil
	})
	if n := s.heartbeats(); n > stopped {
		t.Errorf("%d heartbeats while the key is refused", n-stopped)
	}

	if err := h.fault(t.Context(), "SENDGRID_URL", fault.Fault{}); err != nil {
		t.Fatal(err)
	}
	h.settled(t, 90*time.Second, session, 2)
	within(t, time.Minute, func() error { return s.told("sendgrid-key-refused", alert.Over) })
	within(t, 10*time.Second, func() error { return h.health(http.StatusOK) })
	within(t, 30*time.Second, beats(1))
}
