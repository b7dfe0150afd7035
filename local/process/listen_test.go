package process

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

func TestWaitListening(t *testing.T) {
	t.Parallel()

	t.Run("returns once somebody listens", func(t *testing.T) {
		t.Parallel()

		addr := freeAddr(t)
		for Listening(addr) { // another test took it meanwhile
			addr = freeAddr(t)
		}
		waited := make(chan error, 1)
		go func() { waited <- WaitListening(t.Context(), addr) }()
		listener, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		if err := <-waited; err != nil {
			t.Error(err)
		}
	})

	t.Run("ends with its context", func(t *testing.T) {
		t.Parallel()

		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if err := WaitListening(ctx, freeAddr(t)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
	})

	t.Run("says what a process printed that ended before", func(t *testing.T) {
		t.Parallel()

		p, _ := startShell(t, `echo the key is missing; exit 7`, 0)
		err := p.WaitListening(t.Context(), freeAddr(t))
		if err == nil || !strings.Contains(err.Error(), "exit status 7") || !strings.Contains(err.Error(), "the key is missing") {
			t.Errorf("error = %v", err)
		}
	})

	t.Run("does not take somebody else's listener for the process's", func(t *testing.T) {
		t.Parallel()

		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		p, _ := startShell(t, `exit 1`, 0)
		waitDone(t, p)
		if err := p.WaitListening(t.Context(), listener.Addr().String()); err == nil {
			t.Error("no error for a process that has ended")
		}
	})
}

func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// TestFreeAddr: the ports are none of those that connections take, which come and go all the time.
func TestFreeAddr(t *testing.T) {
	t.Parallel()

	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	lowest := highestPort
	for range 200 {
		conn, err := net.Dial("tcp", server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() // while it is open, its port is taken
		lowest = min(lowest, conn.LocalAddr().(*net.TCPAddr).Port)
	}
	if lowest < highestPort {
		t.Skipf("this machine takes the ports of connections from %d on", lowest)
	}
	for range 100 {
		addr := freeAddr(t)
		listener, err := net.Listen("tcp", addr)
		if err != nil {
			t.Errorf("%s is not free: %v", addr, err)
			continue
		}
		if port := listener.Addr().(*net.TCPAddr).Port; port >= highestPort {
			t.Errorf("port %d is one of those that connections take", port)
		}
		listener.Close()
	}
}
