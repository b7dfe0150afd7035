package metrics_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/local/metrics"
)

// asked is the gateway's query, as it is at the version in local/parts/go.mod.
const asked = `sum(gateway_function_invocation_total{function_name=~".*.openfaas-fn"}) by (function_name)`

// scraped is what the gateway serves, with the metrics around the one that is asked for.
const scraped = `# HELP gateway_function_invocation_started The total number of function HTTP requests started.
# TYPE gateway_function_invocation_started counter
gateway_function_invocation_started{function_name="send-email.openfaas-fn"} 90
# HELP gateway_function_invocation_total Function metrics
# TYPE gateway_function_invocation_total counter
gateway_function_invocation_total{code="200",function_name="send-email.openfaas-fn"} 1.234567e+06
gateway_function_invocation_total{code="200",function_name="stripe-webhook.openfaas-fn"} 3
gateway_function_invocation_total{code="403",function_name="stripe-webhook.openfaas-fn"} 4
gateway_function_invocation_total{code="200",function_name="send-email.other"} 5
# HELP gateway_functions_seconds Function time taken
# TYPE gateway_functions_seconds histogram
gateway_functions_seconds_bucket{code="200",function_name="send-email.openfaas-fn",le="+Inf"} 2
gateway_functions_seconds_sum{code="200",function_name="send-email.openfaas-fn"} 0.25
gateway_functions_seconds_count{code="200",function_name="send-email.openfaas-fn"} 2
`

func TestHandler(t *testing.T) {
	t.Parallel()

	t.Run("sums a function's calls over its statuses, in the namespace that is asked for", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.serve(scraped)
		want := map[string]string{"send-email.openfaas-fn": "1234567", "stripe-webhook.openfaas-fn": "7"}
		if diff := cmp.Diff(want, b.counts(t)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("starts again with a gateway that starts again", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.serve(scraped)
		b.counts(t)
		b.serve("")
		if diff := cmp.Diff(map[string]string{}, b.counts(t)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("answers with no counts where the gateway has none to read", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		for name, gateway := range map[string]http.HandlerFunc{
			"refused": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, scraped, http.StatusBadGateway) },
			"garbled": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, scraped+"\n!") },
		} {
			b.gateway.Store(&gateway)
			if diff := cmp.Diff(map[string]string{}, b.counts(t)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})

	t.Run("refuses any other query as Prometheus refuses a mistake", func(t *testing.T) {
		t.Parallel()

		b := setup(t)
		b.serve(scraped)
		for _, query := range []string{
			"", "up", asked + " > 1", "rate" + asked, strings.Replace(asked, "total", "started", 1),
			strings.Replace(asked, ".*.", "(", 1),
		} {
			status, body := b.query(t, query)
			var said struct{ Status, ErrorType, Error string }
			if err := json.Unmarshal(body, &said); err != nil {
				t.Fatalf("%q: %v in %s", query, err, body)
			}
			if status != http.StatusBadRequest || said.Status != "error" || said.ErrorType != "bad_data" || said.Error == "" {
				t.Errorf("%q: %d %s", query, status, body)
			}
		}
	})
}

// bench is a handler and the gateway that it scrapes.
type bench struct {
	url     string
	gateway atomic.Pointer[http.HandlerFunc]
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{}
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*b.gateway.Load())(w, r) }))
	t.Cleanup(gateway.Close)
	server := httptest.NewServer(metrics.Handler(metrics.Options{URL: gateway.URL, Logger: slog.New(slog.DiscardHandler)}))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// serve has the gateway serve these metrics.
func (b *bench) serve(text string) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
	b.gateway.Store(&handler)
}

func (b *bench) query(t *testing.T, query string) (status int, body []byte) {
	t.Helper()
	res, err := http.Get(b.url + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

// counts reads the answer as the gateway does.
func (b *bench) counts(t *testing.T) map[string]string {
	t.Helper()
	status, body := b.query(t, asked)
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  []any
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v: %s", status, err, body)
	}
	counts := map[string]string{}
	for _, series := range answer.Data.Result {
		counts[series.Metric["function_name"]] = fmt.Sprint(series.Value[1])
	}
	return counts
}
