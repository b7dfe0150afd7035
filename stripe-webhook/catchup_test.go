package function

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// catchUpFor looks for missed events for a time.
func (b *bench) catchUpFor(t *testing.T, d time.Duration) {
	t.Helper()
	quit, stop := context.WithTimeout(t.Context(), d)
	defer stop()
	b.CatchUpUntil(quit)
}

const day = 24 * time.Hour

func TestCatchUp(t *testing.T) {
	t.Parallel()

	t.Run("finds what was missed, soon after the start", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b := setUp(t)
			b.Window = 48 * time.Hour
			l := b.stripe(&listed{events: []string{saleAt(t, "completed_paid", 1)}})
			if b.catchUpFor(t, 3*time.Second); len(l.asked) > 0 {
				t.Error("Stripe was asked at once")
			}
			b.catchUpFor(t, 6*time.Second)
			if len(b.events) != 1 || b.events[0].Found != order.FoundByItself || len(b.invoked) != 1 {
				t.Fatalf("recorded %v, called %v", b.recorded, b.invoked)
			}
		})
	})

	for _, tt := range []struct {
		name                 string
		first, until, window time.Duration
		want                 time.Duration
	}{
		{"looks back by the window", 90 * day, 5 * time.Minute, 48 * time.Hour, 48 * time.Hour},
		{"looks back to the last whole look, where that is longer ago", 90 * day, 4 * day, 48 * time.Hour, 4*day + time.Hour},
		{"looks at an hour again, whatever the window", 90 * day, day, time.Minute, 25 * time.Hour},
		{"looks at nothing from before it was there", 3 * time.Hour, 3 * time.Hour, 48 * time.Hour, 3 * time.Hour},
		{"looks no further back than Stripe surely lists", 90 * day, 40 * day, 48 * time.Hour, 29 * day},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			synctest.Test(t, func(t *testing.T) {
				b := setUp(t)
				b.Window = tt.window
				l := b.stripe(&listed{})
				at := time.Now().Add(firstLook)
				b.first["test"], b.until["test"] = at.Add(-tt.first), at.Add(-tt.until)
				b.catchUpFor(t, time.Minute)
				if got, want := l.asked[0].Get("created[gte]"), fmt.Sprint(at.Add(-tt.want).Unix()); got != want {
					t.Errorf("asked since %s, want %s", got, want)
				}
				if !b.until["test"].Equal(at) {
					t.Errorf("it keeps that it looked until %v, and not %v", b.until["test"], at)
				}
			})
		})
	}

	t.Run("begins with the first process, and not with its first look; for each mode by itself", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b := setUp(t)
			b.Window = 48 * time.Hour
			l := b.stripe(&listed{})
			started := time.Now()
			b.catchUpFor(t, time.Minute)
			b.Stripe.key = func() (string, error) { return "rk_live_1", nil }
			live := time.Now()
			b.catchUpFor(t, time.Minute)
			if got, want := l.asked[0].Get("created[gte]"), fmt.Sprint(started.Unix()); got != want {
				t.Errorf("asked since %s, want %s", got, want)
			}
			if got, want := l.asked[1].Get("created[gte]"), fmt.Sprint(live.Unix()); got != want || len(b.first) != 2 {
				t.Errorf("in live mode: asked since %s, want %s", got, want)
			}
		})
	})

	t.Run("takes over what is sold in another mode from when it has that mode's key", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b := setUp(t)
			b.Window = 48 * time.Hour
			b.stripe(&listed{})
			started := time.Now()
			b.Stripe.key = func() (string, error) {
				if time.Since(started) < 20*day-time.Hour {
					return "rk_test_1", nil
				}
				return "rk_live_1", nil
			}
			b.catchUpFor(t, 21*day)
			if !b.first["test"].Equal(started) || b.first["live"].Sub(started) < 19*day {
				t.Errorf("it began %v after its start, and in live mode %v", b.first["test"].Sub(started), b.first["live"].Sub(started))
			}
		})
	})

	t.Run("says of what time Stripe lists nothing any more", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b := setUp(t)
			b.Window = 48 * time.Hour
			b.stripe(&listed{})
			b.first["test"], b.until["test"] = time.Now().Add(-90*day), time.Now().Add(-40*day)
			b.catchUpFor(t, 3*day)
			if n := strings.Count(b.log.String(), "a period that was not checked"); n != 1 {
				t.Errorf("the log says it %d times:\n%s", n, b.log.String())
			}
		})
	})

	t.Run("keeps only that it looked at all", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b := setUp(t)
			b.Window = 48 * time.Hour
			l := b.stripe(&listed{events: []string{saleAt(t, "completed_paid", 1), saleAt(t, "completed_paid", 2)}})
			record := b.recordFunc
			started := time.Now()
			l.answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) }
			b.catchUpFor(t, time.Minute)
			l.answer = nil
			b.recordFunc = func(e order.Event) (bool, error) {
				if e.ID == "evt_2" {
					return false, errors.New("away")
				}
				return record(e)
			}
			b.catchUpFor(t, time.Minute)
			if len(b.known) != 1 || !b.until["test"].Equal(started) {
				t.Errorf("it keeps that it looked until %v after its start", b.until["test"].Sub(started))
			}
		})
	})

	t.Run("looks again every day", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b := setUp(t)
			b.Window = 48 * time.Hour
			l := b.stripe(&listed{pageSize: 100})
			l.before = func() { l.events = append(l.events, saleAt(t, "completed_paid", len(l.asked))) }
			b.catchUpFor(t, 73*time.Hour)
			if len(l.asked) != 4 || len(b.recorded) != 4 {
				t.Errorf("in three days: asked %d times, recorded %v", len(l.asked), b.recorded)
			}
		})
	})

	t.Run("does nothing where it is turned off", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		l := b.stripe(&listed{})
		b.CatchUpUntil(t.Context()) // returns
		if len(l.asked) > 0 {
			t.Error("Stripe was asked")
		}
	})

	t.Run("logs once what the owner must correct, and goes on", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b := setUp(t)
			b.Window = time.Hour
			l := b.stripe(&listed{events: []string{saleAt(t, "completed_paid", 1)}})
			began, key := time.Now(), b.Stripe.key
			b.Stripe.key = func() (string, error) {
				if time.Since(began) < 12*time.Hour {
					return "", openfaas.NewMisconfigured("secret stripe-api-key is missing")
				}
				return key()
			}
			l.before = func() {
				l.answer = nil
				if time.Since(began) < 24*time.Hour {
					l.answer = func(w http.ResponseWriter) { w.WriteHeader(http.StatusForbidden); fmt.Fprint(w, `{"error": {}}`) }
				}
			}
			b.catchUpFor(t, 26*time.Hour)
			log := b.log.String()
			for text, times := range map[string]int{"level=WARN": 2, "secret stripe-api-key is missing": 1, "may not read Events": 1} {
				if n := strings.Count(log, text); n != times {
					t.Errorf("%q is said %d times, want %d:\n%s", text, n, times, log)
				}
			}
			if len(b.recorded) != 1 {
				t.Error("a corrected key is not used")
			}
		})
	})

	t.Run("ends between two events", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b := setUp(t)
			b.Window = time.Hour
			l := b.stripe(&listed{pageSize: 100})
			for n := range 50 {
				l.events = append(l.events, saleAt(t, "completed_paid", n))
			}
			quit, stop := context.WithCancel(t.Context())
			record := b.recordFunc
			b.recordFunc = func(e order.Event) (bool, error) {
				if len(b.recorded) == 7 {
					stop()
				}
				return record(e)
			}
			b.CatchUpUntil(quit)
			if len(b.recorded) != 7 || len(b.invoked) != 7 {
				t.Errorf("%d recorded, %d handed on", len(b.recorded), len(b.invoked))
			}
		})
	})

	t.Run("takes its time", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b := setUp(t)
			b.Window = time.Hour
			l := b.stripe(&listed{pageSize: 100})
			b.Stripe.turn.SetLimit(turnsASecond)
			for n := range 100 {
				l.events = append(l.events, saleAt(t, "completed_paid", n))
			}
			b.catchUpFor(t, firstLook+5*time.Second)
			if n := len(b.recorded); n < 30 || n > 60 {
				t.Errorf("%d were recorded in five seconds", n)
			}
		})
	})

	t.Run("breaks nothing where it breaks", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b := setUp(t)
			b.Window = time.Hour
			b.stripe(&listed{events: []string{saleAt(t, "completed_paid", 1), saleAt(t, "completed_paid", 2), saleAt(t, "completed_paid", 3)}})
			record := b.recordFunc
			b.recordFunc = func(e order.Event) (bool, error) {
				switch e.ID {
				case "evt_1":
					panic("a bug")
				case "evt_2":
					return false, fmt.Errorf("update: %w", order.ErrUnreadable)
				}
				return record(e)
			}
			b.catchUpFor(t, time.Minute)
			log := b.log.String()
			for _, want := range []string{"event=evt_1 order=cs_test_1 err=\"panic: a bug", "event=evt_2 order=cs_test_2 err=\"update: a stored event", "seen=3 recorded=1 whole=true"} {
				if !strings.Contains(log, want) {
					t.Errorf("the log does not say %s:\n%s", want, log)
				}
			}
			if len(b.invoked) != 1 {
				t.Errorf("handed on: %v", b.invoked)
			}
			started := time.Now().Add(-time.Minute)
			if d := cmp.Diff([]string{"unreadable-event evt_1 checkout.session.completed", "unreadable-event evt_2 checkout.session.completed"}, b.reported()); d != "" {
				t.Errorf("reported (-want +got):\n%s", d)
			}
			if mark := b.until["test"]; !mark.After(started) {
				t.Errorf("two events that cannot be read keep the mark at %v", mark)
			}
		})
	})
}
