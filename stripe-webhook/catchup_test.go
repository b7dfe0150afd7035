package function

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
			want := fmt.Sprint(time.Now().Add(-48*time.Hour - time.Second).Unix())
			if got := l.asked[0].Get("created[gte]"); got != want {
				t.Errorf("asked since %s, want %s", got, want)
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

	t.Run("says once what the owner is to mend, and goes on", func(t *testing.T) {
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
				t.Error("a key that was mended is not used")
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
			b.stripe(&listed{events: []string{saleAt(t, "completed_paid", 1)}})
			b.recordFunc = func(order.Event) (bool, error) { panic("a bug") }
			b.catchUpFor(t, time.Minute)
			if !strings.Contains(b.log.String(), "a bug") {
				t.Errorf("the log says:\n%s", b.log.String())
			}
		})
	})
}
