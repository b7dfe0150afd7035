package function

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
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
	// idle is closed when nothing is in hand any more; nil while nothing waits for that.
	idle chan struct{}
}

// begin notes a call or a sweep; end is to be called once, at its end. The error is errPaused where
// none may begin.
func (w *work) begin(now time.Time) (end func(), err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped || now.Before(w.until) {
		return nil, errPaused
	}
	w.begun++
	return func() { w.drop(func() { w.begun-- }) }, nil
}

// take notes that a delivery is claimed, until free is called; it is refused where it is in hand
// already.
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

// longestPause is for how long one call may have nothing begin.
const longestPause = 10 * time.Minute

// pause is for how long nothing is to begin, such as "3m": a deployment is about to replace the
// process, and what it cuts off has an unknown outcome. It ends by itself, should the deployment
// never come; "0s" ends it at once. Another replica is not paused by it.
type pause string

// paused is the answer, once nothing is in hand or the call's time is up.
type paused struct {
	// Idle: nothing is in hand, so that the process may be ended.
	Idle bool `json:"idle"`
	// InHand is how many calls, sweeps and e-mails are left otherwise.
	InHand int       `json:"in_hand"`
	Until  time.Time `json:"until"`
}

func (r *pause) Check() error {
	if d, err := time.ParseDuration(string(*r)); err != nil || d < 0 || d > longestPause {
		return &openfaas.ArgumentError{Name: "pause", Want: "0s to 10m"}
	}
	return nil
}

func (r *pause) OrderID() string { return "" }

func (r *pause) answer(ctx context.Context, f *Function, log *slog.Logger) (any, error) {
	d, err := time.ParseDuration(string(*r))
	if err != nil {
		return nil, openfaas.ErrCall
	}
	now := f.now()
	p := paused{Until: now.Add(d)}
	f.work.pause(p.Until)
	if d == 0 {
		f.alarm.set(&now) // for what has become due meanwhile
		log.Info("goes on after a pause")
		return p, nil
	}
	log.Info("pauses for a deployment", "until", p.Until)
	p.InHand = f.work.rest(ctx)
	p.Idle = p.InHand == 0
	return p, nil
}

// Stop has nothing begin any more: the process is to end.
func (f *Function) Stop() { f.work.stop() }

// deferredCall answers a call that comes during a pause. Nothing is lost: an order is due still,
// and the caller who asked for something else asks again.
func deferredCall(log *slog.Logger) handler.Response {
	log.Info("call put off", "status", http.StatusServiceUnavailable)
	return openfaas.Error(http.StatusServiceUnavailable, "paused for a deployment; what is due is done after it, and all else is to be asked for again")
}
