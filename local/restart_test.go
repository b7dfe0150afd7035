package main

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRestart(t *testing.T) {
	t.Parallel()

	t.Run("shows the last lines of one that died, each cut to the screen", func(t *testing.T) {
		t.Parallel()

		p, out, again := setupRestart(t, "ready "+strings.Repeat("é", 500))
		kill(t, p)
		await(t, again)
		mustContain(t, out.String(), "child ended (signal: killed)", "child.log, and ends with\n    it said: ready é", "child runs again")
		for line := range strings.Lines(out.String()) {
			if strings.Contains(line, "it said") && len(line) > 200 {
				t.Errorf("a line of %d bytes", len(line))
			}
		}
	})

	t.Run("makes no noise about an end that was asked for, and does about the next", func(t *testing.T) {
		t.Parallel()

		p, out, again := setupRestart(t, "ready")
		p.restart(t.Context())
		await(t, again)
		if strings.Contains(out.String(), "ended") {
			t.Errorf("it says %q", out)
		}
		kill(t, p)
		await(t, again)
		mustContain(t, out.String(), "child ended (signal: killed)")
	})

	t.Run("waits longer each time that a part dies soon", func(t *testing.T) {
		t.Parallel()

		p, _, again := setupRestart(t, "ready")
		began := time.Now()
		for range 3 {
			kill(t, p)
			await(t, again)
		}
		if least := restartPause + 2*restartPause + 4*restartPause; time.Since(began) < least {
			t.Errorf("three restarts in %s, want at least %s", time.Since(began), least)
		}
	})
}

// setupRestart is a part that runs, and the channel that hears of each of its restarts.
func setupRestart(t *testing.T, says string) (*part, *transcript, <-chan struct{}) {
	t.Helper()
	p, out := setupPart(t, "say", says)
	again := make(chan struct{}, 1)
	p.ready, p.changed = "ready", func() { again <- struct{}{} }
	if err := p.start(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	return p, out, again
}

func kill(t *testing.T, p *part) {
	t.Helper()
	if err := syscall.Kill(p.pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func await(t *testing.T, happened <-chan struct{}) {
	t.Helper()
	select {
	case <-happened:
	case <-time.After(20 * time.Second):
		t.Fatal("not within 20 seconds")
	}
}
