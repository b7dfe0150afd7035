package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// attackers is how many attack at once; each has many connections.
const attackers = 20

// attack goes on until its context ends, and says what it did. It calls begun when it is in full swing.
type attack func(ctx context.Context, begun func()) string

// elsewhere lets an attacker work only when nobody else here wants to: it would have a machine of its own. The
// thread ends with the attacker.
func elsewhere() {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19) // on Linux, of this thread
}

// dribble is an attack by connections that send the beginning of a request, and then a byte each second. One that is
// closed is opened anew.
func dribble(address, beginning string, connections int) attack {
	return func(ctx context.Context, begun func()) string {
		var open, opened atomic.Int64
		var all, first sync.WaitGroup
		first.Add(attackers)
		go func() { first.Wait(); begun() }()
		for n := range attackers {
			all.Go(func() {
				elsewhere()
				held := make([]net.Conn, connections/attackers)
				once := sync.OnceFunc(first.Done)
				defer once()
				for ctx.Err() == nil {
					began := time.Now()
					for i := range held {
						if ctx.Err() == nil && !drip(held[i]) {
							held[i] = begin(ctx, address, beginning, n)
							opened.Add(1)
						}
					}
					once()
					select {
					case <-ctx.Done():
					case <-time.After(time.Second - time.Since(began)):
					}
				}
				for _, conn := range held {
					if drip(conn) {
						open.Add(1)
					}
					if conn != nil {
						conn.Close()
					}
				}
			})
		}
		all.Wait()
		return fmt.Sprintf("%d connections open of %d", open.Load(), opened.Load())
	}
}

// begin opens a connection from an address of the attacker's own, as there are not ports enough on one; nil where
// that did not work.
func begin(ctx context.Context, address, beginning string, attacker int) net.Conn {
	dialer := net.Dialer{Timeout: 2 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(attacker+1))}}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil
	}
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second)) // what does not go is not sent
	_, _ = io.WriteString(conn, beginning)
	return conn
}

// drip sends one more byte, where the connection is still open.
func drip(conn net.Conn) bool {
	if conn == nil {
		return false
	}
	_ = conn.SetReadDeadline(time.Now().Add(100 * time.Microsecond))
	if _, err := conn.Read(make([]byte, 512)); err != nil {
		if timeout, ok := err.(net.Error); !ok || !timeout.Timeout() {
			conn.Close()
			return false
		}
	}
	_ = conn.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := conn.Write([]byte("x")); err != nil {
		conn.Close()
		return false
	}
	return true
}

// flood is an attack by forged posts, one after the other from each attacker.
func flood(url string, size int) attack {
	return func(ctx context.Context, begun func()) string {
		begun()
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: attackers}}
		defer client.CloseIdleConnections()
		var refused, other atomic.Int64
		body := strings.Repeat("x", size)
		var all sync.WaitGroup
		for range attackers {
			all.Go(func() {
				elsewhere()
				for ctx.Err() == nil {
					req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
					if err != nil {
						other.Add(1)
						return
					}
					req.Header.Set("Stripe-Signature", forgedSignature())
					res, err := client.Do(req)
					if err != nil {
						continue // the end of the attack, or what the gateway makes of one
					}
					_, _ = io.Copy(io.Discard, res.Body)
					res.Body.Close()
					if res.StatusCode == http.StatusBadRequest {
						refused.Add(1)
					} else {
						other.Add(1)
					}
				}
			})
		}
		all.Wait()
		return fmt.Sprintf("%d posts refused, %d answered otherwise", refused.Load(), other.Load())
	}
}

// forgedSignature is a signature of which nothing but the sum is wrong, so that the body has to be hashed.
func forgedSignature() string {
	return fmt.Sprintf("t=%d,v1=%s", time.Now().Unix(), strings.Repeat("0", 64))
}
