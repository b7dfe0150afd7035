package function

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

// hand makes a call as stripe-webhook does where no gateway stands between the two.
func (b *bench) hand(body, signature string) handler.Response {
	req := request(http.MethodPost, body, signature)
	req.Header.Set("X-Path", "/async-function/send-email")
	return b.Receive(req)
}

func TestAccept(t *testing.T) {
	t.Parallel()

	signed := func(b *bench, body string) handler.Response { return b.hand(body, openfaas.Sign([]byte(body), key)) }

	t.Run("answers before it works, and a pause waits for the work", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			goOn := make(chan struct{})
			b, s, quit := alive(t, 1, func(b *bench, s *stub) {
				b.interval = 0
				s.before = func(string) { <-goOn }
			})
			defer quit()
			b.oweMore("cs_0", maxAtOnce)
			has(t, signed(b, `{"id":"cs_0"}`), http.StatusAccepted, `{"accepted":true}`)
			synctest.Wait()
			if d := b.memory.delivery("cs_0"); d.State != order.Sending {
				t.Errorf("the first e-mail is %s, want sending", d.State)
			}
			paused := make(chan handler.Response, 1)
			go func() { paused <- b.pause("3m") }()
			synctest.Wait()
			select {
			case res := <-paused:
				t.Errorf("with an e-mail in hand it answers %s", res.Body)
			default:
			}
			has(t, signed(b, `{"id":"cs_0"}`), http.StatusServiceUnavailable, "paused for a deployment")
			close(goOn)
			has(t, <-paused, http.StatusOK, `"idle":true,"in_hand":0`)
			if n := len(s.sent()); n != maxAtOnce {
				t.Errorf("%d e-mails are out, want the %d that were in hand", n, maxAtOnce)
			}
		})
	})

	t.Run("has the sweep do at once what it has no room for", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			var blocked atomic.Bool
			goOn := make(chan struct{})
			b, _, quit := alive(t, 1, func(_ *bench, s *stub) {
				s.before = func(string) {
					if blocked.Load() {
						<-goOn
					}
				}
			})
			defer quit()
			time.Sleep(time.Second) // the first sweep is over, and the next one a minute off
			blocked.Store(true)
			for i := range maxAccepted {
				id := fmt.Sprintf("cs_under_way_%d", i)
				b.memory.due(t, id, b.now())
				has(t, signed(b, `{"id":"`+id+`"}`), http.StatusAccepted, "accepted")
			}
			synctest.Wait()
			b.memory.due(t, "cs_later", b.now())
			has(t, signed(b, `{"id":"cs_later"}`), http.StatusTooManyRequests, "too many calls are under way")
			close(goOn)
			time.Sleep(2 * minPause)
			if d := b.memory.delivery("cs_later"); d.State != order.Sent {
				t.Errorf("the order that was not accepted: %+v", d)
			}
			has(t, signed(b, `{"id":"cs_later"}`), http.StatusAccepted, "accepted")
			synctest.Wait()
			has(t, b.pause("1m"), http.StatusOK, `"idle":true`)
		})
	})

	t.Run("refuses what is not signed, at no cost", func(t *testing.T) {
		t.Parallel()

		b := setUp(t)
		id := b.place(t, "completed_paid")
		body := `{"id":"` + id + `"}`
		for what, signature := range map[string]string{"no": "", "another key's": openfaas.Sign([]byte(body), "another")} {
			if res := b.hand(body, signature); res.StatusCode != http.StatusBadRequest {
				t.Errorf("with %s signature it answers %d", what, res.StatusCode)
			}
		}
		has(t, signed(b, `{"nothing":true}`), http.StatusBadRequest, "unknown call")
		if b.memory.calls != 0 {
			t.Errorf("%d calls of the database", b.memory.calls)
		}
	})

	t.Run("logs what went wrong after the answer, and survives a panic", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			b, _, quit := alive(t, 1, func(b *bench, _ *stub) { b.interval = 0 })
			defer quit()
			b.memory.loadFunc = func(string) error { panic("broken") }
			has(t, signed(b, `{"id":"cs_0"}`), http.StatusAccepted, "accepted")
			synctest.Wait()
			for _, part := range []string{`"msg":"call refused"`, `"order":"cs_0"`, "panic: broken", "receive.go"} {
				if !strings.Contains(b.logged.String(), part) {
					t.Errorf("the log lacks %s:\n%s", part, b.logged)
				}
			}
			b.memory.loadFunc = nil
			has(t, b.pause("1m"), http.StatusOK, `"idle":true`)
		})
	})
}
