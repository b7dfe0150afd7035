package function

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
)

func BenchmarkForged(b *testing.B) {
	dir := b.TempDir()
	os.WriteFile(dir+"/stripe-webhook-secret", []byte("whsec_test\n"), 0o600)
	s := openfaas.Secrets{Dir: dir}
	null, _ := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	e := &Endpoint{Secrets: func() ([]string, error) { return s.Lines("stripe-webhook-secret", "whsec_") },
		Log: slog.New(slog.NewJSONHandler(null, nil))}
	for _, size := range []int{100, 5000, 100_000, 1 << 20} {
		body := make([]byte, size)
		for name, h := range map[string]string{"none": "", "stale": fmt.Sprintf("t=1,v1=%064d", 1), "now": fmt.Sprintf("t=%d,v1=%064d", time.Now().Unix(), 1),
			"many": fmt.Sprintf("t=%d%s", time.Now().Unix(), strings.Repeat(",v1=00", 330))} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.ReportAllocs()
				req := handler.Request{Method: "POST", Body: body, Header: map[string][]string{"Stripe-Signature": {h}}}
				for b.Loop() {
					if r := e.Receive(req); r.StatusCode != 400 {
						b.Fatal(r.StatusCode)
					}
				}
			})
		}
	}
}
