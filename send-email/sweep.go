package function

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// sweepInterval is the setting that says how often to sweep; 0 turns the sweep off.
	sweepInterval = "sweep_interval"
	// batch is how many orders a round reads at once.
	batch = 50
)

// swept is what a sweep did.
type swept struct {
	// Orders is how many were due.
	Orders int `json:"orders"`
	// Errors is how many of them could not even be looked at; they are due still.
	Errors int `json:"errors"`
}

// sweep does all that is due, the oldest first, until nothing is or the time is up. Any number of
// processes may sweep at once: the claims keep them apart.
func (f *function) sweep(ctx context.Context) (swept, error) {
	var done swept
	orders, err := f.store()
	if err != nil {
		return done, err
	}
	if err := orders.EnsureIndexes(ctx); err != nil {
		return done, err
	}
	seen := map[string]bool{}
	for {
		ids, err := orders.Due(ctx, f.now(), batch)
		if err != nil {
			return done, err
		}
		fresh := 0
		for _, id := range ids {
			if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < attemptTimeout {
				return done, nil
			}
			if seen[id] {
				continue // it could not be moved on; not again in this sweep
			}
			seen[id] = true
			fresh++
			done.Orders++
			if _, err := f.send(ctx, f.log, id); err != nil {
				done.Errors++
				f.log.Error("the sweep could not handle an order", "order", id, "err", err)
			}
		}
		if fresh == 0 {
			return done, nil
		}
	}
}

// sweepForever sweeps at once, then whenever something that this process knows of is due, and at
// every interval for what it does not know of; that one comes a little early or late, so that
// replicas spread out.
func sweepForever() {
	f, err := setup()
	if err != nil {
		f.log.Error("the settings are wrong; nothing is swept", "err", err)
		return
	}
	if f.interval == 0 {
		return
	}
	for {
		f.sweepOnce()
		f.alarm.wait(f.interval - f.interval/10 + rand.N(f.interval/5+1))
	}
}

func (f *function) sweepOnce() {
	ctx, cancel := context.WithTimeout(context.Background(), max(f.interval, budget))
	defer cancel()
	began := time.Now()
	done, err := f.sweep(ctx)
	switch {
	case err != nil:
		f.log.Error("the sweep failed; the next one follows", "err", err)
	case done.Orders > 0:
		f.log.Info("swept", "orders", done.Orders, "errors", done.Errors, "duration", time.Since(began))
	}
}
