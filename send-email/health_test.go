package function

import (
	"errors"
	"net/http"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/condition"
)

// health asks as a monitor does.
func (b *bench) health(t *testing.T, method string) int {
	t.Helper()
	calls, logged := b.memory.calls, b.logged.String()
	res := b.Receive(handler.Request{Method: method})
	want := map[int]string{200: "{\"ok\":true}\n", 503: "{\"ok\":false}\n"}[res.StatusCode]
	if string(res.Body) != want || b.memory.calls != calls || b.logged.String() != logged {
		t.Errorf("%d %s, with %d calls of the database, and the log %s", res.StatusCode, res.Body, b.memory.calls-calls, b.logged.String()[len(logged):])
	}
	return res.StatusCode
}

func TestHealthCheck(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	want := func(status int, when string) {
		t.Helper()
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			if got := b.health(t, method); got != status {
				t.Errorf("%s, %s: %d, want %d", method, when, got, status)
			}
		}
	}
	want(503, "before the first sweep")
	b.sweepAfter(time.Minute)
	want(200, "after a good sweep")

	id := b.place(t, "completed_paid")
	b.sendgrid.answers, b.sendgrid.sales = append(b.sendgrid.answers, answer(401, ""), answer(401, "")), true
	b.sweepAfter(time.Minute)
	want(503, "while SendGrid refuses the key")
	b.sweepAfter(time.Minute)
	b.sweepAfter(time.Minute)
	want(200, "when it takes the key again")

	b.memory.loadFunc = func(load string) error {
		if load == id {
			return errors.New("cannot be read")
		}
		return nil
	}
	b.memory.orders[id].NextDueAt = &b.clock
	b.sweepAfter(time.Minute)
	want(200, "after one sweep with an error")
	for range 3 {
		b.sweepAfter(time.Minute)
	}
	want(503, "after three intervals of them")
	b.memory.loadFunc = nil
	b.sweepAfter(time.Minute)
	want(200, "when all is handled")

	b.observe(condition.DatabaseFilling, "80 %")
	b.sweepAfter(time.Minute)
	want(200, "while the database only fills up")
	b.clock = b.clock.Add(4 * time.Minute)
	want(503, "four minutes after the last sweep")
}
