// Package provider is an OpenFaaS provider that runs functions as processes of this machine, where
// faasd runs them as containers. Behind the real gateway, the UI and faas-cli work against it as
// they do against faasd: deploy, list, describe, scale, invoke, logs and secrets, in the one
// namespace openfaas-fn.
//
// It promises: no process outlives it; a deployment is checked before the running one is touched
// (faasd removes that first); a function that died is started again by its next call, which waits
// for it; a secret's value is in the function's folder and its own and nowhere else, neither in an
// answer nor in a log.
//
// It ends a function as faasd does: first its connections fall silent, then SIGTERM comes, twice;
// what of-watchdog would decide, when the container ends, is decided here; and if it has to be
// killed, the new one is not deployed.
//
// Deployments are kept in memory only, secrets on disk.
package provider

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	defaultTimeout      = 65 * time.Second
	defaultStartTimeout = 10 * time.Second
	defaultGrace        = 10 * time.Second
)

// Options say where and how to run functions. Dir and Images are required.
type Options struct {
	// Dir holds the provider's state: secrets/, which is kept, and functions/, which is not.
	Dir string
	// Images finds the handler binary that stands for an image. Its error is shown to who deploys.
	Images func(ref string) (binary string, err error)
	// Defaults is environment of every function, unless its deployment says otherwise.
	Defaults map[string]string
	// Logger logs deployments and processes that end by themselves; nil logs nothing.
	Logger *slog.Logger
	// Changed is called after the processes of a function or the value of a secret have changed,
	// from any goroutine and perhaps at once from several. It may call Processes and Secret.
	Changed func()
	// Log is called with each line that a function prints, for one process never twice at a time.
	Log func(function, instance, line string)
	// Timeout ends a call of a function and a log stream; 0 means 65 seconds.
	Timeout time.Duration
	// StartTimeout is what a process has until it must listen; 0 means 10 seconds.
	StartTimeout time.Duration
	// Grace is what a process has to end after SIGTERM, before SIGKILL; 0 means 10 seconds.
	Grace time.Duration
}

// Provider runs functions. All its methods may be called at the same time.
type Provider struct {
	options Options
	logger  *slog.Logger
	secrets *secrets

	// ending is over once Close is called: no process starts after that.
	ending context.Context
	end    context.CancelCauseFunc
	// watchers end after the process that each one watches.
	watchers sync.WaitGroup

	mu        sync.Mutex
	functions map[string]*function
	// journals outlive their functions: logs of a removed one can be read, as with faasd's journal.
	journals map[string]*journal
}

// New makes a provider without any function. Call Close at its end.
func New(options Options) *Provider {
	if options.Timeout <= 0 {
		options.Timeout = defaultTimeout
	}
	if options.StartTimeout <= 0 {
		options.StartTimeout = defaultStartTimeout
	}
	logger := options.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	ending, end := context.WithCancelCause(context.Background())
	return &Provider{
		options:   options,
		logger:    logger,
		secrets:   &secrets{dir: filepath.Join(options.Dir, "secrets")},
		ending:    ending,
		end:       end,
		functions: map[string]*function{},
		journals:  map[string]*journal{},
	}
}

// Processes are the process IDs of the function's replicas that are ready, the oldest first.
func (p *Provider) Processes(name string) []int {
	f, err := p.find(name)
	if err != nil {
		return nil
	}
	var pids []int
	for _, r := range f.running() {
		pids = append(pids, r.process.PID())
	}
	return pids
}

// Close ends all functions, those that do not listen to SIGTERM by SIGKILL when ctx is over, and
// all streams of logs. Calls that come later are answered 503. The error names who had to be
// killed.
func (p *Provider) Close(ctx context.Context) error {
	p.mu.Lock()
	p.end(errClosed)
	functions := p.all()
	p.mu.Unlock()

	err := each(functions, func(f *function) error {
		// Who holds the turn gives it back soon: starts and stops end with p.ending.
		f.turn <- struct{}{}
		defer f.giveTurn()
		err := f.stop(ctx, f.take(0))
		if network := f.disconnect(); network != nil {
			network.close()
		}
		return err
	})
	p.watchers.Wait()
	return err
}

func (p *Provider) find(name string) (*function, error) { return named(p, p.functions, name) }

func (p *Provider) journal(name string) (*journal, error) { return named(p, p.journals, name) }

// named is what a map of p has for a function, whose name may have the namespace behind a dot.
func named[T any](p *Provider, all map[string]T, name string) (found T, err error) {
	if name, err = plainName(name); err != nil {
		return found, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := all[name]
	if !ok {
		return found, fmt.Errorf("function %s: %w", name, errNotFound)
	}
	return found, nil
}

// add enters a new function, its turn taken by the caller.
func (p *Provider) add(f *function) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ending.Err() != nil {
		return errClosed
	}
	if _, ok := p.functions[f.name]; ok {
		return fmt.Errorf("function %s: %w", f.name, errExists)
	}
	p.functions[f.name] = f
	if p.journals[f.name] == nil {
		p.journals[f.name] = newJournal()
	}
	f.journal = p.journals[f.name]
	return nil
}

func (p *Provider) forget(f *function) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.functions, f.name)
}

// all lists the functions by name. The caller holds p.mu.
func (p *Provider) all() []*function {
	all := make([]*function, 0, len(p.functions))
	for _, f := range p.functions {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *function) int { return strings.Compare(a.name, b.name) })
	return all
}

func (p *Provider) changed() {
	if p.options.Changed != nil {
		p.options.Changed()
	}
}

func health(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write([]byte("OK"))
}
