package bench

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"io"

	"github.com/stripe/stripe-go/v76/webhook"
)

func TestSend(t *testing.T) {
	t.Parallel()

	t.Run("sends each event once, signed and of a session of its own", func(t *testing.T) {
		t.Parallel()

		sessions := make(chan string, 100)
		url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			event, err := webhook.ConstructEventWithOptions(body, r.Header.Get("Stripe-Signature"), "whsec_1", webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			sessions <- fmt.Sprint(event.Data.Object["id"])
		}))
		m, err := newMaker()
		if err != nil {
			t.Fatal(err)
		}
		to := target{url, http.StatusOK}
		requests, want, err := m.signed(to, "whsec_1", 20)
		if err != nil {
			t.Fatal(err)
		}
		l, err := to.send(t.Context(), requests, 4)
		if err != nil {
			t.Fatal(err)
		}
		close(sessions)
		got := slices.Sorted(func(yield func(string) bool) {
			for s := range sessions {
				if !yield(s) {
					return
				}
			}
		})
		if !slices.Equal(got, slices.Sorted(slices.Values(want))) || len(slices.Compact(got)) != 20 {
			t.Errorf("got %v, want %v", got, want)
		}
		if len(l.latencies) != 20 || l.perSecond() <= 0 {
			t.Errorf("%d latencies, %v a second", len(l.latencies), l.perSecond())
		}
	})

	t.Run("ends at the first answer that is not as it should be", func(t *testing.T) {
		t.Parallel()

		var n atomic.Int32
		to := target{serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if n.Add(1) == 3 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})), http.StatusOK}
		request, err := to.request([]byte("{}"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.send(t.Context(), repeated(request, 1000), 2); err == nil || n.Load() > 10 {
			t.Errorf("after %d requests: %v", n.Load(), err)
		}
	})

	t.Run("is refused what is forged", func(t *testing.T) {
		t.Parallel()

		m, err := newMaker()
		if err != nil {
			t.Fatal(err)
		}
		to := target{"http://127.0.0.1/", http.StatusBadRequest}
		requests, err := m.forged(to, 3)
		if err != nil || len(requests) != 3 {
			t.Fatalf("%d requests, %v", len(requests), err)
		}
	})
}

func TestPercentile(t *testing.T) {
	t.Parallel()

	var l load
	for i := range 200 {
		l.latencies = append(l.latencies, time.Duration(i+1))
	}
	if p50, p99 := l.percentile(50), l.percentile(99); p50 != 101 || p99 != 199 {
		t.Errorf("p50 %d, p99 %d", p50, p99)
	}
	if p := (load{}).percentile(99); p != 0 {
		t.Errorf("of nothing: %v", p)
	}
}
