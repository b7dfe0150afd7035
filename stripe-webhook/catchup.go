package function

import (
	"context"
	"fmt"
	"runtime/debug"
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
)

// CatchUpUntil looks at Stripe for what was missed in the Window, soon after it is called and then once a day, somewhat
// early or late, so that replicas spread out. When quit is done it ends what it has in hand, and returns.
func (e *Endpoint) CatchUpUntil(quit context.Context) {
	if e.Window == 0 {
		return
	}
	said := ""
	for pause := firstLook; e.rest(quit, pause); {
		err := e.catchUp(quit)
		pause = daily
		if err == nil {
			said = ""
			continue
		}
		pause = soon
		if text, ours := openfaas.Misconfiguration(err); !ours || text != said { // the owner is told once
			e.Log.Warn("events that Stripe's webhook did not bring are not found; the next look follows", "err", err)
			said = text
		}
	}
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
func (e *Endpoint) catchUp(quit context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	began := time.Now()
	done, err := e.find(context.WithoutCancel(quit), e.Log, search{
		since: began.Add(-e.Window), who: order.FoundByItself,
		more: func() bool { return quit.Err() == nil },
	}, "")
	if err != nil && done.Recorded == 0 {
		return err
	}
	e.Log.Info("caught up with Stripe", "seen", done.Seen, "recorded", done.Recorded, "whole", err == nil && done.Next == "", "duration", time.Since(began))
	return err
}
