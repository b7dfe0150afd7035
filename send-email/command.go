package function

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"sync"
	"time"

	"handler/function/internal/commands"
	"handler/function/internal/openfaas"
)

// command is what a signed call asks for: a commands.Command, or an ownCommand.
type command interface {
	// Check returns an *openfaas.ArgumentError if an argument cannot be used.
	Check() error
	// OrderID is the ID of the order that it is about; empty if it is about none, or several.
	OrderID() string
}

// ownCommand is a command that needs the function itself.
type ownCommand interface {
	command
	// answer executes it. What it returns becomes the answer's JSON, also beside an error that says
	// that the rest was put off.
	answer(ctx context.Context, f *Function, log *slog.Logger) (any, error)
}

// kind is a kind of command.
type kind struct {
	new func(openfaas.Call) command
	// changes: it does something that would not happen without it, at a person's wish. A copy of
	// such a call must not do it another time: it is dated, and refused when it is old.
	changes bool
	// reads: it shows what is held of customers. It is dated, too.
	reads bool
}

// kinds are what can be asked for, by its name in the call: the owner's commands, and the
// function's own.
var kinds = allKinds(map[string]kind{
	"id":      {new: func(openfaas.Call) command { return new(sendOrder) }},
	"charge":  {new: func(openfaas.Call) command { return new(charged) }},
	"sweep":   {new: func(openfaas.Call) command { return new(sweepAll) }},
	"pause":   {new: func(openfaas.Call) command { return new(pause) }, changes: true},
	"probe":   {new: func(openfaas.Call) command { return new(probe) }},
	"process": {new: func(openfaas.Call) command { return new(process) }},
})

func allKinds(own map[string]kind) map[string]kind {
	for name, k := range commands.Kinds() {
		own[name] = kind{new: func(c openfaas.Call) command { return k.New(c) }, changes: k.Changes, reads: k.Reads}
	}
	return own
}

// commands answers the owner's commands.
func (f *Function) commands() commands.Service {
	return commands.Service{
		Store:     func() (commands.Store, error) { return f.store() },
		Catalogue: f.catalogue,
		Send: func(ctx context.Context, log *slog.Logger, id string) (any, error) {
			p, err := f.sendAsked(ctx, log, id)
			if deferred(err) { // the sweep does the rest
				err = nil
			}
			return p, err
		},
		Now: f.now,
		Log: f.log,
	}
}

// alwaysAnswered reports whether a command is answered during a pause too: it costs nothing, and
// begins nothing.
func alwaysAnswered(c command) bool {
	switch c.(type) {
	case *pause, *probe, *process:
		return true
	}
	return false
}

// decode reads a signed body. Its error is openfaas.ErrCall, openfaas.ErrStale or an
// *openfaas.ArgumentError.
func (f *Function) decode(body []byte) (command, error) {
	c, err := openfaas.ParseCall(body)
	if err != nil {
		return nil, err
	}
	k, known := kinds[c.Command]
	if !known {
		return nil, openfaas.ErrCall
	}
	r := k.new(c)
	if err := c.Arguments(r); err != nil {
		return nil, err
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	if k.changes || k.reads {
		return r, c.Fresh(f.now())
	}
	return r, nil
}

// sendOrder is an order's ID: bring it as far as it can be brought now.
type sendOrder string

func (r *sendOrder) Check() error { return commands.CheckID("id", string(*r)) }

func (r *sendOrder) OrderID() string { return string(*r) }

func (r *sendOrder) answer(ctx context.Context, f *Function, log *slog.Logger) (any, error) {
	return f.sendAsked(ctx, log, string(*r))
}

// charged is the ID of an order whose money went back, or may: do what is due. A charge says nothing
// of what was bought, so items that were given up stay so.
type charged string

func (r *charged) Check() error { return commands.CheckID("charge", string(*r)) }

func (r *charged) OrderID() string { return string(*r) }

func (r *charged) answer(ctx context.Context, f *Function, log *slog.Logger) (any, error) {
	return f.send(ctx, log, string(*r), f.unpaced(), noDeadline)
}

// sweepAll is true: do all that is due.
type sweepAll bool

func (r *sweepAll) Check() error { return commands.CheckTrue("sweep", bool(*r)) }

func (r *sweepAll) OrderID() string { return "" }

func (r *sweepAll) answer(ctx context.Context, f *Function, _ *slog.Logger) (any, error) {
	return f.sweepAsked(ctx)
}

// maxProbes is how many probes a process remembers.
const maxProbes = 16

// notes are what this process has noticed, for make doctor to ask. Nothing that the function does
// depends on them.
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

// probe is a word by which the doctor finds out whether the queue delivers calls: it is sent by the
// queue, and then looked for in what process answers.
type probe string

var probeForm = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)

func (r *probe) Check() error {
	if !probeForm.MatchString(string(*r)) {
		return &openfaas.ArgumentError{Name: "probe", Want: "up to 64 letters and digits"}
	}
	return nil
}

func (r *probe) OrderID() string { return "" }

func (r *probe) answer(_ context.Context, f *Function, log *slog.Logger) (any, error) {
	f.notes.probe(string(*r))
	log.Info("probe came in")
	return map[string]string{"probe": string(*r)}, nil
}

// process is true: say what this process has noticed. Another replica has noticed other things.
type process bool

// processInfo is the answer.
type processInfo struct {
	Now       time.Time `json:"now"`
	StartedAt time.Time `json:"started_at"`
	// WokenAt is when the last empty call came; nil where none has.
	WokenAt *time.Time `json:"woken_at"`
	Probes  []string   `json:"probes"`
}

func (r *process) Check() error { return commands.CheckTrue("process", bool(*r)) }

func (r *process) OrderID() string { return "" }

func (r *process) answer(_ context.Context, f *Function, _ *slog.Logger) (any, error) {
	n := &f.notes
	n.mu.Lock()
	defer n.mu.Unlock()
	c := processInfo{Now: f.now(), StartedAt: n.started, Probes: append([]string{}, n.probes...)}
	if woken := n.woken; !woken.IsZero() {
		c.WokenAt = &woken
	}
	return c, nil
}
