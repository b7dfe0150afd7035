package function

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
)

// A flood of forged requests does not fill the log, and yet the log says how many there were.
func TestAFloodIsCounted(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		b := setUp(t)
		flood := func(n int) {
			t.Helper()
			for range n {
				if res := b.Receive(forged(forgeries(time.Now())["signature"], nil)); res.StatusCode != 400 {
					t.Fatalf("got %d %s", res.StatusCode, res.Body)
				}
			}
		}
		flood(1000)
		if n := strings.Count(b.log.String(), "call refused"); n != openfaas.LinesASecond {
			t.Errorf("%d lines for 1,000 requests in a second, want %d", n, openfaas.LinesASecond)
		}

		for range 1000 {
			b.Receive(handler.Request{Method: http.MethodGet})
		}
		if n := strings.Count(b.log.String(), "call refused"); n != openfaas.LinesASecond {
			t.Errorf("%d lines after 1,000 GETs in the same second, want %d", n, openfaas.LinesASecond)
		}

		b.log.Reset()
		time.Sleep(time.Second)
		flood(2)
		if log := b.log.String(); strings.Count(log, "call refused") != 2 || strings.Count(log, "suppressed=1990") != 1 {
			t.Errorf("the next second does not tell once of the 1,990 before it:\n%s", log)
		}
	})
}

// What the owner must correct is logged each time.
func TestAFloodHidesNoWrongSecret(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		b := setUp(t)
		b.Secrets = func() ([]string, error) {
			return nil, openfaas.NewMisconfigured("secret stripe-webhook-secret is missing")
		}
		for range 100 {
			b.Receive(forged(forgeries(time.Now())["signature"], nil))
		}
		if n := strings.Count(b.log.String(), "as it is configured"); n != 100 {
			t.Errorf("%d lines for 100 calls without a secret", n)
		}
	})
}
