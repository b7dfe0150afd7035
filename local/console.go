package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// console tells a person what is going on. Colours, and a line that counts the seconds of what is
// being done, are for terminals, unless NO_COLOR is set.
type console struct {
	out    io.Writer
	colour bool

	mu sync.Mutex
	// live: the last line is unfinished, and the next thing said takes its place.
	live bool
}

func newConsole() *console {
	info, err := os.Stdout.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &console{out: os.Stdout, colour: terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

const (
	green = "32"
	red   = "31"
	faint = "2"
)

func (c *console) paint(colour, text string) string {
	if !c.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

func (c *console) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	fmt.Fprintf(c.out, format+"\n", args...)
}

// trouble tells of what went wrong and is being mended.
func (c *console) trouble(format string, args ...any) {
	c.say("%s %s", c.paint(red, "✗"), fmt.Sprintf(format, args...))
}

// step does something that takes its time, and says how long it took.
func (c *console) step(what string, do func() error) error {
	began := time.Now()
	c.show("  %s …", what)
	finished := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { c.progress(what, began, finished) })
	err := do()
	close(finished)
	watching.Wait()
	mark := c.paint(green, "✓")
	if err != nil {
		mark = c.paint(red, "✗")
	}
	c.say("%s %s %s", mark, what, c.paint(faint, took(time.Since(began))))
	return err
}

// quietFor is how long a step may say nothing where its seconds cannot be shown.
const quietFor = 2 * time.Second

// progress tells that a step is still under way: where its seconds are shown, each of them;
// elsewhere once.
func (c *console) progress(what string, began time.Time, finished <-chan struct{}) {
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
			c.say("… %s", what)
			return
		}
		c.show("  %s … %d s", what, int(time.Since(began).Seconds()))
	}
}

// show puts up a line that the next thing said takes the place of, where that can be.
func (c *console) show(format string, args ...any) {
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
func (c *console) clear() {
	if c.live {
		fmt.Fprint(c.out, "\r\x1b[K")
	}
	c.live = false
}

func took(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
