package fault_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/local/calltest"
	"handler/function/local/fault"
)

func TestParse(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name, body string
		want       fault.Fault
		err        string
	}{
		{"ends a fault with an empty object", `{}`, fault.Fault{}, ""},
		{"happens once unless told otherwise", `{"status":503}`, fault.Fault{Status: 503, Times: 1}, ""},
		{"reads every field", `{"status":503,"times":3,"delay_ms":2000,"after_accepting":true,"retry_after_s":1}`,
			fault.Fault{Status: 503, Times: 3, DelayMS: 2000, AfterAccepting: true, RetryAfterS: 1}, ""},
		{"lasts until it is ended", `{"delay_ms":5,"times":-1}`, fault.Fault{DelayMS: 5, Times: fault.Endless}, ""},
		{"refuses what is no object", `null`, fault.Fault{}, "JSON object"},
		{"refuses an empty body", ``, fault.Fault{}, "JSON object"},
		{"refuses broken JSON", `{"status":`, fault.Fault{}, "unexpected EOF"},
		{"refuses more than one object", `{"status":503}{}`, fault.Fault{}, "more after"},
		{"names an unknown field", `{"statuz":503}`, fault.Fault{}, "statuz"},
		{"names a wrong type", `{"status":"503"}`, fault.Fault{}, "status"},
		{"refuses no times", `{"status":503,"times":0}`, fault.Fault{}, "times is 0"},
		{"refuses negative times", `{"status":503,"times":-2}`, fault.Fault{}, "times is -2"},
		{"refuses a negative delay", `{"delay_ms":-1}`, fault.Fault{}, "delay_ms is -1"},
		{"refuses a delay of days", `{"delay_ms":86400000}`, fault.Fault{}, "delay_ms is 86400000"},
		{"refuses a negative retry", `{"status":429,"retry_after_s":-1}`, fault.Fault{}, "retry_after_s is -1"},
		{"refuses a status that is no fault", `{"status":200}`, fault.Fault{}, "status is 200"},
		{"refuses times of nothing", `{"times":3}`, fault.Fault{}, "nothing would happen"},
		{"refuses a retry without a status", `{"retry_after_s":3}`, fault.Fault{}, "nothing would happen"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			got, err := fault.Parse([]byte(tt.body))
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("err = %v, want one with %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// service is a wrapped handler that counts what it accepted.
type service struct {
	url      string
	accepted atomic.Int64
	body     chan string
}

func setup(t *testing.T) *service {
	t.Helper()
	s := &service{body: make(chan string, 100)}
	inj := fault.New(func(w http.ResponseWriter, _ *http.Request, f fault.Fault) {
		http.Error(w, "the service's own words", f.Status)
	})
	srv := httptest.NewServer(inj.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		s.accepted.Add(1)
		s.body <- string(b)
		w.WriteHeader(http.StatusAccepted)
	})))
	t.Cleanup(srv.Close)
	s.url = srv.URL
	return s
}

func (s *service) must(t *testing.T, method, path, body string, want int) (http.Header, string) {
	t.Helper()
	a := calltest.Do(t, method, s.url+path, body)
	if a.Status != want {
		t.Fatalf("%s %s = %d %s, want %d", method, path, a.Status, a.Body, want)
	}
	return a.Header, a.Body
}

func TestInjector(t *testing.T) {
	t.Parallel()

	t.Run("answers so many calls with the status, then serves again", func(t *testing.T) {
		t.Parallel()

		s := setup(t)
		s.must(t, "PUT", fault.Path, `{"status":503,"times":2,"retry_after_s":7}`, 200)
		header, text := s.must(t, "POST", "/x", "", 503)
		if header.Get("Retry-After") != "7" || !strings.Contains(text, "own words") {
			t.Errorf("Retry-After %q, body %q", header.Get("Retry-After"), text)
		}
		if _, left := s.must(t, "GET", fault.Path, "", 200); !strings.Contains(left, `"times":1`) {
			t.Errorf("left = %s, want one", left)
		}
		s.must(t, "POST", "/x", "", 503)
		s.must(t, "POST", "/x", "", 202)
		if _, left := s.must(t, "GET", fault.Path, "", 200); strings.TrimSpace(left) != "{}" {
			t.Errorf("left = %s, want nothing", left)
		}
		if n := s.accepted.Load(); n != 1 {
			t.Errorf("accepted %d, want 1", n)
		}
	})

	t.Run("uses up one time for each call, however many come at once", func(t *testing.T) {
		t.Parallel()

		s := setup(t)
		s.must(t, "PUT", fault.Path, `{"status":500,"times":13}`, 200)
		var wg sync.WaitGroup
		var refused atomic.Int64
		for range 40 {
			wg.Go(func() {
				if a, err := calltest.Try(t.Context(), "POST", s.url+"/x", ""); err == nil && a.Status == 500 {
					refused.Add(1)
				}
			})
		}
		wg.Wait()
		if refused.Load() != 13 || s.accepted.Load() != 27 {
			t.Errorf("refused %d, accepted %d; want 13 and 27", refused.Load(), s.accepted.Load())
		}
	})

	t.Run("lasts until it is ended, and leaves local paths alone", func(t *testing.T) {
		t.Parallel()

		s := setup(t)
		s.must(t, "PUT", fault.Path, `{"status":500,"times":-1}`, 200)
		for range 5 {
			s.must(t, "GET", "/x", "", 500)
		}
		s.must(t, "PUT", "/_local/other", "", 202)
		if _, left := s.must(t, "GET", fault.Path, "", 200); !strings.Contains(left, `"times":-1`) {
			t.Errorf("left = %s, want it without end", left)
		}
		s.must(t, "PUT", fault.Path, `{}`, 200)
		s.must(t, "GET", "/x", "", 202)
	})

	t.Run("accepts the request, then breaks the connection without a status", func(t *testing.T) {
		t.Parallel()

		s := setup(t)
		s.must(t, "PUT", fault.Path, `{"status":503,"after_accepting":true}`, 200)
		a, err := calltest.Try(t.Context(), "POST", s.url+"/x", "a letter")
		if !errors.Is(err, io.EOF) {
			t.Fatalf("status %d, err %v; want EOF", a.Status, err)
		}
		if got := <-s.body; got != "a letter" || s.accepted.Load() != 1 {
			t.Errorf("accepted %d, the last %q", s.accepted.Load(), got)
		}
		s.must(t, "POST", "/x", "", 202)
	})

	t.Run("waits before it serves", func(t *testing.T) {
		t.Parallel()

		s := setup(t)
		s.must(t, "PUT", fault.Path, `{"delay_ms":120}`, 200)
		start := time.Now()
		s.must(t, "POST", "/x", "late", 202)
		if took := time.Since(start); took < 120*time.Millisecond {
			t.Errorf("took %s", took)
		}
		if got := <-s.body; got != "late" {
			t.Errorf("the body that went through the delay is %q", got)
		}
	})

	t.Run("stops waiting when the caller goes away, and serves nothing", func(t *testing.T) {
		t.Parallel()

		gone := make(chan struct{})
		inj := fault.New(nil)
		inj.Set(fault.Fault{DelayMS: 600_000, Times: 1})
		reached := make(chan struct{}, 1)
		wrapped := inj.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} }))
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(gone)
			wrapped.ServeHTTP(w, r)
		}))
		t.Cleanup(srv.Close)

		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := calltest.Try(ctx, "POST", srv.URL+"/x", "a letter"); err == nil {
			t.Fatal("the call came back")
		}
		select {
		case <-gone:
		case <-time.After(5 * time.Second):
			t.Fatal("still waiting for a caller who has gone")
		}
		select {
		case <-reached:
			t.Error("the service was reached all the same")
		default:
		}
	})

	t.Run("keeps its promise to accept when the caller goes away", func(t *testing.T) {
		t.Parallel()

		s := setup(t)
		s.must(t, "PUT", fault.Path, `{"delay_ms":600000,"after_accepting":true}`, 200)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := calltest.Try(ctx, "POST", s.url+"/x", "a letter"); err == nil {
			t.Fatal("the call came back")
		}
		select {
		case got := <-s.body:
			if got != "a letter" {
				t.Errorf("accepted %q", got)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("never accepted")
		}
	})

	t.Run("keeps what is armed when it is told nonsense", func(t *testing.T) {
		t.Parallel()

		s := setup(t)
		s.must(t, "PUT", fault.Path, `{"status":503}`, 200)
		if _, text := s.must(t, "PUT", fault.Path, `{"statuz":1}`, 400); !strings.Contains(text, "statuz") {
			t.Errorf("the message does not name the field: %s", text)
		}
		s.must(t, "POST", fault.Path, `{}`, 405)
		s.must(t, "GET", "/x", "", 503)
	})
}
