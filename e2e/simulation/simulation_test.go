package simulation

import (
	"flag"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	seeds = flag.Int("seeds", 10_000, "how many seeds TestSimulation tries")
	first = flag.Uint64("first", 1, "the first of them")
)

// TestSimulation runs both functions over the models of all that they touch, once for each seed. One
// that breaks a rule prints its history.
func TestSimulation(t *testing.T) {
	began := time.Now()
	var next, simulated atomic.Uint64
	next.Store(*first)
	var failed sync.Once
	stop := make(chan struct{})
	var all sync.WaitGroup
	faults, mu := map[string]int{}, sync.Mutex{}
	for range 2 {
		all.Go(func() {
			for {
				seed := next.Add(1) - 1
				if seed >= *first+uint64(*seeds) {
					return
				}
				select {
				case <-stop:
					return
				default:
				}
				w := simulate(t, seed, nil, false)
				simulated.Add(1)
				mu.Lock()
				for kind, n := range w.faults {
					faults[kind] += n
				}
				mu.Unlock()
				if len(w.broken) > 0 {
					failed.Do(func() {
						close(stop)
						again := simulate(t, seed, nil, true)
						t.Errorf("seed %d, found after %d seeds, breaks:\n  %s\n\nIts history:\n%s", seed, seed-*first+1,
							strings.Join(w.broken, "\n  "), strings.Join(again.history, "\n"))
					})
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d seeds in %v", simulated.Load(), time.Since(began).Round(time.Millisecond))
	for kind, n := range faults {
		t.Logf("%-28s %d", kind, n)
	}
}
