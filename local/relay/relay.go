// Package relay passes TCP connections on to another address of this machine, and can stop to: as
// when a network interface is removed, open connections then go silent, and neither end gets an
// answer or a reset.
package relay

import (
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Relay passes the connections that it accepts on to one address. All its methods may be called at
// the same time.
type Relay struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	conns map[*net.TCPConn]bool
	cut   bool
}

// New listens on a free port of 127.0.0.1, and passes on what comes there until Cut or Close.
func New(to string) (*Relay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("relay to %s: %w", to, err)
	}
	r := &Relay{listener: listener, to: to, conns: map[*net.TCPConn]bool{}}
	go r.serve()
	return r, nil
}

// Addr is where it listens, as host:port.
func (r *Relay) Addr() string { return r.listener.Addr().String() }

// over is a deadline that has passed: it ends what is being passed on.
var over = time.Unix(1, 0)

// Cut refuses new connections, and passes no byte on any more. Open connections stay so until their
// own end closes them, or Close does.
func (r *Relay) Cut() {
	_ = r.listener.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cut {
		return
	}
	r.cut = true
	for conn := range r.conns {
		_ = conn.SetDeadline(over)
	}
}

// Close closes all connections, and the listener.
func (r *Relay) Close() {
	_ = r.listener.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cut = true
	for conn := range r.conns {
		_ = conn.Close()
	}
}

func (r *Relay) serve() {
	for {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		go r.pass(conn.(*net.TCPConn))
	}
}

// pass connects both ends for as long as either sends.
func (r *Relay) pass(from *net.TCPConn) {
	dialed, err := net.Dial("tcp", r.to)
	if err != nil {
		_ = from.SetLinger(0) // a reset, which is the nearest to a refusal that is left
		_ = from.Close()
		return
	}
	to := dialed.(*net.TCPConn)
	defer r.drop(from)
	defer r.drop(to)
	r.add(from, to)
	var ends sync.WaitGroup
	ends.Go(func() { r.copy(to, from) })
	ends.Go(func() { r.copy(from, to) })
	ends.Wait()
}

// copy passes on what one end sends, and that it sends no more. After a cut it only reads, until
// that end closes.
func (r *Relay) copy(to, from *net.TCPConn) {
	_, err := io.Copy(to, from)
	if r.isCut() {
		_ = from.SetReadDeadline(time.Time{}) // only that: the other direction may be about to see the one for writing
		_, _ = io.Copy(io.Discard, from)
		r.drop(from)
		return
	}
	if err != nil { // one of both is broken
		r.drop(from)
		r.drop(to)
		return
	}
	_ = to.CloseWrite()
}

func (r *Relay) add(conns ...*net.TCPConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, conn := range conns {
		r.conns[conn] = true
		if r.cut {
			_ = conn.SetDeadline(over)
		}
	}
}

func (r *Relay) drop(conn *net.TCPConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, conn)
	_ = conn.Close()
}

func (r *Relay) isCut() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cut
}
