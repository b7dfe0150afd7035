// Package terminaltest is a terminal with a test sitting at it.
package terminaltest

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// Terminal has a program at one end, File, and the test at the other.
type Terminal struct {
	// File is what the program reads from and writes to.
	File *os.File

	t     *testing.T
	keys  *os.File
	mu    sync.Mutex
	shown strings.Builder
	// seen is how much of what is shown a WaitFor has looked at.
	seen int
}

// Open opens a terminal until the test ends.
func Open(t *testing.T) *Terminal {
	t.Helper()
	keys, file, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	x := &Terminal{File: file, t: t, keys: keys}
	t.Cleanup(func() { keys.Close(); file.Close() })
	go x.watch()
	return x
}

func (x *Terminal) watch() {
	b := make([]byte, 4096)
	for {
		n, err := x.keys.Read(b)
		x.mu.Lock()
		x.shown.Write(b[:n])
		x.mu.Unlock()
		if err != nil { // it was closed
			return
		}
	}
}

// Type types, as a person does: with \n for Enter.
func (x *Terminal) Type(text string) {
	x.t.Helper()
	if _, err := x.keys.WriteString(text); err != nil {
		x.t.Error(err)
	}
}

// WaitFor waits until a text is shown that was not looked for before.
func (x *Terminal) WaitFor(text string) {
	x.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		x.mu.Lock()
		i := strings.Index(x.shown.String()[x.seen:], text)
		if i >= 0 {
			x.seen += i + len(text)
		}
		x.mu.Unlock()
		if i >= 0 {
			return
		}
		if time.Now().After(deadline) {
			x.t.Fatalf("%q is not shown; there is %q", text, x.Shown())
		}
		time.Sleep(5 * time.Millisecond) // for there is no other way to hear of it
	}
}

// Shown is all that was shown so far.
func (x *Terminal) Shown() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.shown.String()
}
