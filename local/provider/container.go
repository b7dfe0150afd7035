package provider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// errNotEnded is what faasd says of a container that did not end in time. It has killed it by then,
// and does not wait.
var errNotEnded = errors.New("cannot delete running task: failed precondition")

// watchdog is what stands before a handler in a container, as far as it decides when the container
// ends.
type watchdog struct {
	// interval is how long it serves on after SIGTERM, and writeTimeout how long it then waits for
	// running calls.
	interval, writeTimeout time.Duration
	// grace is when the platform kills the container.
	grace time.Duration
}

// watchdogOf reads the settings as of-watchdog does.
func watchdogOf(env map[string]string, grace time.Duration) watchdog {
	w := watchdog{writeTimeout: seconds(env["write_timeout"], 30*time.Second), grace: cmp.Or(grace, defaultGrace)}
	w.interval = seconds(env["healthcheck_interval"], w.writeTimeout)
	return w
}

// seconds reads a number of seconds, or a duration.
func seconds(text string, otherwise time.Duration) time.Duration {
	if n, err := strconv.Atoi(text); err == nil {
		return time.Duration(n) * time.Second
	}
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	return otherwise
}

// remove ends what runs of the function as faasd ends a container: it takes the network away, and
// only then sends SIGTERM. Its error is errNotEnded where a container had to be killed. The caller
// holds the turn.
func (p *Provider) remove(f *function) error {
	w := watchdogOf(p.settings(f), p.options.Grace)
	replicas, network := f.take(0), f.disconnect()
	if network == nil {
		return nil
	}
	network.cut()
	defer network.close()
	return each(replicas, func(r *replica) error { return r.remove(p.ending, w) })
}

// remove ends one container. The watchdog in it ends once no call runs, and never hears the end of
// a call whose network is gone; or as soon as the handler ends with an error. With it, as its first
// process, all others of the container go.
//
// SIGTERM comes twice: faasd signals every process, and the watchdog passes its own on.
func (r *replica) remove(ending context.Context, w watchdog) error {
	hangs := r.calls.Load() > 0
	killed := time.After(w.grace)
	r.process.Terminate()
	r.endsWithin(betweenSignals)
	r.process.Terminate()
	defer func() {
		r.process.Kill()
		<-r.gone
	}()
	handler, next := r.process.Done(), time.After(w.interval)
	for {
		select {
		case <-handler:
			if r.process.Err() != nil {
				return nil
			}
			handler = nil // the watchdog does not mind
		case <-next:
			if !hangs {
				return nil
			}
			hangs, next = false, time.After(w.writeTimeout)
		case <-killed:
			return fmt.Errorf("%s: %w", r.instance, errNotEnded)
		case <-ending.Done():
			return nil
		}
	}
}
