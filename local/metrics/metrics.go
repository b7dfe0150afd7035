// Package metrics answers the one query that OpenFaaS's gateway sends to Prometheus: how often each
// function of a namespace was called. On a server Prometheus scrapes the gateway's counters and
// sums them; here they are scraped when the gateway asks, so nothing is stored. The counters are in
// the gateway's memory: they start at zero with each gateway, here as on a server.
package metrics

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"handler/function/local/reply"
)

// Options says what is scraped.
type Options struct {
	// URL is the gateway's /metrics.
	URL string
	// Client makes the scrapes. Default: one that waits for 5 seconds.
	Client *http.Client
	Logger *slog.Logger
}

// Handler answers /api/v1/query as Prometheus does.
func Handler(o Options) http.Handler {
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 5 * time.Second}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/query", o.query)
	return mux
}

func (o Options) query(w http.ResponseWriter, r *http.Request) {
	functions, err := parseQuery(r.FormValue("query"))
	if err != nil {
		reply.JSON(w, http.StatusBadRequest, refusal{Status: "error", ErrorType: "bad_data", Error: err.Error()})
		return
	}
	counts, err := o.scrape(r.Context())
	if err != nil {
		// Prometheus answers with no series when its last scrape failed, and the gateway shows 0.
		o.Logger.Warn("gateway not scraped", "err", err)
	}
	reply.JSON(w, http.StatusOK, newVector(counts, functions, time.Now()))
}

// question is the query of metrics/add_metrics.go in the gateway, around the pattern of its
// functions.
var question = regexp.MustCompile(`^sum\(gateway_function_invocation_total\{function_name=~"([^"\\]*)"\}\) by \(function_name\)$`)

// parseQuery returns the pattern of the functions that a query asks for.
func parseQuery(query string) (*regexp.Regexp, error) {
	parts := question.FindStringSubmatch(query)
	if parts == nil {
		return nil, fmt.Errorf("only the gateway's own query is answered, not %q", query)
	}
	pattern, err := regexp.Compile("^(?s:" + parts[1] + ")$") // Prometheus anchors patterns, too
	if err != nil {
		return nil, errors.New("invalid pattern: " + err.Error())
	}
	return pattern, nil
}

// vector is Prometheus's answer to an instant query.
type vector struct {
	Status string `json:"status"`
	Data   struct {
		ResultType string   `json:"resultType"`
		Result     []series `json:"result"`
	} `json:"data"`
}

type series struct {
	Metric map[string]string `json:"metric"`
	// Value is the time in seconds, and the number as text.
	Value [2]any `json:"value"`
}

type refusal struct {
	Status    string `json:"status"`
	ErrorType string `json:"errorType"`
	Error     string `json:"error"`
}

func newVector(counts map[string]float64, functions *regexp.Regexp, now time.Time) vector {
	v := vector{Status: "success"}
	v.Data.ResultType, v.Data.Result = "vector", []series{}
	for name, n := range counts {
		if functions.MatchString(name) {
			value := [2]any{float64(now.UnixMilli()) / 1000, strconv.FormatFloat(n, 'f', -1, 64)}
			v.Data.Result = append(v.Data.Result, series{map[string]string{functionLabel: name}, value})
		}
	}
	return v
}
