package provider

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gorilla/mux"
)

// invoke hands a call to one of the function's processes, and starts one first if none is alive.
// While a function starts or is updated its callers wait; only a call that was with the old process
// when that was killed, because it outlasted the grace, is lost.
func (p *Provider) invoke(w http.ResponseWriter, r *http.Request) {
	name := mux.Vars(r)["name"]
	chosen, err := p.acquire(r.Context(), name)
	if err != nil {
		w.Header().Set(internalHeader, "proxy")
		code := status(err)
		if code == http.StatusInternalServerError {
			code = http.StatusServiceUnavailable
		}
		p.logger.Error("a call found no process", "function", name, "status", code, "err", err)
		// What the process printed is for the operator's eyes, not for any caller's.
		http.Error(w, fmt.Sprintf("No endpoints available for: %s.", name), code)
		return
	}
	chosen.serve(w, r)
}

// acquire chooses a replica that is alive, the next one in the round.
func (p *Provider) acquire(ctx context.Context, name string) (*replica, error) {
	f, err := p.find(name)
	if err != nil {
		return nil, err
	}
	first := f.choose()
	if first.full {
		return first.replica, nil
	}
	if first.replica != nil {
		if !f.tryTurn() {
			return first.replica, nil // somebody else replaces the dead ones
		}
	} else if err := f.takeTurn(ctx); err != nil {
		return nil, err
	}
	defer f.giveTurn()
	return p.revive(f, first)
}

// revive starts what is still missing, unless that was tried in vain since the caller looked first:
// a hundred calls to a broken function share one attempt. The caller holds the turn.
func (p *Provider) revive(f *function, first seat) (*replica, error) {
	if f.isRemoved() {
		return nil, fmt.Errorf("function %s: %w", f.name, errNotFound)
	}
	err := f.failedSince(first.tries)
	if err == nil {
		err = p.fill(f)
	}
	now := f.choose()
	switch {
	case now.replica == nil && err != nil:
		return nil, err
	case now.replica == nil:
		return nil, fmt.Errorf("function %s ended as soon as it was ready", f.name)
	case err != nil:
		// The living carry on; the next call tries again to replace the dead.
		p.logger.Error("a function lacks processes", "function", f.name, "err", err)
	}
	return now.replica, nil
}
