package function

import (
	"context"
	"time"

	"handler/function/internal/mongodb"
	"handler/function/internal/openfaas"
	"handler/function/internal/order"
	"handler/function/internal/round"
)

const (
	// batch is how many orders a round reads at once.
	batch = 50
	// sweepers is how many orders a sweep visits at a time: at 300 ms for a call, so many keep up with
	// 25 calls a second.
	sweepers = 8
)

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
func (f *Function) sweep(ctx context.Context, p pace) (swept, error) {
	orders, err := f.store()
	if err != nil {
		return swept{}, err
	}
	f.ensureIndexes(ctx, orders)
	s := &sweeping{Function: f, pace: p, ends: make(chan visited, sweepers)}
	err = s.all(ctx, orders)
	for s.running > 0 {
		s.await()
	}
	if mongodb.Fault(s.err) != nil {
		err = s.err
	}
	return s.done, err
}

// oldestOf is since when the first of the due orders is due; zero if there is none.
func oldestOf(due []order.DueOrder) time.Time {
	if len(due) == 0 {
		return time.Time{}
	}
	return due[0].At
}

// sweepAndLook is sweep, and what follows from it for those who watch the shop.
func (f *Function) sweepAndLook(ctx context.Context, p pace) (swept, error) {
	done, err := f.sweep(ctx, p)
	f.look(ctx, done, err)
	return done, err
}

// sweepAsked is a sweep that a call asked for. Where this process does not sweep by itself, it has
// not looked at the database before: it is looked at for as long as it takes to know that it is
// steady, if a lease is to be taken over.
func (f *Function) sweepAsked(ctx context.Context) (swept, error) {
	p := f.pacedUntil(context.Background())
	done, err := f.sweepAndLook(ctx, p)
	if err != nil || !f.database.hasRefused() || f.interval > 0 {
		return done, err
	}
	select {
	case <-ctx.Done():
		return done, nil
	case <-time.After(steadyAfter):
	}
	again, err := f.sweepAndLook(ctx, p)
	again.Orders = max(done.Orders, again.Orders)
	return again, err
}

// sweeping is a sweep that is under way. It visits several orders at a time.
type sweeping struct {
	*Function
	pace    pace
	done    swept
	ends    chan visited
	running int
	// err is why no other visit begins: every other order would meet it too.
	err error
}

// visited is what came of a visit to an order.
type visited struct {
	order order.DueOrder
	// again is when it is due next.
	again *time.Time
	err   error
}

// all visits what is due until nothing is, or no other visit is to begin. Its error is that of the
// database.
func (s *sweeping) all(ctx context.Context, orders Store) error {
	seen := map[string]time.Time{}
	for limit := batch; s.err == nil; {
		due, err := orders.Due(ctx, s.now(), limit)
		s.database.observe(err, s.now())
		if err != nil {
			return err
		}
		s.done.oldest = oldestOf(due)
		last := len(due) < limit
		switch fresh := s.visit(ctx, round.New(due, limit, seen), last); {
		case fresh > 0:
		case last:
			return nil
		default:
			limit += batch // those that cannot be moved on must not hide the ones behind them
		}
	}
	return nil
}

// visit visits a round's orders, the longest due first, up to one that cannot be handled: whether
// that is by itself or because the database is away, the next look at what is due shows. It counts
// the visits. In the last round it waits for their ends, which may leave more to do.
func (s *sweeping) visit(ctx context.Context, r *round.Round, last bool) (visits int) {
	for s.err == nil {
		if s.running == sweepers || last && s.running > 0 && r.Empty() {
			end := s.await()
			if end.err != nil && !isMisconfigured(end.err) {
				return visits
			}
			if end.again != nil {
				r.Add(order.DueOrder{ID: end.order.ID, At: *end.again})
			}
			continue
		}
		o, until, ok := r.Next()
		if !ok {
			return visits
		}
		visits++
		s.begin(ctx, r, o, until)
	}
	return visits
}

// begin begins a visit, and waits until its first call is made, or it ends without one: so calls are
// made in due order.
func (s *sweeping) begin(ctx context.Context, r *round.Round, o order.DueOrder, until time.Time) {
	if r.Visit(o) {
		s.done.Orders++
	}
	s.running++
	p, called, ended := firstCall(s.pace)
	end := visited{order: o}
	go func() {
		defer func() { ended(); s.ends <- end }()
		end.again, end.err = s.sweepOrder(ctx, o.ID, p, until)
		if end.err != nil && !deferred(end.err) && mongodb.Fault(end.err) == nil {
			s.notHandled(ctx, o, end.err, p)
		}
	}()
	<-called
}

// await waits for the end of a visit, which it counts and logs.
func (s *sweeping) await() visited {
	end := <-s.ends
	s.running--
	switch err := end.err; {
	case err == nil:
	case deferred(err), mongodb.Fault(err) != nil:
		s.err = err
	case isMisconfigured(err):
		s.done.Errors++
		if !s.done.misconfigured {
			s.log.Error("the function cannot work as it is configured", "order", end.order.ID, "err", err)
		}
		s.done.misconfigured = true
	default:
		s.done.Errors++
		s.log.Error("the sweep could not handle an order", "order", end.order.ID, "err", err)
	}
	return end
}

// notHandled notifies the admins if an order that the sweep could not handle has been due for long.
func (f *Function) notHandled(ctx context.Context, o order.DueOrder, cause error, p pace) {
	if err := f.tellOverdue(ctx, o, cause, p); err != nil && !deferred(err) {
		f.log.Error("the admins could not be notified of an overdue order; the next sweep tries again", "order", o.ID, "err", err)
	}
}

// sweepOrder is send for an order that may be of any kind: one that breaks the code is an error of
// its own, and ends neither the process nor the e-mails of other orders. It gives the time at which
// the order is due next.
func (f *Function) sweepOrder(ctx context.Context, id string, p pace, until time.Time) (_ *time.Time, err error) {
	defer openfaas.Recovered(&err)
	done, err := f.send(ctx, f.log, id, p, until)
	return done.nextDueAt, err
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
	if err == nil && f.mayBegin(ctx) == nil { // what is due comes first
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
func (f *Function) forgetOld(ctx context.Context, p pace) {
	if err := f.retention.Forget(ctx, f.commands(), p.wait); err != nil && !deferred(err) {
		f.log.Error("orders could not be forgotten by their age; the next sweep tries again", "err", err)
	}
}
