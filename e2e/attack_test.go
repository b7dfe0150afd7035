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

// attack goes on until its context ends, and says what it did. It calls begun when it is in full
// swing.
type attack func(ctx context.Context, begun func()) deeds

// deeds are what came of an attack.
type deeds struct {
	// opened is how many connections were opened, closed how many of them the other side ended, and
	// open what was left.
	opened, closed, open int64
	// refused is how many posts were answered 400, and other how many otherwise, by status.
	refused int64
	other   map[int]int64
}

func (d deeds) String() string {
	if d.opened > 0 {
		return fmt.Sprintf("%d connections opened, %d closed, %d open", d.opened, d.closed, d.open)
	}
	return fmt.Sprintf("%d posts refused, answered otherwise %v", d.refused, d.other)
}

// elsewhere lets an attacker work only when nobody else here wants to: it would have a machine of
// its own. The thread ends with the attacker.
func elsewhere() {
	runtime.LockOSThread()
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 19) // on Linux, of this thread
}

// dribble is an attack by connections that send the beginning of a request, and then a byte each
// second. One that is closed is opened anew.
func dribble(address, beginning string, connections int) attack {
	return func(ctx context.Context, begun func()) deeds {
		var open, opened, closed atomic.Int64
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
						if ctx.Err() != nil || drip(held[i]) {
							continue
						}
						if held[i] != nil {
							closed.Add(1)
						}
						if held[i] = begin(ctx, address, beginning, n); held[i] != nil {
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
		return deeds{opened: opened.Load(), closed: closed.Load(), open: open.Load()}
	}
}

// begin opens a connection from an address of the attacker's own, as there are not ports enough on
// one; nil where that did not work.
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
	return func(ctx context.Context, begun func()) deeds {
		begun()
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: attackers}}
		defer client.CloseIdleConnections()
		done := deeds{other: map[int]int64{}}
		var mu sync.Mutex
		body := strings.Repeat("x", size)
		var all sync.WaitGroup
		for range attackers {
			all.Go(func() {
				elsewhere()
				for ctx.Err() == nil {
					req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
					if err != nil {
						return
					}
					req.Header.Set("Stripe-Signature", forgedSignature())
					res, err := client.Do(req)
					if err != nil {
						continue // the end of the attack, or what the gateway makes of one
					}
					_, _ = io.Copy(io.Discard, res.Body)
					res.Body.Close()
					mu.Lock()
					if res.StatusCode == http.StatusBadRequest {
						done.refused++
					} else {
						done.other[res.StatusCode]++
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		return done
	}
}

// forgedSignature is a signature of which nothing but the sum is wrong, so that the body has to be
// hashed.
func forgedSignature() string {
	return fmt.Sprintf("t=%d,v1=%s", time.Now().Unix(), strings.Repeat("0", 64))
}
