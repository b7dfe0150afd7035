package function

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"time"

	"handler/function/internal/openfaas"
)

// maxProbes is how many probes a process remembers.
const maxProbes = 16

// notes are what this process has noticed, for make doctor to ask. Nothing that the function does depends on them.
type notes struct {
	started time.Time

	mu sync.Mutex
	// woken is when the last empty call came, as cron-connector makes them.
	woken time.Time
	// probes are those that came last, the newest at the end.
	probes []string
}

func (n *notes) wake(now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.woken = now
}

func (n *notes) probe(word string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.probes = append(n.probes, word); len(n.probes) > maxProbes {
		n.probes = slices.Delete(n.probes, 0, 1)
	}
}

// probe is a word of whoever wants to know whether the queue brings calls: it is sent by the queue, and then looked for
// in what process answers.
type probe string

var probeForm = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)

func (r *probe) check() error {
	if !probeForm.MatchString(string(*r)) {
		return &openfaas.ArgumentError{Name: "probe", Want: "up to 64 letters and digits"}
	}
	return nil
}

func (r *probe) order() string { return "" }

func (r *probe) answer(_ context.Context, f *Function, log *slog.Logger) (any, error) {
	f.notes.probe(string(*r))
	log.Info("probe came in")
	return map[string]string{"probe": string(*r)}, nil
}

// process is true: say what this process has noticed. Another replica has noticed other things.
type process bool

// condition is the answer.
type condition struct {
	Now       time.Time `json:"now"`
	StartedAt time.Time `json:"started_at"`
	// WokenAt is when the last empty call came; nil where none has.
	WokenAt *time.Time `json:"woken_at"`
	Probes  []string   `json:"probes"`
}

func (r *process) check() error { return checkTrue("process", bool(*r)) }

func (r *process) order() string { return "" }

func (r *process) answer(_ context.Context, f *Function, _ *slog.Logger) (any, error) {
	n := &f.notes
	n.mu.Lock()
	defer n.mu.Unlock()
	c := condition{Now: f.now(), StartedAt: n.started, Probes: append([]string{}, n.probes...)}
	if woken := n.woken; !woken.IsZero() {
		c.WokenAt = &woken
	}
	return c, nil
}
