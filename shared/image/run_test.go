package image

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRun(t *testing.T) {
	t.Parallel()

	t.Run("runs the steps in their folders and shows what they print", func(t *testing.T) {
		t.Parallel()

		dir := t.TempDir()
		var out bytes.Buffer
		err := Run(t.Context(), dir, []Step{
			{Dir: ".", Command: "mkdir sub && echo made"},
			{Dir: "sub", Command: "echo here > file; echo oops >&2"},
		}, nil, &out)
		if err != nil {
			t.Fatal(err)
		}
		want := "[1/2] mkdir sub && echo made\nmade\n[2/2] echo here > file; echo oops >&2\noops\n"
		if out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}
		if _, err := os.Stat(filepath.Join(dir, "sub", "file")); err != nil {
			t.Error(err)
		}
	})

	t.Run("lets the environment set an ARG but not an ENV", func(t *testing.T) {
		t.Parallel()

		var out bytes.Buffer
		step := Step{
			Dir:     ".",
			Command: `echo "$A $B $C"`,
			Args:    []string{"A=default", "B=default"},
			Env:     []string{"C=fixed"},
		}
		env := []string{"PATH=" + os.Getenv("PATH"), "B=set", "C=set"}
		if err := Run(t.Context(), t.TempDir(), []Step{step}, env, &out); err != nil {
			t.Fatal(err)
		}
		if want := "default set fixed\n"; !strings.HasSuffix(out.String(), want) {
			t.Errorf("got %q, want it to end with %q", out.String(), want)
		}
	})

	t.Run("stops at the first step that fails and names its line", func(t *testing.T) {
		t.Parallel()

		dir := t.TempDir()
		err := Run(t.Context(), dir, []Step{
			{Line: 7, Dir: ".", Command: "exit 3"},
			{Line: 8, Dir: ".", Command: "touch reached"},
		}, nil, io.Discard)
		if err == nil || !strings.Contains(err.Error(), "line 7: exit 3: exit status 3") {
			t.Errorf("got error %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, "reached")); !errors.Is(err, os.ErrNotExist) {
			t.Error("the step after the failed one ran")
		}
	})

	t.Run("ends what a step started when the context ends", func(t *testing.T) {
		t.Parallel()

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		reader, writer := io.Pipe()
		done := make(chan error, 1)
		go func() {
			// The shell prints the number of a child that would outlive it by far.
			done <- Run(ctx, t.TempDir(), []Step{{Dir: ".", Command: "sleep 600 & echo $!; wait"}}, nil, writer)
			writer.Close()
		}()

		child := childOf(t, reader)
		cancel()
		go io.Copy(io.Discard, reader)
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got error %v, want context.Canceled", err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("Run did not return")
		}
		waitGone(t, child)
	})
}

// childOf reads the number that the step prints after its own command line.
func childOf(t *testing.T, r io.Reader) int {
	t.Helper()
	var got []byte
	buf := make([]byte, 256)
	for strings.Count(string(got), "\n") < 2 {
		n, err := r.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	pid, err := strconv.Atoi(strings.Split(string(got), "\n")[1])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// waitGone waits until the process has ended or is a zombie.
func waitGone(t *testing.T, pid int) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-tick.C {
		stat, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if strings.Contains(string(stat), ") Z ") || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return
		}
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	t.Errorf("process %d is still there", pid)
}
