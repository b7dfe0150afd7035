package function

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
	"handler/function/internal/sample"
)

// unwired is an endpoint with a secret in a file and a log that is written, as deployed, and
// nothing to store anything in: what is forged does not get that far.
func unwired(t testing.TB) *Endpoint {
	t.Helper()
	s := openfaas.Secrets{Dir: writeSecrets(t, map[string]string{"stripe-webhook-secret": secret + "\n"})}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = null.Close() })
	return &Endpoint{
		Secrets: func() ([]string, error) { return s.Lines("stripe-webhook-secret", "whsec_") },
		Log:     slog.New(slog.NewJSONHandler(null, nil)),
	}
}

// forgeries are headers of a sender without the secret.
func forgeries(now time.Time) map[string]string {
	at := fmt.Sprintf("t=%d,", now.Unix())
	wrong := "v1=" + strings.Repeat("0", 64)
	return map[string]string{
		"nothing":           "",
		"an old time":       "t=1700000000," + wrong,
		"signature":         at + wrong,
		"10 signatures":     at + strings.Repeat(wrong+",", 9) + wrong,
		"1,000 signatures":  at + strings.Repeat(wrong+",", 999) + wrong,
		"2,000 bytes":       at + wrong + "," + strings.Repeat("v1=,", 480),
		"a time of no end":  "t=" + strings.Repeat("9", 2000),
		"1 MiB of nonsense": strings.Repeat("=,", 1<<19),
	}
}

func forged(header string, body []byte) handler.Request {
	return handler.Request{Method: http.MethodPost, Body: body, Header: http.Header{"Stripe-Signature": {header}}}
}

// BenchmarkForged is what it costs to turn away a request that Stripe did not sign, its line in the
// log included.
func BenchmarkForged(b *testing.B) {
	e := unwired(b)
	for _, size := range []int{0, 4 << 10, 64 << 10, maxBody} {
		for _, name := range []string{"nothing", "an old time", "signature", "10 signatures", "2,000 bytes", "1 MiB of nonsense"} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.ReportAllocs()
				req := forged(forgeries(time.Now())[name], make([]byte, size))
				for b.Loop() {
					if res := e.Receive(req); res.StatusCode != http.StatusBadRequest {
						b.Fatalf("got %d %s", res.StatusCode, res.Body)
					}
				}
			})
		}
	}
}

// Turning a forged request away takes the same little memory, whatever the forger sends and however
// much.
func TestForgedTakesNoMemory(t *testing.T) {
	e := unwired(t)
	bodies := sample.Hostile()
	bodies["1 MiB of zeros"] = make([]byte, maxBody)
	bodies["more than 1 MiB"] = make([]byte, 2*maxBody)
	for name, header := range forgeries(time.Now()) {
		for what, body := range bodies {
			req := forged(header, body)
			req.Header["X-Call-Id"] = []string{string(body)}
			if n := testing.AllocsPerRun(3, func() { e.Receive(req) }); n > 150 {
				t.Errorf("%s, over a body of %s: %.0f allocations", name, what, n)
			}
			if n := bytesPerRun(func() { e.Receive(req) }); n > 16<<10 {
				t.Errorf("%s, over a body of %s: %d bytes", name, what, n)
			}
		}
	}
}

// bytesPerRun is the least of three runs, since other goroutines allocate too.
func bytesPerRun(run func()) uint64 {
	least := uint64(1 << 62)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		run()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// A signed body may be anything as well, once a secret is out. It is answered at once all the same,
// and what is logged of it does not grow with it.
func TestHostileEventsAreAnswered(t *testing.T) {
	t.Parallel()

	for what, body := range sample.Hostile() {
		t.Run(what, func(t *testing.T) {
			t.Parallel()

			b := setUp(t)
			began := time.Now()
			res := b.Receive(signed(body, secret, time.Now()))
			// Milliseconds, and seconds with the race detector on a busy machine; what grew with
			// the square would take minutes.
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("it took %v", took)
			}
			answered(t, b, body, res)
			if n := b.log.Len(); n > 1000 {
				t.Errorf("%d bytes were logged: %.1000s", n, b.log.String())
			}
		})
	}

	t.Run("deep nesting with a 400", func(t *testing.T) {
		t.Parallel()

		for _, body := range [][]byte{bytes.Repeat([]byte("["), maxBody), sample.Hostile()["100,000 objects in each other"]} {
			if res := setUp(t).Receive(signed(body, secret, time.Now())); res.StatusCode != http.StatusBadRequest {
				t.Errorf("got %d %s", res.StatusCode, res.Body)
			}
		}
	})
}

// Reading the secret's file and hashing the body are most of the cost.
func TestWhatCannotBeSignedIsNotHashed(t *testing.T) {
	t.Parallel()

	for _, name := range []string{"nothing", "an old time", "1,000 signatures", "2,000 bytes", "a time of no end", "1 MiB of nonsense"} {
		b := setUp(t)
		b.Secrets = func() ([]string, error) {
			t.Errorf("%s: the secret is asked for", name)
			return []string{secret}, nil
		}
		if res := b.Receive(forged(forgeries(time.Now())[name], body(t, "completed_paid"))); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: got %d %s", name, res.StatusCode, res.Body)
		}
	}
}
