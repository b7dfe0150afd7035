package function

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
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
	f.ensureIndexes(ctx, orders)
	seen := map[string]bool{}
	for limit := batch; ; {
		ids, err := orders.Due(ctx, f.now(), limit)
		if err != nil {
			return done, err
		}
		fresh := 0
		for _, id := range ids {
			if !timeLeft(ctx) {
				return done, nil
			}
			if seen[id] {
				continue // it could not be moved on; not again in this sweep
			}
			seen[id] = true
			fresh++
			done.Orders++
			if err := f.sweepOrder(ctx, id); err != nil {
				done.Errors++
				f.log.Error("the sweep could not handle an order", "order", id, "err", err)
			}
		}
		switch {
		case len(ids) < limit && fresh == 0:
			return done, nil
		case fresh == 0:
			limit += batch // those that cannot be moved on must not hide the ones behind them
		}
	}
}

// sweepOrder is send for an order that may be of any kind: one that breaks the code is an error of its
// own, and not the end of the process and of everybody else's e-mails.
func (f *function) sweepOrder(ctx context.Context, id string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	_, err = f.send(ctx, f.log, id)
	return err
}

// ensureIndexes sees once that the index is there. Without it a sweep is slow, and right all the same.
func (f *function) ensureIndexes(ctx context.Context, orders store) {
	if f.indexed.Load() {
		return
	}
	if err := orders.EnsureIndexes(ctx); err != nil {
		f.log.Warn("the index of what is due could not be created; the next sweep tries again", "err", err)
		return
	}
	f.indexed.Store(true)
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
