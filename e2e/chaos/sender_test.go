package chaos

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/shared/shop"
)

// till is a sender to a webhook that is the function given.
func till(t *testing.T, webhook http.HandlerFunc) *sender {
	t.Helper()
	server := httptest.NewServer(webhook)
	t.Cleanup(server.Close)
	return newSender(&shop.Shop{Env: map[string]string{"WEBHOOK_URL": server.URL, "STRIPE_URL": server.URL, "WEBHOOK_SECRET": "whsec_x"}})
}

func TestSender(t *testing.T) {
	t.Parallel()

	two := []sale{
		{kinds[2], []shop.Purchase{{Session: "cs_1", Event: "evt_1"}, {Session: "cs_1", Event: "evt_2"}}, []post{{0, 0}, {1, 0}, {0, 0}}},
		{kinds[0], []shop.Purchase{{Session: "cs_2", Event: "evt_3"}}, []post{{0, 0}}},
	}

	t.Run("delivers each event again until it is acknowledged", func(t *testing.T) {
		t.Parallel()

		var calls atomic.Int32
		s := till(t, func(w http.ResponseWriter, _ *http.Request) {
			if calls.Add(1) <= 2 {
				http.Error(w, "not now", http.StatusServiceUnavailable)
				return
			}
			fmt.Fprint(w, `{"id": "cs_1", "queued": true}`)
		})
		if err := s.play(t.Context(), two); err != nil {
			t.Fatal(err)
		}
		acknowledged, tries, queued := s.counts()
		if acknowledged != 2 || tries != 6 || queued != 4 {
			t.Errorf("%d acknowledged, %d tries, %d queued", acknowledged, tries, queued)
		}
		var got []string
		for _, one := range s.sold(two) {
			if !one.acknowledged || one.settled.IsZero() || one.slowestAck <= 0 {
				t.Errorf("%+v", one)
			}
			got = append(got, one.session)
			got = append(got, one.events...)
		}
		if d := cmp.Diff([]string{"cs_1", "evt_1", "evt_2", "cs_2", "evt_3"}, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})

	t.Run("counts what was not acknowledged, by what came instead", func(t *testing.T) {
		t.Parallel()

		var calls atomic.Int32
		s := till(t, func(w http.ResponseWriter, _ *http.Request) {
			switch calls.Add(1) {
			case 1:
				w.WriteHeader(http.StatusNotFound)
			case 2:
				panic(http.ErrAbortHandler)
			}
		})
		if err := s.play(t.Context(), two[:1]); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]int{"404": 1, "no answer": 1}, s.refusals()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("gives up when its time is over, and says of which", func(t *testing.T) {
		t.Parallel()

		ctx, cancel := context.WithCancel(t.Context())
		s := till(t, func(w http.ResponseWriter, _ *http.Request) {
			cancel()
			http.Error(w, "not now", http.StatusServiceUnavailable)
		})
		if err := s.play(ctx, two); err == nil {
			t.Error("no error")
		}
		for _, one := range s.sold(two) {
			if one.acknowledged || !one.settled.IsZero() {
				t.Errorf("%+v", one)
			}
		}
	})
}
