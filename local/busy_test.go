package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"handler/function/shared/runenv"
)

func TestCheckPorts(t *testing.T) {
	t.Parallel()

	t.Run("names each port that is taken, and who has it", func(t *testing.T) {
		t.Parallel()

		one, two := takePort(t), takePort(t)
		err := checkPorts(one, two)
		if err == nil {
			t.Fatal("no error for ports that are taken")
		}
		comm, readErr := os.ReadFile("/proc/self/comm")
		if readErr != nil {
			t.Fatal(readErr)
		}
		us := fmt.Sprintf(" is taken by %s (pid %d)", strings.TrimSpace(string(comm)), os.Getpid())
		mustContain(t, err.Error(), fmt.Sprintf("port %d, which the gateway needs,%s", one, us))
		mustContain(t, err.Error(), fmt.Sprintf("port %d, which the gateway needs,%s", two, us))
	})

	t.Run("is content with no port", func(t *testing.T) {
		t.Parallel()

		if err := checkPorts(); err != nil {
			t.Error(err)
		}
	})

	t.Run("leaves a free port free", func(t *testing.T) {
		t.Parallel()

		// 0 lets the system choose one that is free.
		if err := checkPorts(0); err != nil {
			t.Error(err)
		}
	})
}

func TestHolder(t *testing.T) {
	t.Parallel()

	t.Run("is nobody where nobody listens", func(t *testing.T) {
		t.Parallel()

		if got := holder(0); got != "" {
			t.Errorf("holder %q of a port that nobody can have", got)
		}
	})
}

func TestAlreadyRunning(t *testing.T) {
	t.Parallel()

	t.Run("says where the running one is", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		env := runenv.Env{{"GATEWAY_URL", "http://127.0.0.1:1"}, {"INBOX_URL", "http://127.0.0.1:2"}}
		if err := env.Write(state); err != nil {
			t.Fatal(err)
		}
		err := alreadyRunning(state, runenv.ErrRunning)
		if !errors.Is(err, runenv.ErrRunning) {
			t.Fatalf("error = %v, want runenv.ErrRunning", err)
		}
		mustContain(t, err.Error(), "http://127.0.0.1:1", "http://127.0.0.1:2", "make buy")
	})

	t.Run("says that the other one is still starting", func(t *testing.T) {
		t.Parallel()

		err := alreadyRunning(t.TempDir(), runenv.ErrRunning)
		if !errors.Is(err, runenv.ErrRunning) {
			t.Fatalf("error = %v, want runenv.ErrRunning", err)
		}
		mustContain(t, err.Error(), "not ready yet")
	})

	t.Run("leaves another error as it is", func(t *testing.T) {
		t.Parallel()

		other := errors.New("the disk is full")
		if err := alreadyRunning(t.TempDir(), other); err != other {
			t.Errorf("error = %v", err)
		}
	})
}

// takePort listens until the test ends.
func takePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}
