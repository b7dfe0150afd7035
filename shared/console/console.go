// Package console shows a person what a program is doing.
package console

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Console tells a person what is going on. Colours, and a line that counts the seconds of what is
// being done, are for terminals, unless NO_COLOR is set.
type Console struct {
	out    io.Writer
	colour bool

	mu sync.Mutex
	// live: the last line is unfinished, and the next thing said takes its place.
	live bool
}

// New writes to the standard output.
func New() *Console {
	info, err := os.Stdout.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &Console{out: os.Stdout, colour: terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// To writes to a writer that is no terminal.
func To(out io.Writer) *Console { return &Console{out: out} }

// The colours are ANSI's.
const (
	Green = "32"
	Red   = "31"
	Faint = "2"
)

// Paint is a text in a colour, where colours are shown.
func (c *Console) Paint(colour, text string) string {
	if !c.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// Say writes a line.
func (c *Console) Say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	fmt.Fprintf(c.out, format+"\n", args...)
}

// Trouble tells of what went wrong and is being mended.
func (c *Console) Trouble(format string, args ...any) {
	c.Say("%s %s", c.Paint(Red, "✗"), fmt.Sprintf(format, args...))
}

// Step does something that takes its time, and says how long it took.
func (c *Console) Step(what string, do func() error) error {
	began := time.Now()
	c.show("  %s …", what)
	finished := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { c.progress(what, began, finished) })
	err := do()
	close(finished)
	watching.Wait()
	mark := c.Paint(Green, "✓")
	if err != nil {
		mark = c.Paint(Red, "✗")
	}
	c.Say("%s %s %s", mark, what, c.Paint(Faint, Took(time.Since(began))))
	return err
}

// quietFor is how long a step may say nothing where its seconds cannot be shown.
const quietFor = 2 * time.Second

// progress tells that a step is still under way: where its seconds are shown, each of them;
// elsewhere once.
func (c *Console) progress(what string, began time.Time, finished <-chan struct{}) {
	every := time.Second
	if !c.colour {
		every = quietFor
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-finished:
			return
		case <-tick.C:
		}
		if !c.colour {
			c.Say("… %s", what)
			return
		}
		c.show("  %s … %d s", what, int(time.Since(began).Seconds()))
	}
}

// show puts up a line that the next thing said takes the place of, where that can be.
func (c *Console) show(format string, args ...any) {
	if !c.colour {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	fmt.Fprintf(c.out, format, args...)
	c.live = true
}

// clear takes the unfinished line away.
func (c *Console) clear() {
	if c.live {
		fmt.Fprint(c.out, "\r\x1b[K")
	}
	c.live = false
}

// Took is a duration in milliseconds or seconds.
func Took(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
