package process

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"
)

const (
	dialTimeout  = time.Second
	pollInterval = 10 * time.Millisecond
)

// The ports of FreeAddr lie below those from which systems take the local ports of connections:
// 32768 and up on Linux, 49152 and up on macOS. From there a busy machine would take one within
// moments.
const (
	lowestPort  = 12_000
	highestPort = 32_000
)

// FreeAddr names a loopback address that nothing listened on a moment ago. Another program may take
// it before the caller does.
func FreeAddr() (string, error) {
	var err error
	for range 100 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowestPort+rand.IntN(highestPort-lowestPort)))
		var listener net.Listener
		if listener, err = net.Listen("tcp", addr); err == nil {
			return addr, listener.Close()
		}
	}
	return "", fmt.Errorf("find a free port: %w", err)
}

// Listening reports whether something accepts connections at addr.
func Listening(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, dialTimeout)
	if err != nil {
		return false
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// Reset instead of close: asked before each call, closing would use up the ports with
		// TIME_WAIT.
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
	return true
}

// WaitListening returns when something accepts connections at addr, or when ctx is over.
func WaitListening(ctx context.Context, addr string) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for !Listening(addr) {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s to listen: %w", addr, context.Cause(ctx))
		case <-ticker.C:
		}
	}
	return nil
}

// WaitListening returns when the process accepts connections at addr. If ctx is over or the process
// has ended before, the error says which, with the last lines that it printed.
func (p *Process) WaitListening(ctx context.Context, addr string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-p.done:
			cancel(errEnded)
		case <-ctx.Done():
		}
	}()

	err := WaitListening(ctx, addr)
	select {
	case <-p.done:
		// Another process listens there.
		err = fmt.Errorf("ended before it listened on %s: %s", addr, exitText(p.Err()))
	default:
	}
	if err == nil {
		return nil
	}
	if tail := p.Tail(); len(tail) > 0 {
		return fmt.Errorf("%w; it printed:\n%s", err, strings.Join(tail, "\n"))
	}
	return err
}

var errEnded = errors.New("the process ended")

func exitText(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}
