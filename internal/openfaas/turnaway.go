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
	// told is how many had a line in that second; untold is how many had none since the last line.
	told, untold int
}

// Refuse is the package's Refuse with a bound on its lines.
func (n *TurnedAway) Refuse(log *slog.Logger, err error, table func(error) (status int, text string)) handler.Response {
	untold, ok := n.tell(time.Now())
	switch {
	case !ok:
		log = slog.New(slog.DiscardHandler)
	case untold > 0:
		log = log.With("untold", untold)
	}
	return Refuse(log, err, table)
}

// tell reports whether one more gets its line, and how many before it got none.
func (n *TurnedAway) tell(now time.Time) (untold int, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if second := now.Unix(); second != n.second {
		n.second, n.told = second, 0
	}
	if n.told == LinesASecond {
		n.untold++
		return 0, false
	}
	n.told++
	untold, n.untold = n.untold, 0
	return untold, true
}
