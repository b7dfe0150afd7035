package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestProcess runs the built program with the sample function, as an image or the laptop does.
func TestProcess(t *testing.T) {
	t.Parallel()

	binary := filepath.Join(t.TempDir(), "handler")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".")
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}

	t.Run("answers, and exits with 0 after SIGTERM", func(t *testing.T) {
		t.Parallel()

		p, address := startProcess(t, binary, "healthcheck_interval=0")
		if _, body := do(t, newPost(t, "http://"+address, strings.NewReader("shop"))); body != "Hello, shop.\n" {
			t.Errorf("got %q", body)
		}
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if code := exitCode(t, p); code != 0 {
			t.Errorf("exit code %d", code)
		}
	})

	t.Run("exits with 0 though SIGTERM comes again while it drains", func(t *testing.T) {
		t.Parallel()

		p, _ := startProcess(t, binary, "healthcheck_interval=1s")
		draining(t, p)
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if !p.logs.has("drained", patience) {
			t.Error("it did not drain")
		}
		if code := exitCode(t, p); code != 0 {
			t.Errorf("exit code %d", code)
		}
	})

	t.Run("exits with 1, and no error in the log, where it outlives its drain behind a watchdog", func(t *testing.T) {
		t.Parallel()

		p, _ := startProcess(t, binary, "healthcheck_interval=0", "fprocess=./handler")
		draining(t, p)
		drained, _ := p.logs.next(patience)
		began := time.Now()
		last, _ := p.logs.next(patience)
		if drained["msg"] != "drained" || last["level"] != "WARN" || time.Since(began) < watchdogTime/2 {
			t.Errorf("it says %v, and after %v %v", drained, time.Since(began), last)
		}
		if code := exitCode(t, p); code != 1 {
			t.Errorf("exit code %d", code)
		}
	})

	t.Run("exits with 1 at an interrupt while it drains", func(t *testing.T) {
		t.Parallel()

		p, _ := startProcess(t, binary, "healthcheck_interval=1h")
		draining(t, p)
		if err := p.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if code := exitCode(t, p); code != 1 {
			t.Errorf("exit code %d", code)
		}
	})

	t.Run("says what is wrong with a setting in one line and exits with 1", func(t *testing.T) {
		t.Parallel()

		line := fails(t, binary, "write_timeout=soon", "max_body_bytes=1MB")
		for _, want := range []string{`write_timeout="soon"`, `max_body_bytes="1MB"`} {
			if !strings.Contains(line, want) {
				t.Errorf("no %s in %q", want, line)
			}
		}
	})

	t.Run("says which address is busy in one line and exits with 1", func(t *testing.T) {
		t.Parallel()

		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		if line := fails(t, binary, "handler_address="+taken.Addr().String()); !strings.Contains(line, taken.Addr().String()) {
			t.Errorf("got %q", line)
		}
	})
}

// fails runs the program, which must end with 1 and one log line, and returns that line's error.
func fails(t *testing.T, binary string, env ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Env = append(os.Environ(), append([]string{"handler_address=127.0.0.1:0"}, env...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	var line struct{ Level, Err string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Level != "ERROR" {
		t.Errorf("want one JSON line of level ERROR, got %q (%v)", out.String(), err)
	}
	return line.Err
}

type process struct {
	*exec.Cmd
	logs *watchedLog
}

// watchedLog hands on log lines as they come.
type watchedLog struct{ lines chan map[string]any }

func (l *watchedLog) next(timeout time.Duration) (map[string]any, bool) {
	select {
	case line, ok := <-l.lines:
		return line, ok
	case <-time.After(timeout):
		return nil, false
	}
}

// has waits for a line with that message, or for the end of the log.
func (l *watchedLog) has(msg string, timeout time.Duration) bool {
	for {
		line, ok := l.next(timeout)
		if !ok || line["msg"] == msg {
			return ok
		}
	}
}

// startProcess starts the program on a free port, waits until it listens and returns its address.
func startProcess(t *testing.T, binary string, env ...string) (process, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Env = append(os.Environ(), append([]string{"handler_address=127.0.0.1:0"}, env...)...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})

	logs := &watchedLog{lines: make(chan map[string]any, 100)}
	go func() {
		defer close(logs.lines)
		for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
			var line map[string]any
			if json.Unmarshal(scanner.Bytes(), &line) == nil {
				logs.lines <- line
			}
		}
	}()
	line, ok := logs.next(patience)
	address, _ := line["address"].(string)
	if !ok || address == "" {
		t.Fatalf("the first log line is %v", line)
	}
	return process{cmd, logs}, address
}

// draining sends SIGTERM, and returns when that was taken: two of the same signal at once may
// arrive as one.
func draining(t *testing.T, p process) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if !p.logs.has("draining", patience) {
		t.Fatal("no log line of the draining")
	}
}

func exitCode(t *testing.T, p process) int {
	t.Helper()
	done := make(chan int, 1)
	go func() {
		for range p.logs.lines {
		}
		_ = p.Wait()
		done <- p.ProcessState.ExitCode()
	}()
	return receive(t, done, "end of the process")
}
