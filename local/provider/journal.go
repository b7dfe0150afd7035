package provider

import (
	"slices"
	"sync"
	"time"
)

const (
	maxLines = 10_000
	maxBytes = 4 << 20
)

// journal keeps the last lines of one function, over all its processes and deployments.
type journal struct {
	mu    sync.Mutex
	lines []entry
	first int // the number of lines[0], counted from the function's first line
	bytes int
	more  chan struct{} // closed at the next line
}

type entry struct {
	time     time.Time
	instance string
	text     string
}

func newJournal() *journal {
	return &journal{more: make(chan struct{})}
}

func (j *journal) add(e entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, e)
	j.bytes += len(e.text)
	for len(j.lines) > maxLines || j.bytes > maxBytes {
		j.bytes -= len(j.lines[0].text)
		j.lines[0] = entry{} // the array lives on: let the text go
		j.lines = j.lines[1:]
		j.first++
	}
	close(j.more)
	j.more = make(chan struct{})
}

// from returns the lines kept from number n on, the number that comes after them, and a channel
// that is closed when there is more. A reader who is too slow misses lines, and never holds up a
// function.
func (j *journal) from(n int) ([]entry, int, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	skip := min(max(n-j.first, 0), len(j.lines))
	return slices.Clone(j.lines[skip:]), j.first + len(j.lines), j.more
}
