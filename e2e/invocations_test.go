package e2e

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"testing"
)

// TestInvocationCounts compares the counts in the gateway's list of functions, which the UI shows,
// with the counters that the gateway itself has. The real gateway asks the laptop for them.
func TestInvocationCounts(t *testing.T) {
	s := running(t)
	const calls = 3
	refused := func() {
		for range calls {
			if a := call(t, "POST", s.env["GATEWAY_URL"]+"/function/stripe-webhook", nil, []byte("{}")); a.status != 400 {
				t.Fatalf("a call without a signature: %d %s", a.status, a.body)
			}
		}
	}
	s.sentOnce(t, s.buy(t, "completed_paid", 2))
	before := s.countedBetween(t)["stripe-webhook"]
	refused()
	after := s.countedBetween(t)["stripe-webhook"]
	if before == 0 || after < before+calls {
		t.Errorf("%v calls before, %v after %d more that were refused", before, after, calls)
	}

	s.kill(t, "GATEWAY_PID")
	eventually(t, func() error { return s.startedAgain(t, after) })
	refused()
	if again := s.countedBetween(t)["stripe-webhook"]; again < calls {
		t.Errorf("%v calls at the gateway that started again, want %d", again, calls)
	}
}

// startedAgain: the gateway serves its list, and its counts are less than before.
func (s *system) startedAgain(t *testing.T, before float64) error {
	counts, err := s.invocationCounts(t)
	if err == nil && counts["stripe-webhook"] >= before {
		err = fmt.Errorf("it still counts %v calls", counts["stripe-webhook"])
	}
	return err
}

// countedBetween is each function's count, which lies between the gateway's counters before and
// after it was asked for.
func (s *system) countedBetween(t *testing.T) map[string]float64 {
	t.Helper()
	before := s.counters(t)
	counts, err := s.invocationCounts(t)
	if err != nil {
		t.Fatal(err)
	}
	after := s.counters(t)
	for _, name := range []string{"stripe-webhook", "send-email"} {
		if n, listed := counts[name]; !listed || n < before[name] || n > after[name] {
			t.Errorf("%s: the list says %v (listed: %v), the counters %v to %v", name, n, listed, before[name], after[name])
		}
	}
	return counts
}

// invocationCounts are those of GET /system/functions.
func (s *system) invocationCounts(t *testing.T) (map[string]float64, error) {
	var functions []struct {
		Name            string  `json:"name"`
		InvocationCount float64 `json:"invocationCount"`
	}
	a, err := try(t, "GET", s.env["GATEWAY_URL"]+"/system/functions", nil, nil)
	if err == nil {
		err = json.Unmarshal([]byte(a.body), &functions)
	}
	counts := map[string]float64{}
	for _, f := range functions {
		counts[f.Name] = f.InvocationCount
	}
	return counts, err
}

var counter = regexp.MustCompile(`(?m)^gateway_function_invocation_total\{code="\d+",function_name="([^"]+)\.openfaas-fn"\} (\S+)$`)

// counters are the gateway's own, of all statuses together.
func (s *system) counters(t *testing.T) map[string]float64 {
	t.Helper()
	text := call(t, "GET", "http://127.0.0.1:8082/metrics", nil, nil).body
	sums := map[string]float64{}
	for _, line := range counter.FindAllStringSubmatch(text, -1) {
		n, err := strconv.ParseFloat(line[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		sums[line[1]] += n
	}
	return sums
}
