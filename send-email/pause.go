package function

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
)

// longestPause is for how long one call may have nothing begin.
const longestPause = 10 * time.Minute

// pause is for how long nothing is to begin, such as "3m": a deployment is about to replace the process, and what it cuts
// off nobody can be sure of. It ends by itself, should the deployment never come; "0s" ends it at once. Another replica is
// not paused by it.
type pause string

// paused is the answer, once nothing is in hand or the call's time is up.
type paused struct {
	// Idle: nothing is in hand, so that the process may be ended.
	Idle bool `json:"idle"`
	// InHand is how many calls, sweeps and e-mails are left otherwise.
	InHand int       `json:"in_hand"`
	Until  time.Time `json:"until"`
}

func (r *pause) check() error {
	if d, err := time.ParseDuration(string(*r)); err != nil || d < 0 || d > longestPause {
		return &openfaas.ArgumentError{Name: "pause", Want: "0s to 10m"}
	}
	return nil
}

func (r *pause) order() string { return "" }

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

// putOffCall answers a call that comes during a pause. Nothing is lost: an order is due still, and whoever asked for
// something else asks again.
func putOffCall(log *slog.Logger) handler.Response {
	log.Info("call put off", "status", http.StatusServiceUnavailable)
	return openfaas.Error(http.StatusServiceUnavailable, "paused for a deployment; what is due is done after it, and all else is to be asked for again")
}
