package function

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
)

// linesASecond is how many requests that Stripe did not send get a line in the log in a second. Whoever knows the
// address can send thousands, and would fill the owner's disk; the rest are counted.
const linesASecond = 10

// turnedAway counts what was turned away without a line.
type turnedAway struct {
	mu     sync.Mutex
	second int64
	// told is how many had a line in that second; untold is how many had none since the last line.
	told, untold int
}

// tell reports whether one more gets its line, and how many before it got none.
func (n *turnedAway) tell(now time.Time) (untold int, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if second := now.Unix(); second != n.second {
		n.second, n.told = second, 0
	}
	if n.told == linesASecond {
		n.untold++
		return 0, false
	}
	n.told++
	untold, n.untold = n.untold, 0
	return untold, true
}

// turnAway answers what verify did not let through. What is wrong with the function itself is always told.
func (e *Endpoint) turnAway(req handler.Request, err error) handler.Response {
	log := e.Log
	if errors.Is(err, errSignature) {
		untold, ok := e.turnedAway.tell(time.Now())
		switch {
		case !ok:
			return openfaas.Refuse(slog.New(slog.DiscardHandler), err, toStatus)
		case untold > 0:
			log = log.With("untold", untold)
		}
	}
	return openfaas.Refuse(log.With("call_id", openfaas.CallID(req)), err, toStatus)
}
