package metrics

import (
	"context"
	"fmt"
	"io"
	"net/http"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

const (
	invocations   = "gateway_function_invocation_total"
	functionLabel = "function_name"
)

// scrape reads how often each function was called, by the gateway's name for it.
func (o Options) scrape(ctx context.Context) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.URL, http.NoBody)
	if err != nil {
		return nil, err
	}
	res, err := o.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", o.URL, res.Status)
	}
	return count(res.Body)
}

// count sums the counters of each function: there is one for each status that it answered with.
func count(text io.Reader) (map[string]float64, error) {
	var parser expfmt.TextParser
	families, err := parser.TextToMetricFamilies(text)
	if err != nil {
		return nil, fmt.Errorf("parse metrics: %w", err)
	}
	counts := map[string]float64{}
	for _, metric := range families[invocations].GetMetric() {
		counts[function(metric)] += metric.GetCounter().GetValue()
	}
	return counts, nil
}

func function(metric *dto.Metric) string {
	for _, label := range metric.GetLabel() {
		if label.GetName() == functionLabel {
			return label.GetValue()
		}
	}
	return ""
}
