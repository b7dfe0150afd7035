package function

import (
	"context"
	"errors"
	"sync"
	"time"
)

// errPaused: nothing is begun now, for a deployment is to come, or the process is to end.
var errPaused = errors.New("paused")

// work is what this process has in hand, and whether it may begin more.
type work struct {
	mu sync.Mutex
	// until is up to when nothing is begun, and stopped that it stays so: the process is to end.
	until   time.Time
	stopped bool
	// begun counts the calls and sweeps that run.
	begun int
	// deliveries are claimed and not yet recorded, by delivery ID.
	deliveries map[string]bool
	// idle is closed when nothing is in hand any more; nil while nobody waits for that.
	idle chan struct{}
}

// begin notes a call or a sweep; end is to be called once, at its end. The error is errPaused where none may begin.
func (w *work) begin(now time.Time) (end func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped || now.Before(w.until) {
		return nil, errPaused
	}
	w.begun++
	return func() { w.drop(func() { w.begun-- }) }, nil
}

// take notes that a delivery is claimed, until free is called; it is refused where it is in hand already.
func (w *work) take(delivery string) (free func(), ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.deliveries[delivery] {
		return nil, false
	}
	if w.deliveries == nil {
		w.deliveries = map[string]bool{}
	}
	w.deliveries[delivery] = true
	return func() { w.drop(func() { delete(w.deliveries, delivery) }) }, true
}

func (w *work) drop(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
	if w.idle != nil && w.inHand() == 0 {
		close(w.idle)
		w.idle = nil
	}
}

// inHand is for who has the lock.
func (w *work) inHand() int { return w.begun + len(w.deliveries) }

// pause has nothing begin before a time. What is in hand ends at its next step.
func (w *work) pause(until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until = until
}

// stop is a pause that nothing ends.
func (w *work) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
}

// pausedUntil reports whether nothing may begin now, and when a pause ends.
func (w *work) pausedUntil(now time.Time) (until time.Time, paused bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.until, w.stopped || now.Before(w.until)
}

// rest waits until nothing is in hand, or ctx is over, and gives how much is left.
func (w *work) rest(ctx context.Context) (left int) {
	w.mu.Lock()
	if w.idle == nil {
		w.idle = make(chan struct{})
	}
	idle := w.idle
	w.mu.Unlock()
	w.drop(func() {}) // there may be nothing to wait for
	select {
	case <-idle:
	case <-ctx.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.inHand()
}
