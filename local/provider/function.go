package provider

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/openfaas/faas-provider/types"
)

// function is one deployed function and its replicas.
type function struct {
	name    string
	dir     string // the function's own folder: its secrets, and a working folder for each replica
	journal *journal

	// turn is held by the one who starts or ends processes: a deployment, a scaling, a call that
	// finds none. Calls that find none wait for it.
	turn chan struct{}

	mu         sync.Mutex
	deployment types.FunctionDeployment
	network    *network // nil until the first start after a deployment
	binary     string
	created    time.Time
	removed    bool
	wanted     int
	replicas   []*replica // all are ready, or were until they died
	next       int        // whose turn it is, round and round
	started    int        // instances so far, to name the next
	tries      int        // attempts to start so far
	failure    error      // of the last attempt
}

func (f *function) secretsDir() string { return filepath.Join(f.dir, "secrets") }

func (f *function) takeTurn(ctx context.Context) error {
	select {
	case f.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for function %s: %w", f.name, context.Cause(ctx))
	}
}

func (f *function) tryTurn() bool {
	select {
	case f.turn <- struct{}{}:
		return true
	default:
		return false
	}
}

func (f *function) giveTurn() { <-f.turn }

// define gives the function what to run from its next start on.
func (f *function) define(deployment types.FunctionDeployment, binary string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deployment, f.binary, f.created = deployment, binary, time.Now().UTC()
	f.wanted = max(f.wanted, 1)
}

// newInstance names the next process, and says what it runs.
func (f *function) newInstance() (instance, binary string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.started++
	return fmt.Sprintf("%s-%d", f.name, f.started), f.binary
}

func (f *function) isRemoved() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.removed
}

func (f *function) running() []*replica {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.replicas)
}

// take removes all replicas but the first keep from the list, so that no call goes to them any
// more.
func (f *function) take(keep int) []*replica {
	f.mu.Lock()
	defer f.mu.Unlock()
	keep = min(keep, len(f.replicas))
	taken := slices.Clone(f.replicas[keep:])
	f.replicas = f.replicas[:keep:keep]
	return taken
}

func (f *function) put(r *replica) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replicas = append(f.replicas, r)
}

// drop removes one replica from the list, and reports whether it was there.
func (f *function) drop(r *replica) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.Index(f.replicas, r)
	if i < 0 {
		return false
	}
	// A new list: a clone of the old one may be in use.
	f.replicas = slices.Concat(f.replicas[:i], f.replicas[i+1:])
	return true
}

// disconnect takes the network from the function, if it has one.
func (f *function) disconnect() *network {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.network
	f.network = nil
	return n
}

// stop ends replicas that are not in the list any more, all at once, and lets them finish.
func (f *function) stop(ctx context.Context, replicas []*replica) error {
	return each(replicas, func(r *replica) error {
		err := r.process.Stop(ctx)
		<-r.gone
		if err != nil {
			return fmt.Errorf("stop %s: %w", r.instance, err)
		}
		return nil
	})
}

// each does something to all at the same time.
func each[T any](all []T, do func(T) error) error {
	failures := make([]error, len(all))
	var done sync.WaitGroup
	for i, one := range all {
		done.Go(func() { failures[i] = do(one) })
	}
	done.Wait()
	return errors.Join(failures...)
}

// seat is a choice of a replica for one call.
type seat struct {
	replica *replica // nil if none is alive
	full    bool     // as many are alive as there should be, and at least one
	tries   int      // attempts to start that were over by then
}

// choose takes the next replica that is alive.
func (f *function) choose() seat {
	for {
		f.mu.Lock()
		s := seat{tries: f.tries, full: len(f.replicas) >= max(f.wanted, 1)}
		if len(f.replicas) > 0 {
			s.replica = f.replicas[f.next%len(f.replicas)]
			f.next++
		}
		f.mu.Unlock()

		if s.replica == nil || s.replica.alive() {
			return s
		}
		f.drop(s.replica)
	}
}

// failedSince is the failure of an attempt to start that was over after the caller had counted.
func (f *function) failedSince(tries int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tries > tries {
		return f.failure
	}
	return nil
}

func (f *function) tried(failure error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tries++
	f.failure = failure
}
