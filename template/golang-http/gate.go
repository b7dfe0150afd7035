package main

import (
	"container/list"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// connectionBytes is about what net/http holds for a connection of which nothing has arrived: two
	// buffers of 4 KiB, and a stack.
	connectionBytes = 16 << 10
	// waitingBytes is what requests may take that have not arrived yet: 512 connections, or eight bodies of
	// the default limit.
	waitingBytes = 8 << 20
	// leastWait is how long every request may take to arrive, however many there are. With it the gate lets
	// five thousand connections in a second; the kernel keeps about as many that wait for that.
	leastWait = 100 * time.Millisecond
	// gateLogPause keeps an attack from filling the disk with what the log says of it.
	gateLogPause = 10 * time.Second
)

// gate is a listener that bounds the memory of requests that have not arrived, be they slow or never meant to:
// when they hold more than the limit, the connection that has kept us waiting for longest is closed. A request
// that is being answered is not counted and never closed.
type gate struct {
	net.Listener
	limit int
	log   *slog.Logger

	mu sync.Mutex
	// waiting are the visitors whose request has not arrived, in front the one that has waited for longest.
	waiting list.List
	held    int
	closed  int // since it was logged last
	logged  time.Time
}

// newGate bounds what arrives at a listener to eight bodies of the greatest size.
func newGate(l net.Listener, maxBodyBytes int64, log *slog.Logger) *gate {
	return &gate{Listener: l, limit: int(max(waitingBytes, 8*maxBodyBytes)), log: log}
}

// visitor is a connection that came through the gate.
type visitor struct {
	net.Conn
	gate *gate
	// place is nil while its request is answered.
	place *list.Element
	since time.Time
	bytes int
	// idle: the last request was answered, and nothing has come of the next one.
	idle bool
}

// Accept waits while the gate is full of connections that are younger than leastWait.
func (g *gate) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	v := &visitor{Conn: conn, gate: g}
	v.wait(false)
	for wait := g.makeRoom(); wait > 0; wait = g.makeRoom() {
		time.Sleep(wait)
	}
	return v, nil
}

// makeRoom closes what has waited for longest until the rest is within the limit, and says how long to wait for
// the next one that may be closed; 0 where it is within the limit.
func (g *gate) makeRoom() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.held > g.limit {
		v := g.waiting.Front().Value.(*visitor)
		if age := time.Since(v.since); age < leastWait {
			return leastWait - age
		}
		v.leave()
		_ = v.Conn.Close() // whoever reads from it is told
		g.tell()
	}
	return 0
}

func (g *gate) tell() {
	g.closed++
	if time.Since(g.logged) < gateLogPause {
		return
	}
	g.log.Warn("too much has begun to arrive; connections are closed that have waited for longest", "closed", g.closed)
	g.closed, g.logged = 0, time.Now()
}

// wait makes the visitor the last of those that are waited for.
func (v *visitor) wait(idle bool) {
	v.gate.mu.Lock()
	defer v.gate.mu.Unlock()
	v.leave()
	v.since, v.bytes, v.idle = time.Now(), connectionBytes, idle
	v.place = v.gate.waiting.PushBack(v)
	v.gate.held += v.bytes
}

// done takes the visitor out: its request has arrived, or it has gone.
func (v *visitor) done() {
	v.gate.mu.Lock()
	defer v.gate.mu.Unlock()
	v.leave()
}

// leave is done for those who have the gate's lock.
func (v *visitor) leave() {
	if v.place == nil {
		return
	}
	v.gate.waiting.Remove(v.place)
	v.gate.held -= v.bytes
	v.place = nil
}

// Read counts what arrives.
func (v *visitor) Read(p []byte) (int, error) {
	n, err := v.Conn.Read(p)
	if n > 0 {
		v.grow(n)
		v.gate.makeRoom()
	}
	return n, err
}

// grow counts bytes of a request that is waited for; with the first of them its wait begins.
func (v *visitor) grow(bytes int) {
	v.gate.mu.Lock()
	defer v.gate.mu.Unlock()
	if v.place == nil {
		return
	}
	v.bytes += bytes
	v.gate.held += bytes
	if v.idle {
		v.idle, v.since = false, time.Now()
		v.gate.waiting.MoveToBack(v.place)
	}
}

func (v *visitor) Close() error {
	v.done()
	return v.Conn.Close()
}

// CloseWrite is what net/http wants of a connection that it refuses, so that the client still reads why.
func (v *visitor) CloseWrite() error {
	if tcp, ok := v.Conn.(*net.TCPConn); ok {
		return tcp.CloseWrite()
	}
	return nil
}

type visitorKey struct{}

// know lets arrived find the visitor of a request.
func know(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, visitorKey{}, conn)
}

// arrived says that a request is here, whole: what it takes from now on is the function's doing.
func arrived(r *http.Request) {
	if v, ok := r.Context().Value(visitorKey{}).(*visitor); ok {
		v.done()
	}
}

// watch takes a connection back whose request was answered.
func watch(conn net.Conn, state http.ConnState) {
	if v, ok := conn.(*visitor); ok && state == http.StateIdle {
		v.wait(true)
	}
}
