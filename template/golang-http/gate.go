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
	// connectionBytes is about what net/http holds for a connection of which nothing has arrived:
	// two buffers of 4 KiB, and a stack.
	connectionBytes = 16 << 10
	// waitingBytes is what requests may take that have not arrived yet: 512 connections, or eight
	// bodies of the default limit.
	waitingBytes = 8 << 20
	// leastWait is how long every request may take to arrive, however many there are. With it the
	// gate lets five thousand connections in a second; the kernel keeps about as many that wait for
	// that.
	leastWait = 100 * time.Millisecond
	// gateLogPause keeps an attack from filling the disk with what the log says of it.
	gateLogPause = 10 * time.Second
)

// gate is a listener that bounds the memory of incomplete requests, slow or never to be completed,
// and of connections between two requests. If both together exceed the limit, it closes the oldest
// of the kind that holds more: so a crowd of one kind does not harm the other. A request that is
// being answered is not counted and never closed.
type gate struct {
	net.Listener
	limit int
	log   *slog.Logger

	mu             sync.Mutex
	arriving, idle crowd
	looking        bool // room is made later
	closed         int  // since it was logged last
	logged         time.Time
}

// crowd is of visitors, in front the one that came in first.
type crowd struct {
	list.List
	bytes int
}

// newGate bounds what arrives at a listener to eight bodies of the greatest size.
func newGate(l net.Listener, maxBodyBytes int64, log *slog.Logger) *gate {
	return &gate{Listener: l, limit: int(max(waitingBytes, 8*maxBodyBytes)), log: log}
}

// visitor is a connection that came through the gate.
type visitor struct {
	net.Conn
	gate *gate
	// in is the crowd where it stands, at place; nil while its request is answered.
	in    *crowd
	place *list.Element
	since time.Time
	bytes int
}

// Accept waits while the gate is full of connections that are younger than leastWait.
func (g *gate) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	v := &visitor{Conn: conn, gate: g}
	v.join(&g.arriving)
	for wait := g.makeRoom(); wait > 0; wait = g.makeRoom() {
		time.Sleep(wait)
	}
	return v, nil
}

// makeRoom closes what has waited for longest until the rest is within the limit, and says how long
// to wait for the next one that may be closed; 0 where it is within the limit.
func (g *gate) makeRoom() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.arriving.bytes+g.idle.bytes > g.limit {
		most := &g.arriving
		if g.idle.bytes > most.bytes {
			most = &g.idle
		}
		v := most.Front().Value.(*visitor)
		if age := time.Since(v.since); age < leastWait {
			g.lookAgain(leastWait - age)
			return leastWait - age
		}
		v.leave()
		_ = v.Conn.Close() // its reader gets an error
		g.tell()
	}
	return 0
}

// lookAgain makes room later, as by then nothing more may arrive that would. The caller holds the
// lock.
func (g *gate) lookAgain(after time.Duration) {
	if g.looking {
		return
	}
	g.looking = true
	time.AfterFunc(after, func() {
		g.mu.Lock()
		g.looking = false
		g.mu.Unlock()
		g.makeRoom()
	})
}

func (g *gate) tell() {
	g.closed++
	if time.Since(g.logged) < gateLogPause {
		return
	}
	g.log.Warn("too many incomplete requests; connections are closed that have waited for longest", "closed", g.closed)
	g.closed, g.logged = 0, time.Now()
}

// join makes the visitor the last of a crowd, be it in one or in none.
func (v *visitor) join(c *crowd) {
	v.gate.mu.Lock()
	defer v.gate.mu.Unlock()
	v.leave()
	v.in, v.place, v.since = c, c.PushBack(v), time.Now()
	v.count(connectionBytes)
}

// done takes the visitor out of its crowd: its request has arrived, or it has gone.
func (v *visitor) done() {
	v.gate.mu.Lock()
	defer v.gate.mu.Unlock()
	v.leave()
}

// leave is done for those who have the gate's lock.
func (v *visitor) leave() {
	if v.in != nil {
		v.count(-v.bytes)
		v.in.Remove(v.place)
		v.in = nil
	}
}

func (v *visitor) count(bytes int) {
	v.bytes += bytes
	v.in.bytes += bytes
}

// Read counts what arrives of a request.
func (v *visitor) Read(p []byte) (int, error) {
	n, err := v.Conn.Read(p)
	if n > 0 {
		v.grow(n)
		v.gate.makeRoom()
	}
	return n, err
}

// grow counts what has been read; with the first of it a visitor is idle no more.
func (v *visitor) grow(bytes int) {
	v.gate.mu.Lock()
	idle := v.in == &v.gate.idle
	if v.in == &v.gate.arriving {
		v.count(bytes)
	}
	v.gate.mu.Unlock()
	if idle {
		v.join(&v.gate.arriving)
	}
}

func (v *visitor) Close() error {
	v.done()
	return v.Conn.Close()
}

// CloseWrite is what net/http calls on a connection that it refuses, so that the client still reads
// the answer.
func (v *visitor) CloseWrite() error {
	if tcp, ok := v.Conn.(*net.TCPConn); ok {
		return tcp.CloseWrite()
	}
	return nil
}

type visitorKey struct{}

// know stores the visitor in a request's context, for arrived.
func know(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, visitorKey{}, conn)
}

// arrived marks a request as complete: from then on the function limits its memory.
func arrived(r *http.Request) {
	if v, ok := r.Context().Value(visitorKey{}).(*visitor); ok {
		v.done()
	}
}

// watch takes a connection back whose request was answered.
func watch(conn net.Conn, state http.ConnState) {
	if v, ok := conn.(*visitor); ok && state == http.StateIdle {
		v.join(&v.gate.idle)
	}
}
