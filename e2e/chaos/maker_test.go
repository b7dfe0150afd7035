package chaos

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// victim is a process that waits to be killed.
func victim(t *testing.T) *exec.Cmd {
	t.Helper()
	c := exec.Command("sleep", "600")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	return c
}

func TestMaker(t *testing.T) {
	t.Parallel()

	t.Run("kills a part, and then only the one that is started in its place", func(t *testing.T) {
		t.Parallel()

		first, second := victim(t), victim(t)
		var pid atomic.Int64
		pid.Store(int64(first.Process.Pid))
		m := &maker{killed: map[*part][]death{}, options: Options{
			Say: func(string, ...any) {},
			Env: func() (map[string]string, error) {
				return map[string]string{gateway.pid: strconv.FormatInt(pid.Swap(int64(second.Process.Pid)), 10)}, nil
			},
		}}
		if err := m.make(t.Context(), []trouble{{part: gateway}}); err != nil {
			t.Fatal(err)
		}
		killed(t, first)
		pid.Store(int64(first.Process.Pid)) // run.env says for a moment what was
		if err := m.make(t.Context(), []trouble{{part: gateway}}); err != nil {
			t.Fatal(err)
		}
		killed(t, second)
		if n := len(m.deaths(gateway)); n != 2 {
			t.Errorf("%d deaths are counted, want 2", n)
		}
		if got := m.unkilled(); len(got) != len(parts)-1 {
			t.Errorf("unkilled: %v", got)
		}
	})

	t.Run("takes NATS's store away before it dies, and sees that there is a new one", func(t *testing.T) {
		t.Parallel()

		for _, again := range []bool{true, false} {
			first, second := victim(t), victim(t)
			state := t.TempDir()
			store := filepath.Join(state, "nats")
			if err := os.WriteFile(store, []byte("messages"), 0o600); err != nil {
				t.Fatal(err)
			}
			pid := first.Process.Pid
			var said []string
			m := &maker{killed: map[*part][]death{}, backlog: func() int { return 3 }, options: Options{
				State: state,
				Say:   func(f string, a ...any) { said = append(said, fmt.Sprintf(f, a...)) },
				Env: func() (map[string]string, error) {
					if _, err := os.Stat(store); err != nil { // it was taken, and whoever is started makes a new one
						pid = second.Process.Pid
						if again {
							_ = os.WriteFile(store, nil, 0o600)
						}
					}
					return map[string]string{nats.pid: strconv.Itoa(pid)}, nil
				},
			}}
			err := m.make(t.Context(), []trouble{{part: nats, wipe: true}})
			killed(t, first)
			if !again {
				if !errors.Is(err, os.ErrNotExist) || m.wipes != 0 {
					t.Errorf("no new store: %d wipes, error %v", m.wipes, err)
				}
				continue
			}
			left, _ := filepath.Glob(filepath.Join(state, "*"))
			if err != nil || m.wipes != 1 || m.lost != 3 || len(left) != 1 || !strings.Contains(said[1], "about 3 queued") {
				t.Errorf("%d wipes, %d lost, left %v, said %q, error %v", m.wipes, m.lost, left, said, err)
			}
		}
	})
}

func killed(t *testing.T, c *exec.Cmd) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	select {
	case <-time.After(10 * time.Second):
		t.Error("it lives")
	case <-done:
		if s := c.ProcessState.Sys().(syscall.WaitStatus); s.Signal() != syscall.SIGKILL {
			t.Errorf("it ended by %v", s.Signal())
		}
	}
}
