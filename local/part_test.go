package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"handler/function/local/process"
)

func TestPart(t *testing.T) {
	t.Parallel()

	t.Run("is ready when it listens, and stop ends it for good", func(t *testing.T) {
		t.Parallel()

		p, _ := setupListener(t)
		if err := p.start(t.Context(), t.TempDir()); err != nil {
			t.Fatal(err)
		}
		pid := p.pid()
		if !process.Listening(p.address) {
			t.Error("started, and nobody listens")
		}
		p.stop(t.Context())
		if alive(pid) {
			t.Error("the process lives on")
		}
		if process.Listening(p.address) {
			t.Error("somebody still listens")
		}
	})

	t.Run("is ready when it has said so, and its log holds it", func(t *testing.T) {
		t.Parallel()

		logs := t.TempDir()
		p, _ := setupPart(t, "say", "Listening on foo")
		p.ready = "Listening on"
		if err := p.start(t.Context(), logs); err != nil {
			t.Fatal(err)
		}
		p.stop(t.Context())
		log, err := os.ReadFile(filepath.Join(logs, "child.log"))
		if err != nil {
			t.Fatal(err)
		}
		if string(log) != "it said: Listening on foo\n" {
			t.Errorf("log %q", log)
		}
	})

	t.Run("is started again whenever it dies, at the same address, and tells of it", func(t *testing.T) {
		t.Parallel()

		p, out := setupListener(t)
		changed := make(chan int, 10)
		p.changed = func() { changed <- p.pid() }
		if err := p.start(t.Context(), t.TempDir()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			dead := p.pid()
			if err := syscall.Kill(dead, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			select {
			case pid := <-changed:
				if pid == dead || !alive(pid) {
					t.Errorf("changed to process %d, after %d died", pid, dead)
				}
				if !process.Listening(p.address) {
					t.Error("changed, and nobody listens yet")
				}
			case <-time.After(20 * time.Second):
				t.Fatal("changed is not called")
			}
		}
		last := p.pid()
		p.stop(t.Context())
		if alive(last) {
			t.Error("the process lives on")
		}
		if len(changed) != 0 {
			t.Error("changed was called for a stop")
		}
		mustContain(t, out.String(), "child ended (signal: killed); it is started again")
	})

	t.Run("is tried again as long as it cannot be started again", func(t *testing.T) {
		t.Parallel()

		p, out := setupListener(t)
		program := removable(t, p)
		changed := make(chan struct{}, 10)
		p.changed = func() { changed <- struct{}{} }
		if err := p.start(t.Context(), t.TempDir()); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(program, program+".gone"); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(p.pid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it tells of the failure twice", func() bool {
			return strings.Count(out.String(), "no such file") >= 2
		})
		if err := os.Rename(program+".gone", program); err != nil {
			t.Fatal(err)
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Second):
			t.Fatal("it is not started again")
		}
	})

	t.Run("can be stopped between its death and its next start", func(t *testing.T) {
		t.Parallel()

		p, out := setupListener(t)
		program := removable(t, p)
		p.changed = func() { t.Error("it was started again") }
		if err := p.start(t.Context(), t.TempDir()); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(program); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(p.pid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "it tells of the death", func() bool { return strings.Contains(out.String(), "ended") })
		p.stop(t.Context())
		if alive(p.pid()) {
			t.Error("a process is left")
		}
	})

	t.Run("is stopped and named when it never listens", func(t *testing.T) {
		t.Parallel()

		p, _ := setupPart(t, "say", "good morning")
		p.address = freeAddress(t)
		neverReady(t, p)
	})

	t.Run("is stopped and named when it never says that it is ready", func(t *testing.T) {
		t.Parallel()

		p, _ := setupPart(t, "say", "good morning")
		p.ready = "Listening on"
		neverReady(t, p)
	})

	t.Run("says how one ended that dies before it listens, and what it said", func(t *testing.T) {
		t.Parallel()

		p, _ := setupPart(t, "die", "the disk is full")
		p.address = freeAddress(t)
		diesEarly(t, p)
	})

	t.Run("says how one ended that dies before its line, and what it said", func(t *testing.T) {
		t.Parallel()

		p, _ := setupPart(t, "die", "the disk is full")
		p.ready = "Listening on"
		diesEarly(t, p)
	})

	t.Run("names a program that is not there", func(t *testing.T) {
		t.Parallel()

		p, _ := setupPart(t, "say", "nothing")
		p.command.Path = "/nowhere/program"
		err := p.start(t.Context(), t.TempDir())
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "child: ", "/nowhere/program")
		if p.pid() != 0 {
			t.Errorf("it has process ID %d", p.pid())
		}
	})

	t.Run("goes on with the log that there is", func(t *testing.T) {
		t.Parallel()

		logs := t.TempDir()
		write(t, filepath.Join(logs, "child.log"), "of yesterday\n")
		p, _ := setupPart(t, "say", "today")
		p.ready = "today"
		if err := p.start(t.Context(), logs); err != nil {
			t.Fatal(err)
		}
		p.stop(t.Context())
		log, err := os.ReadFile(filepath.Join(logs, "child.log"))
		if err != nil {
			t.Fatal(err)
		}
		if string(log) != "of yesterday\nit said: today\n" {
			t.Errorf("log %q", log)
		}
	})
}

// neverReady starts a part that says good morning and no more, and runs out of time.
func neverReady(t *testing.T, p *part) {
	t.Helper()
	logs := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	started := make(chan error, 1)
	go func() { started <- p.start(ctx, logs) }()
	eventually(t, "the process runs", func() bool {
		log, _ := os.ReadFile(filepath.Join(logs, "child.log"))
		return strings.Contains(string(log), "good morning")
	})
	cancel() // as when the time is up
	select {
	case err := <-started:
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "start child: ")
	case <-time.After(20 * time.Second):
		t.Fatal("start does not return")
	}
	if alive(p.pid()) {
		t.Error("the process lives on")
	}
}

func diesEarly(t *testing.T, p *part) {
	t.Helper()
	err := p.start(t.Context(), t.TempDir())
	if err == nil {
		t.Fatal("no error")
	}
	mustContain(t, err.Error(), "start child: ", "exit status 3", "the disk is full")
}

// removable gives the part a program that can go away and come back, as at an update.
func removable(t *testing.T, p *part) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	if err := os.Symlink(p.command.Path, program); err != nil {
		t.Fatal(err)
	}
	p.command.Path = program
	return program
}

func setupListener(t *testing.T) (*part, *transcript) {
	t.Helper()
	address := freeAddress(t)
	p, out := setupPart(t, "listen", address)
	p.address = address
	return p, out
}

// setupPart is a part that runs this test binary as the child of a kind; see TestMain.
func setupPart(t *testing.T, kind, argument string) (*part, *transcript) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c, out := quiet(t)
	p := &part{
		name:    "child",
		console: c,
		changed: func() {},
		command: process.Command{Path: self, Env: []string{asChild + "=" + kind + " " + argument}},
	}
	t.Cleanup(func() { endPart(p) })
	return p, out
}

// endPart ends what a failed test has left; stop may not be called twice.
func endPart(p *part) {
	if p.pid() == 0 || p.isStopping() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	p.stop(ctx)
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := process.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return address
}
