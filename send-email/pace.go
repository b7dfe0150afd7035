package function

import (
	"context"
	"errors"
	"time"
)

// pace is asked before each call of Stripe or SendGrid. It waits until the call may be made, or says
// that no further one is to be made now.
type pace func(ctx context.Context) error

var (
	errTimeUp   = errors.New("no time left in this call")
	errStopping = errors.New("the process is to end")
)

// putOff reports whether an error means that what is left of an order is the sweep's.
func putOff(err error) bool {
	return errors.Is(err, errTimeUp) || errors.Is(err, errStopping) || errors.Is(err, errPaused)
}

// unpaced lets a call through as long as there is time for it, and no pause: one for a customer who waits.
func (f *Function) unpaced(ctx context.Context) error {
	if _, paused := f.work.pausedUntil(f.now()); paused {
		return errPaused
	}
	if !timeLeft(ctx) {
		return errTimeUp
	}
	return nil
}

// pacedUntil is the sweep's pace: after an outage thousands may be due at once, and neither the
// database's budget nor SendGrid's is the sweep's alone. It begins nothing once quit is done.
func (f *Function) pacedUntil(quit context.Context) pace {
	return func(ctx context.Context) error {
		if quit.Err() != nil {
			return errStopping
		}
		if err := f.unpaced(ctx); err != nil {
			return err
		}
		if f.limit.Wait(ctx) != nil {
			return errTimeUp
		}
		if quit.Err() != nil {
			return errStopping
		}
		return f.unpaced(ctx)
	}
}

// timeLeft reports whether the call's budget allows another attempt.
func timeLeft(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) >= attemptTimeout
}
