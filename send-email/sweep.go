package function

import (
	"context"
	"time"

	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/round"
)

// batch is how many orders a round reads at once.
const batch = 50

// swept is what a sweep did.
type swept struct {
	// Orders is how many were due.
	Orders int `json:"orders"`
	// Errors is how many of them could not even be looked at; they are due still.
	Errors int `json:"errors"`

	// misconfigured: the owner must correct one of the errors. It is logged once, and not of each
	// order.
	misconfigured bool
	// oldest is since when the order is due that is due longest after the last round; zero if none.
	oldest time.Time
}

// sweep does all that is due, the oldest first, until nothing is or it is to do no more. Any number
// of processes may sweep at once: the claims keep them apart.
func (f *Function) sweep(ctx context.Context, wait pace) (swept, error) {
	var done swept
	orders, err := f.store()
	if err != nil {
		return done, err
	}
	f.ensureIndexes(ctx, orders)
	seen := map[string]time.Time{}
	for limit := batch; ; {
		due, err := orders.Due(ctx, f.now(), limit)
		f.database.observe(err, f.now())
		if err != nil {
			return done, err
		}
		done.oldest = oldestOf(due)
		fresh, err := f.sweepRound(ctx, round.New(due, limit, seen), wait, &done)
		switch {
		case mongodb.Fault(err) != nil:
			return done, err // every other order would meet it too
		case deferred(err), len(due) < limit && fresh == 0:
			return done, nil
		case fresh == 0:
			limit += batch // those that cannot be moved on must not hide the ones behind them
		}
	}
}

// oldestOf is since when the first of the due orders is due; zero if there is none.
func oldestOf(due []order.DueOrder) time.Time {
	if len(due) == 0 {
		return time.Time{}
	}
	return due[0].At
}

// sweepAndLook is sweep, and what follows from it for those who watch the shop.
func (f *Function) sweepAndLook(ctx context.Context, wait pace) (swept, error) {
	done, err := f.sweep(ctx, wait)
	f.look(ctx, done, err)
	return done, err
}

// sweepAsked is a sweep that a call asked for. Where this process does not sweep by itself, it has
// not looked at the database before: it is looked at for as long as it takes to know that it is
// steady, if a lease is to be taken over.
func (f *Function) sweepAsked(ctx context.Context) (swept, error) {
	wait := f.pacedUntil(context.Background())
	done, err := f.sweepAndLook(ctx, wait)
	if err != nil || !f.database.hasRefused() || f.interval > 0 {
		return done, err
	}
	select {
	case <-ctx.Done():
		return done, nil
	case <-time.After(steadyAfter):
	}
	again, err := f.sweepAndLook(ctx, wait)
	again.Orders = max(done.Orders, again.Orders)
	return again, err
}

// sweepRound visits a round's orders up to one that cannot be handled: whether that is by itself or
// because the database is away, the next look at what is due shows. It counts the visits.
func (f *Function) sweepRound(ctx context.Context, r *round.Round, wait pace, done *swept) (visits int, err error) {
	for o, until, ok := r.Next(); ok; o, until, ok = r.Next() {
		visits++
		if r.Visit(o) {
			done.Orders++
		}
		again, err := f.sweepOrder(ctx, o.ID, wait, until)
		if err != nil && !deferred(err) && mongodb.Fault(err) == nil {
			f.notHandled(ctx, o, err, wait)
		}
		switch {
		case deferred(err), mongodb.Fault(err) != nil:
			return visits, err
		case isMisconfigured(err):
			done.Errors++
			if !done.misconfigured {
				f.log.Error("the function cannot work as it is configured", "order", o.ID, "err", err)
			}
			done.misconfigured = true
		case err != nil:
			done.Errors++
			f.log.Error("the sweep could not handle an order", "order", o.ID, "err", err)
			return visits, err
		case again != nil:
			r.Add(order.DueOrder{ID: o.ID, At: *again})
		}
	}
	return visits, nil
}

// notHandled notifies the admins if an order that the sweep could not handle has been due for long.
func (f *Function) notHandled(ctx context.Context, o order.DueOrder, cause error, wait pace) {
	if err := f.tellOverdue(ctx, o, cause, wait); err != nil && !deferred(err) {
		f.log.Error("the admins could not be notified of an overdue order; the next sweep tries again", "order", o.ID, "err", err)
	}
}

// sweepOrder is send for an order that may be of any kind: one that breaks the code is an error of
// its own, and ends neither the process nor the e-mails of other orders. It gives the time at which
// the order is due next.
func (f *Function) sweepOrder(ctx context.Context, id string, wait pace, until time.Time) (_ *time.Time, err error) {
	defer openfaas.Recovered(&err)
	p, err := f.send(ctx, f.log, id, wait, until)
	return p.nextDueAt, err
}

// ensureIndexes sees once that a store's indexes are there. Without them a sweep is slow, and right
// all the same, so it does not wait for them.
func (f *Function) ensureIndexes(ctx context.Context, orders Store) {
	if _, begun := f.indexed.LoadOrStore(orders, true); begun {
		return
	}
	go func() {
		if err := orders.EnsureIndexes(context.WithoutCancel(ctx)); err != nil {
			f.log.Warn("the database's indexes could not be created; the next sweep tries again", "err", err)
			f.indexed.Delete(orders)
		}
	}()
}

// SweepUntil sweeps at once, then whenever a due time that this process recorded is reached, and at
// every interval for what it does not know of; that one comes a little early or late, so that
// replicas spread out. When quit is done it begins nothing more, ends what it has in hand, and
// returns.
func (f *Function) SweepUntil(quit context.Context) {
	if f.interval == 0 {
		return
	}
	for quit.Err() == nil {
		f.sweepOnce(quit)
		f.alarm.wait(quit, f.now, f.interval-f.interval/10+time.Duration(f.random()*float64(f.interval)/5))
	}
}

// sweepOnce sweeps, or asks for a sweep at the end of a pause.
func (f *Function) sweepOnce(quit context.Context) {
	end, err := f.work.begin(f.now())
	if err != nil {
		until, _ := f.work.pausedUntil(f.now())
		f.alarm.set(&until)
		return
	}
	defer end()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(quit), max(f.interval, budget))
	defer cancel()
	began := time.Now()
	done, err := f.sweepAndLook(ctx, f.pacedUntil(quit))
	if f.database.hasRefused() { // a lease is to be taken over, also of an order that cannot be planned
		soon := f.now()
		f.alarm.set(&soon)
	}
	switch {
	case err != nil:
		f.log.Error("the sweep failed; the next one follows", "err", err)
	case done.Orders > 0:
		f.log.Info("swept", "orders", done.Orders, "errors", done.Errors, "duration", time.Since(began))
	}
	if err == nil && f.unpaced(ctx) == nil { // what is due comes first
		f.reportInTime(ctx)
		f.lookAtSpace(ctx)
		f.forgetOld(ctx, f.pacedUntil(quit))
	}
}

// reportInTime makes a report that is due, one in each sweep, and wakes the sweep, which sends it.
// What keeps it from that is tried again after the next sweep.
func (f *Function) reportInTime(ctx context.Context) {
	now := f.now()
	due := f.catalogue.ReportsDue(now)
	if len(due) == 0 || f.reported.Equal(due[len(due)-1]) {
		return
	}
	missing, err := f.commands().MakeDueReport(ctx)
	if err != nil {
		f.log.Warn("the report could not be made; the next sweep tries again", "err", err)
		return
	}
	if missing > 0 {
		f.alarm.set(&now)
	}
	if missing <= 1 {
		f.reported = due[len(due)-1]
	}
}

// forgetOld forgets a part of the orders that are older than they may get.
func (f *Function) forgetOld(ctx context.Context, wait pace) {
	if err := f.retention.Forget(ctx, f.commands(), wait); err != nil && !deferred(err) {
		f.log.Error("orders could not be forgotten by their age; the next sweep tries again", "err", err)
	}
}
