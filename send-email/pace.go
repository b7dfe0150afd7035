package function

import (
	"context"
	"errors"
	"sync"
	"time"
)

// minPause keeps what fails at once from being swept without a pause.
const minPause = time.Second

// alarm wakes the sweep at the earliest time at which something will be due. Later ones the sweep's
// interval covers.
type alarm struct {
	mu sync.Mutex
	// at is the earliest that was set, zero while none was.
	at time.Time
	// moved holds something when at became earlier.
	moved chan struct{}
}

func newAlarm() *alarm { return &alarm{moved: make(chan struct{}, 1)} }

// set asks for a sweep at the given time; nil asks for none.
func (a *alarm) set(at *time.Time) {
	if at == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.at.IsZero() && !at.Before(a.at) {
		return
	}
	a.at = *at
	select {
	case a.moved <- struct{}{}:
	default:
	}
}

// pause is how long to wait from now on, until the end at the latest.
func (a *alarm) pause(now, end time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.at.IsZero() || !a.at.Before(end) {
		return end.Sub(now)
	}
	return max(a.at.Sub(now), minPause)
}

// clear forgets a time that has come: what was due then is about to be swept.
func (a *alarm) clear(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.at.After(now) {
		a.at = time.Time{}
	}
}

// wait returns at the earliest time that was set, at the end of the interval otherwise, and at once
// when quit is done.
func (a *alarm) wait(quit context.Context, now func() time.Time, interval time.Duration) {
	end := now().Add(interval)
	timer := time.NewTimer(a.pause(now(), end))
	defer timer.Stop()
	for {
		select {
		case <-quit.Done():
			return
		case <-timer.C:
			a.clear(now())
			return
		case <-a.moved:
			timer.Reset(a.pause(now(), end))
		}
	}
}

// pace is asked before each call of Stripe or SendGrid.
type pace struct {
	// wait waits until the call may be made, or gives the reason why no further one is to be made now.
	wait func(ctx context.Context) error
	// next gives in how long another call may be made beside it; false where that is not soon.
	next func() (time.Duration, bool)
}

// maxAhead is how long what was claimed may wait for the call that it was claimed for.
const maxAhead = time.Second

var (
	errTimeUp   = errors.New("no time left in this call")
	errStopping = errors.New("the process is to end")
)

// deferred reports whether an error means that what is left of an order is the sweep's.
func deferred(err error) bool {
	return errors.Is(err, errTimeUp) || errors.Is(err, errStopping) || errors.Is(err, errPaused)
}

// mayBegin is an error while nothing more is to be begun: for want of time, or for a pause.
func (f *Function) mayBegin(ctx context.Context) error {
	if _, paused := f.work.pausedUntil(f.now()); paused {
		return errPaused
	}
	if !timeLeft(ctx) {
		return errTimeUp
	}
	return nil
}

// unpaced lets all calls through as long as anything may begin: those for a customer who waits.
func (f *Function) unpaced() pace {
	return pace{wait: f.mayBegin, next: func() (time.Duration, bool) { return 0, true }}
}

// pacedUntil is the sweep's pace: after an outage thousands may be due at once, and neither the
// database's budget nor SendGrid's is the sweep's alone. It begins nothing once quit is done.
func (f *Function) pacedUntil(quit context.Context) pace {
	return pace{next: f.next, wait: func(ctx context.Context) error {
		if quit.Err() != nil {
			return errStopping
		}
		if err := f.mayBegin(ctx); err != nil {
			return err
		}
		if f.limit.Wait(ctx) != nil {
			return errTimeUp
		}
		if quit.Err() != nil {
			return errStopping
		}
		return f.mayBegin(ctx)
	}}
}

// next reserves a call that may be made soon.
func (f *Function) next() (time.Duration, bool) {
	perSecond := float64(f.limit.Limit())
	if missing := 1 - f.limit.Tokens(); missing > perSecond*maxAhead.Seconds() {
		return 0, false
	}
	return f.limit.Reserve().Delay(), true
}

// firstCall is a pace that closes called when its first call may be made, or end is called.
func firstCall(p pace) (_ pace, called <-chan struct{}, end func()) {
	begun := make(chan struct{})
	end = sync.OnceFunc(func() { close(begun) })
	return pace{next: p.next, wait: func(ctx context.Context) error {
		defer end()
		return p.wait(ctx)
	}}, begun, end
}

// timeLeft reports whether the call's budget allows another attempt.
func timeLeft(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) >= attemptTimeout
}
