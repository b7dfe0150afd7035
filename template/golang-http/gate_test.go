package main

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
)

// besiege opens connections that each send the same and then nothing more, and gives how many of
// them the server has closed so far.
func (s *testServer) besiege(t *testing.T, connections int, sent string) *atomic.Int64 {
	t.Helper()
	closed := new(atomic.Int64)
	for range connections {
		conn := s.dial(t)
		_, _ = io.WriteString(conn, sent) // it may be closed by now
		go func() {
			var timeout net.Error
			if _, err := conn.Read(make([]byte, 1)); !errors.As(err, &timeout) && !errors.Is(err, net.ErrClosed) {
				closed.Add(1)
			}
		}()
	}
	return closed
}

func TestGate(t *testing.T) {
	t.Parallel()

	const most = waitingBytes / connectionBytes
	half := "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n" + strings.Repeat("x", 900_000)
	for name, c := range map[string]struct {
		sent        string
		connections int
		atMost      int64 // that stay
	}{
		"closes connections that send nothing":          {"", most + 100, most},
		"closes connections whose headers never end":    {"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ", most + 100, most},
		"closes connections whose headers are huge":     {"POST / HTTP/1.1\r\nX: " + strings.Repeat("x", 900_000), 16, 10},
		"closes connections whose bodies never end":     {half, 16, 10},
		"closes connections that are kept but not used": {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", most + 100, most},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			server := start(t, testSettings(), answer("ok"))
			closed := &atomic.Int64{}
			if strings.HasPrefix(c.sent, "GET") {
				closed = server.keep(t, c.connections, c.sent)
			} else {
				closed = server.besiege(t, c.connections, c.sent)
			}
			eventually(t, "closed connections", func() bool { return int64(c.connections)-closed.Load() <= c.atMost })
			if res, body := do(t, newPost(t, server.url, strings.NewReader("hello"))); res.StatusCode != http.StatusOK || body != "ok" {
				t.Errorf("meanwhile a good request is answered %d %q", res.StatusCode, body)
			}
			if n := len(server.logs.lines(t, "too many incomplete requests; connections are closed that have waited for longest")); n == 0 {
				t.Error("the log says nothing of it")
			}
		})
	}

	t.Run("leaves alone what is being answered", func(t *testing.T) {
		t.Parallel()

		called, release := make(chan struct{}), make(chan struct{})
		server := start(t, testSettings(), func(req handler.Request) (handler.Response, error) {
			if string(req.Body) == "slow" {
				close(called)
				<-release
			}
			return handler.Response{Body: []byte("done")}, nil
		})
		conn := server.dial(t)
		send(t, conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nslow")
		receive(t, called, "call")
		closed := server.besiege(t, most+100, "POST / HTTP/1.1\r\n")
		eventually(t, "closed connections", func() bool { return closed.Load() >= 50 })
		close(release)
		if res := response(t, conn); readAll(t, res) != "done" {
			t.Errorf("got %d", res.StatusCode)
		}
	})

	t.Run("lets a body of the greatest size in that takes a while", func(t *testing.T) {
		t.Parallel()

		s := testSettings()
		s.maxBodyBytes = 2 * waitingBytes
		server := start(t, s, func(req handler.Request) (handler.Response, error) {
			return handler.Response{Body: []byte{byte(len(req.Body) >> 20)}}, nil
		})
		reader, writer := io.Pipe()
		go func() {
			_, _ = writer.Write(make([]byte, waitingBytes+1))
			time.Sleep(2 * leastWait)
			_, _ = writer.Write(make([]byte, waitingBytes-1))
			writer.Close()
		}()
		if res, body := do(t, newPost(t, server.url, reader)); body != "\x10" {
			t.Errorf("got %d %q", res.StatusCode, body)
		}
	})
}

// In a bubble time goes only when all wait.
func TestGateGivesTime(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		street := make(street)
		log := &logBuffer{}
		g := newGate(street, 1, slog.New(slog.NewJSONHandler(log, nil)))
		g.limit = 2 * connectionBytes
		// enter gives the server's end, the client's, and how long the way in took.
		enter := func() (*visitor, net.Conn, time.Duration) {
			client, server := net.Pipe()
			go func() { street <- server }()
			began := time.Now()
			conn, err := g.Accept()
			if err != nil {
				t.Fatal(err)
			}
			return conn.(*visitor), client, time.Since(began)
		}
		isClosed := func(v *visitor) bool {
			return errors.Is(v.SetDeadline(time.Time{}), io.ErrClosedPipe)
		}

		first, client1, _ := enter()
		time.Sleep(leastWait / 4)
		second, client, took := enter()
		if took != 0 || isClosed(first) {
			t.Errorf("within the limit a connection waits for %v", took)
		}
		time.AfterFunc(leastWait/4, func() { first.done() }) // its request has arrived
		third, _, took := enter()
		if took != leastWait*3/4 || isClosed(first) || isClosed(second) {
			t.Errorf("over the limit it waits for %v; closed: %v, %v", took, isClosed(first), isClosed(second))
		}
		fourth, _, took := enter()
		if took != leastWait/4 || !isClosed(second) || isClosed(third) {
			t.Errorf("until the oldest had its time: %v; closed: %v, %v", took, isClosed(second), isClosed(third))
		}
		if _, err := client.Write([]byte("x")); err == nil {
			t.Error("the client is not told")
		}
		third.done()
		watch(third, http.StateIdle)
		watch(first, http.StateIdle)
		time.Sleep(leastWait)
		if g.makeRoom(); !isClosed(third) || isClosed(first) || isClosed(fourth) {
			t.Errorf("the crowd is of idle ones; closed: %v, %v, %v", isClosed(third), isClosed(first), isClosed(fourth))
		}
		fifth, _, _ := enter()
		go client1.Write([]byte("x"))
		_, _ = first.Read(make([]byte, 1))
		fifth.done()
		if first.in != &g.arriving || g.idle.Len() > 0 || isClosed(first) || !isClosed(fourth) {
			t.Errorf("with its next request it arrives: %v; closed: %v, %v", first.in == &g.arriving, isClosed(first), isClosed(fourth))
		}
		for _, v := range []*visitor{first, second, third, fourth, fifth} {
			v.Close()
		}
		if n := g.arriving.bytes + g.idle.bytes; n != 0 || g.arriving.Len()+g.idle.Len() > 0 {
			t.Errorf("%d bytes are held when all have gone", n)
		}
	})
}

// street is a listener whose connections are sent to it.
type street chan net.Conn

func (s street) Accept() (net.Conn, error) { return <-s, nil }
func (street) Close() error                { return nil }
func (street) Addr() net.Addr              { return &net.TCPAddr{} }

// keep is besiege with requests that are answered, by connections that stay open afterwards.
func (s *testServer) keep(t *testing.T, connections int, sent string) *atomic.Int64 {
	t.Helper()
	closed := new(atomic.Int64)
	for range connections {
		conn := s.dial(t)
		send(t, conn, sent)
		readAll(t, response(t, conn))
		go func() {
			if _, err := conn.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
				closed.Add(1)
			}
		}()
	}
	return closed
}
