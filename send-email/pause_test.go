package function

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// pause asks for a pause as make up does.
func (b *bench) pause(length string) handler.Response {
	body := fmt.Sprintf(`{"pause":%q,"at":%q}`, length, b.now().Format(time.RFC3339Nano))
	return b.invoke(body)
}

// has reports a call's answer that is another one.
func has(t *testing.T, res handler.Response, status int, part string) {
	t.Helper()
	if res.StatusCode != status || !strings.Contains(string(res.Body), part) {
		t.Errorf("got %d %s, want %d and %s", res.StatusCode, res.Body, status, part)
	}
}

// due makes an order due now, so that only a pause keeps it from being sent.
func (m *memory) due(t *testing.T, id string, now time.Time) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	o := *m.orders["cs_0"]
	o.ID, o.Emails, o.Plans, o.NextDueAt = id, nil, nil, &now
	m.orders[id] = &o
}

func TestPause(t *testing.T) {
	t.Parallel()

	t.Run("has the sweep end its e-mail, begin nothing more, and go on at the end", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			goOn := make(chan struct{})
			b, s, quit := alive(t, sweepers+5, func(_ *bench, s *stub) {
				s.before = func(string) { <-goOn }
			})
			defer quit()
			synctest.Wait()
			answered := make(chan handler.Response, 1)
			go func() { answered <- b.pause("3m") }()
			synctest.Wait()
			select {
			case res := <-answered:
				t.Fatalf("with an e-mail in hand it answers %s", res.Body)
			default:
			}
			close(goOn)
			has(t, <-answered, http.StatusOK, `"idle":true,"in_hand":0`)
			time.Sleep(2 * time.Minute)
			if d := b.memory.delivery("cs_0"); len(s.sent()) != 2*sweepers || d.State != order.Sent {
				t.Errorf("%d e-mails went out, the first in hand is %s", len(s.sent()), d.State)
			}
			time.Sleep(time.Minute + time.Second)
			if n, want := len(s.sent()), 2*(sweepers+5); n != want {
				t.Errorf("after the pause %d e-mails are out, want %d", n, want)
			}
		})
	})

	t.Run("puts calls off, and costs them nothing", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b, s, quit := alive(t, 1, nil)
			defer quit()
			time.Sleep(time.Second)
			b.pause("3m")
			b.memory.due(t, "cs_later", b.now())
			calls := b.memory.calls
			at := b.now().Format(time.RFC3339Nano)
			for _, body := range []string{
				`{"id":"cs_later"}`, `{"sweep":true}`, `{"report":true}`, `{"orders":{}}`, `{"order":"cs_0"}`, `{"summary":true}`,
				`{"resend":{"order":"cs_0","reason":"why"},"at":"` + at + `"}`, `{"export":{"order":"cs_0"}}`,
			} {
				has(t, b.invoke(body), http.StatusServiceUnavailable, `{"error":"paused for a deployment; what is due is done after it`)
			}
			if b.memory.calls != calls || strings.Contains(b.logged.String(), `"ERROR"`) {
				t.Errorf("%d calls of the database; the log says\n%s", b.memory.calls-calls, b.logged)
			}
			if res := b.Receive(handler.Request{Method: http.MethodPost}); res.StatusCode != http.StatusNoContent {
				t.Errorf("cron-connector gets %d", res.StatusCode)
			}
			b.pause("0s")
			time.Sleep(2 * minPause)
			if n := len(s.sent()); n != 4 {
				t.Errorf("a moment after the pause was ended %d e-mails are out, want 4", n)
			}
		})
	})

	t.Run("has a call of several e-mails end after those in hand", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b, s, quit := alive(t, 1, func(b *bench, _ *stub) { b.interval = 0 })
			defer quit()
			b.oweMore("cs_0", maxAtOnce)
			var once sync.Once
			s.before = func(string) {
				once.Do(func() { go b.pause("3m") })
				time.Sleep(time.Millisecond) // the pause has begun
			}
			has(t, b.invoke(`{"id":"cs_0"}`), http.StatusOK, `"sent":4,"waiting":2`)
		})
	})

	t.Run("is not idle while what came of an e-mail is not recorded", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			var away atomic.Bool
			away.Store(true)
			b, _, quit := alive(t, 1, func(b *bench, s *stub) {
				b.memory.updateFunc = func(string) error {
					if away.Load() && len(s.sent()) > 0 {
						return errors.New("away")
					}
					return nil
				}
			})
			defer quit()
			time.Sleep(time.Minute) // the sweep no longer waits for it
			began := time.Now()
			has(t, b.pause("3m"), http.StatusOK, `"idle":false`)
			if took := time.Since(began); took != budget {
				t.Errorf("it said so after %v", took)
			}
			away.Store(false)
			has(t, b.pause("3m"), http.StatusOK, `"idle":true`)
		})
	})

	t.Run("is answered with the valid values", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		for _, length := range []string{"", "3", "-1s", "11m", "a while"} {
			has(t, b.pause(length), http.StatusBadRequest, "pause: want 0s to 10m")
		}
	})
}

// TestStop: a process that is to end begins nothing more, for any caller.
func TestStop(t *testing.T) {
	t.Parallel()

	b := setUp(t)
	id := b.place(t, "completed_paid")
	b.Stop()
	for range 2 {
		has(t, b.invoke(`{"id":"`+id+`"}`), http.StatusServiceUnavailable, "paused")
		b.pause("0s") // which ends no more than a pause
	}
	if len(b.sendgrid.mails) != 0 {
		t.Error("an e-mail went out")
	}
	res := b.Receive(request("POST", "[]", openfaas.Sign([]byte("[]"), key)))
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("what is not understood gets %d", res.StatusCode)
	}
}
