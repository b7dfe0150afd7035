package bench

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// measured is a run with round figures.
func measured() *Results {
	figures := func(cpu, rss, start, events float64) Figures {
		return Figures{cpuPerEvent: cpu, rssRest: rss, rssAfter: rss, startMS: start, perSecond(1): events, perSecond(16): events, perSecond(64): events, latency(50, 16): 1, latency(99, 16): 2}
	}
	mine := figures(100, 20<<10, 40, 1000)
	mine["binary_bytes"], mine["image_layer_bytes"], mine[forgedCPU] = 10e6, 9e6, 49
	return &Results{
		Machine: "a machine", Rounds: 5,
		Contenders:  map[string]Figures{ours: mine, ceiling: figures(50, 10<<10, 30, 2000), node: figures(400, 100<<10, 400, 500)},
		NotMeasured: map[string]string{},
		Grown:       []Grown{{Stored: 0, SweepMS: 1, Events: 100, Orders: 10, After: 30 << 10}, {Stored: 1000, SweepMS: 1.2, Events: 90, Orders: 10, After: 50 << 10}},
	}
}

func TestFiguresAreMedians(t *testing.T) {
	t.Parallel()

	f := figuresOf([]sampled{{"a": 3, "b": 1}, {"a": 1, "b": 2}, {"a": 1000}})
	if f["a"] != 3 || f["b"] != 1.5 {
		t.Errorf("got %v", f)
	}
}

func TestRounded(t *testing.T) {
	t.Parallel()

	for v, want := range map[float64]float64{0: 0, 0.0123456: 0.01235, 1.23456: 1.235, 123456.7: 123457, 12.34567: 12.35} {
		if got := rounded(v); got != want {
			t.Errorf("%v becomes %v, want %v", v, got, want)
		}
	}
}

func TestGoals(t *testing.T) {
	t.Parallel()

	table := measured().goalsTable()
	for _, want := range []string{
		"| CPU an event, to Node's | at most 0.333 | 0.250 | met |",
		"| events/s at 16 senders, to the ceiling's | at least 0.900 | 0.500 | **not met** |",
		"| compressed layer of stripe-webhook | at most 8.00 MB | 9.00 MB | **not met** |",
		"| binary of send-email | at most 20.0 MB |  | not measured |",
		"| send-email after its orders, with 16 MB for its watchdog | at most 64.0 MB | 66.0 MB | **not met** |",
		"| a sweep beside the most orders, to one beside none | at most 1.50 | 1.20 | met |",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("no line %q in\n%s", want, table)
		}
	}

	t.Run("says what could not be compared", func(t *testing.T) {
		t.Parallel()

		r := measured()
		delete(r.Contenders, node)
		r.NotMeasured[node] = "Node.js is not installed"
		if table := r.goalsTable(); !strings.Contains(table, "| CPU an event, to Node's | at most 0.333 |  | not measured |") {
			t.Errorf("got\n%s", table)
		}
		if table := r.beside(); !strings.Contains(table, "Not measured: Express on Node (no mail), since Node.js is not installed") {
			t.Errorf("got\n%s", table)
		}
	})

	t.Run("names what is not met", func(t *testing.T) {
		t.Parallel()

		if unmet := measured().Unmet(); len(unmet) != 3 {
			t.Errorf("got %q", unmet)
		}
	})
}

func TestWrite(t *testing.T) {
	t.Parallel()

	docs := t.TempDir()
	page := filepath.Join(docs, "performance.md")
	if err := os.WriteFile(page, []byte("before\n"+tablePlace.begins+"\nold\n"+tablePlace.ends+"\nbetween\n"+salesPlace.begins+"\nearlier sales\n"+salesPlace.ends+"\nafter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time over what the first one has written
		if err := measured().Write(docs); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(docs, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if got := read("performance.md"); !strings.HasPrefix(got, "before\n") || !strings.HasSuffix(got, "\nafter\n") ||
		strings.Contains(got, "old") || strings.Count(got, "| goal | wanted | got |") != 1 {
		t.Errorf("the page is\n%s", got)
	}
	var figures map[string]json.RawMessage
	var of struct {
		CPU float64 `json:"cpu_us_per_event"`
	}
	if err := json.Unmarshal([]byte(read("performance.json")), &figures); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(figures[node], &of); err != nil || of.CPU != 400 {
		t.Errorf("Node's figures are %s", figures[node])
	}
	plot := read("performance.svg")
	for d := xml.NewDecoder(strings.NewReader(plot)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the plot is no XML: %v", err)
		}
	}
	if n := strings.Count(plot, `<rect class="ours"`); n != len(panels) || !strings.Contains(plot, "prefers-color-scheme: dark") {
		t.Errorf("%d bars of ours in\n%s", n, plot)
	}

	sales := &Results{Sales: &Sales{Machine: "another machine", Rounds: 5, OpenFaaS: Figures{ackP50: 12}, Bare: Figures{ackP50: 3}}}
	if err := sales.Write(docs); err != nil {
		t.Fatal(err)
	}
	if got := read("performance.md"); strings.Contains(got, "earlier sales") || !strings.Contains(got, "| without OpenFaaS: both functions | 3.00 |") ||
		strings.Count(got, "| goal | wanted | got |") != 1 {
		t.Errorf("with whole sales the page is\n%s", got)
	}
	if got := read("performance.json"); !strings.Contains(got, "another machine") || !strings.Contains(got, node) {
		t.Errorf("with whole sales the figures are\n%s", got)
	}

	if err := os.WriteFile(page, []byte("no place"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := measured().Write(docs); err == nil {
		t.Error("a page without a place for the table is no error")
	}
}
