package relay

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what should come at once.
const patience = 10 * time.Second

func TestRelay(t *testing.T) {
	t.Parallel()

	t.Run("passes on what both ends send, and that they send no more", func(t *testing.T) {
		t.Parallel()

		near, far, _ := connected(t)
		sent := strings.Repeat("what is asked ", 100_000)
		go func() {
			_, _ = io.WriteString(near, sent)
			_ = near.CloseWrite()
		}()
		if got, err := io.ReadAll(far); string(got) != sent || err != nil {
			t.Errorf("%d bytes of %d, %v", len(got), len(sent), err)
		}
		if _, err := io.WriteString(far, "answer"); err != nil {
			t.Fatal(err)
		}
		far.Close()
		if got, err := io.ReadAll(near); string(got) != "answer" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})

	t.Run("passes on that an end broke off", func(t *testing.T) {
		t.Parallel()

		near, far, _ := connected(t)
		if err := near.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		near.Close()
		if _, err := far.Read(make([]byte, 1)); err == nil {
			t.Error("the other end does not know")
		}
	})

	t.Run("ends a connection to what does not listen", func(t *testing.T) {
		t.Parallel()

		listener := listen(t)
		listener.Close()
		conn, err := net.Dial("tcp", start(t, listener.Addr().String()).Addr())
		if err == nil { // the reset may come before connect returns, or after it
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(patience))
			_, err = conn.Read(make([]byte, 1))
		}
		if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})

	t.Run("falls silent when it is cut: no byte, no end, no reset", func(t *testing.T) {
		t.Parallel()

		near, far, r := connected(t)
		r.Cut()
		r.Cut() // a second time changes nothing
		for _, pair := range [][2]*net.TCPConn{{near, far}, {far, near}} {
			if _, err := io.WriteString(pair[0], "into the void"); err != nil {
				t.Error(err)
			}
			_ = pair[1].SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			if n, err := pair[1].Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%d bytes, %v", n, err)
			}
		}
		if conn, err := net.Dial("tcp", r.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a new connection: %v, %v", conn, err)
		}
		near.Close()
		_ = far.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if n, err := far.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("after the other end is closed: %d bytes, %v", n, err)
		}
		r.Close()
		_ = far.SetReadDeadline(time.Now().Add(patience))
		if n, err := far.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("after the relay is closed: %d bytes, %v", n, err)
		}
	})

	t.Run("falls silent though an end reads nothing", func(t *testing.T) {
		t.Parallel()

		near, _, r := connected(t)
		_ = near.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		if _, err := near.Write(make([]byte, 64<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("all of it was taken: %v", err)
		}
		r.Cut()
		_ = near.SetWriteDeadline(time.Now().Add(patience))
		if _, err := near.Write(make([]byte, 64<<20)); err != nil { // which is thrown away
			t.Error(err)
		}
	})
}

// connected is a connection through a relay, with both of its ends.
func connected(t *testing.T) (near, far *net.TCPConn, r *Relay) {
	t.Helper()
	listener := listen(t)
	r = start(t, listener.Addr().String())
	near = dial(t, r)
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	far = accepted.(*net.TCPConn)
	t.Cleanup(func() { far.Close() })
	_ = far.SetDeadline(time.Now().Add(patience))
	return near, far, r
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

func start(t *testing.T, to string) *Relay {
	t.Helper()
	r, err := New(to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func dial(t *testing.T, r *Relay) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn.(*net.TCPConn)
}
