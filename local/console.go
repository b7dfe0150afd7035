package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// console tells a person what is going on. Colours are for terminals, unless NO_COLOR is set.
type console struct {
	mu     sync.Mutex
	out    io.Writer
	colour bool
}

func newConsole() *console {
	info, err := os.Stdout.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return &console{out: os.Stdout, colour: terminal && os.Getenv("NO_COLOR") == ""}
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
	fmt.Fprintf(c.out, format+"\n", args...)
}

// trouble tells of what went wrong and is being mended.
func (c *console) trouble(format string, args ...any) {
	c.say("%s %s", c.paint(red, "✗"), fmt.Sprintf(format, args...))
}

// step does something that takes its time, and says how long it took.
func (c *console) step(what string, do func() error) error {
	began := time.Now()
	if c.colour {
		c.mu.Lock()
		fmt.Fprintf(c.out, "  %s …", what)
		c.mu.Unlock()
	}
	err := do()
	mark, line := c.paint(green, "✓"), ""
	if c.colour {
		line = "\r\x1b[K"
	}
	if err != nil {
		mark = c.paint(red, "✗")
	}
	c.say("%s%s %s %s", line, mark, what, c.paint(faint, took(time.Since(began))))
	return err
}

func took(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
