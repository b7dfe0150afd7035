package function

import (
	"context"
	"time"

	"handler/function/internal/openfaas"
	"handler/function/internal/order"
)

const (
	// firstLook is how long a function that starts leaves Stripe alone: its first sale comes first.
	firstLook = 5 * time.Second
	// daily is how often to look, and soon when to look again after that went wrong.
	daily = 24 * time.Hour
	soon  = time.Hour
	// late is how long Stripe may take to list an event, and by how much looks overlap for it.
	late = time.Hour
)

// CatchUpUntil looks at Stripe for what was missed, soon after it is called and then once a day,
// somewhat early or late, so that replicas spread out. When quit is done it ends what it has in
// hand, and returns.
func (e *Endpoint) CatchUpUntil(quit context.Context) {
	if e.Window == 0 {
		return
	}
	began := beginning{at: time.Now()}
	began.mode, _ = e.Stripe.mode() // where there is no key yet, none is said to have been watched
	said := ""
	for pause := firstLook; e.rest(quit, pause); {
		err := e.catchUp(quit, began)
		e.observeLook(err)
		e.keepConditions(context.WithoutCancel(quit))
		pause = daily
		if err == nil {
			said = ""
			continue
		}
		pause = soon
		if text, ours := openfaas.Misconfiguration(err); !ours || text != said { // it is logged once
			e.Log.Warn("missed events could not be fetched from Stripe; the next check follows", "err", err)
			said = text
		}
	}
}

// beginning is when a process began to take the events of a mode. Those of another, whose key came
// later, are its own only from then on.
type beginning struct {
	at   time.Time
	mode string
}

// rest waits, four to six fifths of a time, and reports whether quit is not done.
func (e *Endpoint) rest(quit context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause - pause/5 + time.Duration(e.Random()*float64(pause)*2/5))
	defer timer.Stop()
	select {
	case <-quit.Done():
		return false
	case <-timer.C:
		return quit.Err() == nil
	}
}

// catchUp looks once. Whatever breaks in it does not end the process, which has sales to store.
// What was sold before the first process of this database started is not looked for: another system
// may have written to those customers.
func (e *Endpoint) catchUp(quit context.Context, process beginning) (err error) {
	defer openfaas.Recovered(&err)
	ctx, began := context.WithoutCancel(quit), time.Now()
	mode, err := e.Stripe.mode()
	if err != nil {
		return err
	}
	store, err := e.Store()
	if err != nil {
		return err
	}
	started := began
	if mode == process.mode {
		started = process.at
	}
	first, until, err := store.Watched(ctx, mode, started)
	if err != nil {
		return err
	}
	since := e.lookSince(began, first, until)
	if until.Before(since) {
		e.Log.Warn("Stripe no longer lists the events of a period that was not checked", "since", until, "until", since)
	}
	done, err := e.find(ctx, e.Log, search{
		since: since, who: order.FoundByItself,
		more: func() bool { return quit.Err() == nil },
	}, "")
	if err != nil && done.Recorded == 0 {
		return err
	}
	whole := err == nil && done.Next == "" // what cannot be read is reported, and keeps nothing back
	e.Log.Info("caught up with Stripe", "since", since, "seen", done.Seen, "recorded", done.Recorded, "whole", whole, "duration", time.Since(began))
	if whole {
		err = store.WatchedUntil(ctx, mode, began)
	}
	return err
}

// lookSince is how far back to look: by the Window, and to where it was last looked at whole, if
// that is longer ago; but not beyond the first time, nor for what Stripe may list no more.
func (e *Endpoint) lookSince(now, first, until time.Time) time.Time {
	since := now.Add(-e.Window)
	if last := until.Add(-late); last.Before(since) {
		since = last
	}
	for _, bound := range []time.Time{first, now.Add(overlap - eventsKept)} {
		if since.Before(bound) {
			since = bound
		}
	}
	return since
}
