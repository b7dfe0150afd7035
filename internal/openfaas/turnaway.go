package openfaas

import (
	"log/slog"
	"sync"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
)

// LinesASecond is how many unsigned requests get a line in the log in a second. A caller that knows
// the address can send thousands, and would fill the owner's disk; the rest are counted.
const LinesASecond = 10

// TurnedAway refuses what is not signed, and counts what was turned away without a line. The zero
// value is good.
type TurnedAway struct {
	mu     sync.Mutex
	second int64
	// logged is how many had a line in that second; suppressed is how many had none since the last
	// line.
	logged, suppressed int
}

// Refuse is the package's Refuse with a bound on its lines.
func (n *TurnedAway) Refuse(log *slog.Logger, err error, table func(error) (status int, text string)) handler.Response {
	suppressed, ok := n.log(time.Now())
	switch {
	case !ok:
		log = slog.New(slog.DiscardHandler)
	case suppressed > 0:
		log = log.With("suppressed", suppressed)
	}
	return Refuse(log, err, table)
}

// log reports whether one more gets its line, and how many before it got none.
func (n *TurnedAway) log(now time.Time) (suppressed int, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if second := now.Unix(); second != n.second {
		n.second, n.logged = second, 0
	}
	if n.logged == LinesASecond {
		n.suppressed++
		return 0, false
	}
	n.logged++
	suppressed, n.suppressed = n.suppressed, 0
	return suppressed, true
}
