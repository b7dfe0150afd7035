package simulation

import (
	"log/slog"
	"strings"
	"time"
)

// historian writes a process's log into the history.
type historian struct{ p *process }

func (h historian) Write(b []byte) (int, error) {
	if !h.p.gone() {
		h.p.host.w.note(h.p.name, "%s", strings.TrimSpace(string(b)))
	}
	return len(b), nil
}

// terse leaves out of a log line what the history says by itself, or what is not the same twice.
func terse(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey, "call_id":
		return slog.Attr{}
	case "duration":
		return slog.Duration(a.Key, a.Value.Duration().Round(time.Millisecond))
	}
	return a
}
