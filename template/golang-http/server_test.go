package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
)

func TestContext(t *testing.T) {
	t.Parallel()

	t.Run("ends when the caller goes away", func(t *testing.T) {
		t.Parallel()

		called, ended := make(chan struct{}), make(chan error, 1)
		server := start(t, testSettings(), func(req handler.Request) (handler.Response, error) {
			close(called)
			select {
			case <-req.Context().Done():
				ended <- req.Context().Err()
			case <-time.After(patience):
				ended <- errors.New("the context did not end")
			}
			return handler.Response{}, nil
		})
		conn := server.dial(t)
		send(t, conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
		receive(t, called, "call")
		conn.Close()
		if err := receive(t, ended, "end of the context"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})

	t.Run("ends before write_timeout, in time for an answer", func(t *testing.T) {
		t.Parallel()

		s := testSettings()
		s.writeTimeout = 10 * time.Second // half a second of it is for the answer; TestGate makes the first ones busy
		server := start(t, s, func(req handler.Request) (handler.Response, error) {
			<-req.Context().Done()
			return handler.Response{StatusCode: http.StatusServiceUnavailable, Body: []byte("too late")}, nil
		})
		res, body := do(t, newGet(t, server.url))
		if res.StatusCode != http.StatusServiceUnavailable || body != "too late" {
			t.Errorf("got %d %q", res.StatusCode, body)
		}
	})
}

func TestWriteTimeout(t *testing.T) {
	t.Parallel()

	s := testSettings()
	s.writeTimeout = 100 * time.Millisecond
	release := make(chan struct{})
	server := start(t, s, func(handler.Request) (handler.Response, error) {
		<-release
		return handler.Response{Body: []byte("no client reads this")}, nil
	})
	time.AfterFunc(3*s.writeTimeout, func() { close(release) })
	if res, err := (&http.Client{Timeout: patience}).Do(newGet(t, server.url)); err == nil {
		t.Errorf("a call over write_timeout was answered: %d", res.StatusCode)
	}
	eventually(t, "warning in the log", func() bool {
		return len(server.logs.lines(t, "call ran until write_timeout, the caller may have got no answer")) == 1
	})
}

func TestDrain(t *testing.T) {
	t.Parallel()

	t.Run("serves on for the interval, then closes and is done", func(t *testing.T) {
		t.Parallel()

		s := testSettings()
		s.healthcheckInterval = time.Second
		server := start(t, s, answer("still here"))
		began := time.Now()
		server.signals <- syscall.SIGTERM
		eventually(t, "begin of the draining", func() bool { return len(server.logs.lines(t, "draining")) == 1 })

		if _, body := do(t, newGet(t, server.url)); body != "still here" {
			t.Errorf("got %q while draining", body)
		}
		if err := receive(t, server.stopped, "end"); err != nil {
			t.Errorf("got error %v", err)
		}
		if waited := time.Since(began); waited < s.healthcheckInterval {
			t.Errorf("it closed after %v, before the interval", waited)
		}
		if conn, err := net.Dial("tcp", server.address); err == nil {
			conn.Close()
			t.Error("it still accepts connections")
		}
	})

	t.Run("waits for a running call", func(t *testing.T) {
		t.Parallel()

		called, release := make(chan struct{}), make(chan struct{})
		server := start(t, testSettings(), func(handler.Request) (handler.Response, error) {
			close(called)
			<-release
			return handler.Response{Body: []byte("finished")}, nil
		})
		conn := server.dial(t)
		send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		receive(t, called, "call")
		server.signals <- syscall.SIGTERM
		eventually(t, "closed listener", func() bool {
			conn, err := net.Dial("tcp", server.address)
			if err == nil {
				conn.Close()
			}
			return err != nil
		})

		select {
		case err := <-server.stopped:
			t.Fatalf("it stopped (%v) with a call running", err)
		default:
		}
		close(release)
		if body := readAll(t, response(t, conn)); body != "finished" {
			t.Errorf("got %q", body)
		}
		if err := receive(t, server.stopped, "end"); err != nil {
			t.Errorf("got error %v", err)
		}
	})

	for name, change := range map[string]func(*settings){
		"cuts off a call that does not end within write_timeout": func(s *settings) {
			s.writeTimeout = 300 * time.Millisecond
		},
		"cuts off a call that does not end well before the platform kills": func(s *settings) {
			s.gracePeriod = 600 * time.Millisecond
		},
		"cuts off a call at once where the interval has taken all the time": func(s *settings) {
			s.healthcheckInterval, s.gracePeriod = 300*time.Millisecond, 300*time.Millisecond
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := testSettings()
			change(&s)
			called, release := make(chan struct{}), make(chan struct{})
			t.Cleanup(func() { close(release) })
			server := start(t, s, func(handler.Request) (handler.Response, error) {
				close(called)
				<-release
				return handler.Response{}, nil
			})
			send(t, server.dial(t), "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			receive(t, called, "call")
			began := time.Now()
			server.signals <- syscall.SIGTERM
			if err := receive(t, server.stopped, "end"); err != nil {
				t.Errorf("got error %v", err)
			}
			if waited := time.Since(began); waited < 300*time.Millisecond || waited > patience/2 {
				t.Errorf("it took %v", waited)
			}
			if n := len(server.logs.lines(t, "calls cut off: they ran for longer than there was time after SIGTERM")); n != 1 {
				t.Errorf("log:\n%s", server.logs)
			}
		})
	}

	t.Run("finishes a running call despite other SIGTERMs", func(t *testing.T) {
		t.Parallel()

		called, release := make(chan struct{}), make(chan struct{})
		server := start(t, testSettings(), func(handler.Request) (handler.Response, error) {
			close(called)
			<-release
			return handler.Response{Body: []byte("finished")}, nil
		})
		conn := server.dial(t)
		send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		receive(t, called, "call")
		for range 10 { // more than the channel holds: each is taken
			select {
			case server.signals <- syscall.SIGTERM:
			case err := <-server.stopped:
				t.Fatalf("it stopped (%v) with a call running", err)
			}
		}
		close(release)
		if body := readAll(t, response(t, conn)); body != "finished" {
			t.Errorf("got %q", body)
		}
		if err := receive(t, server.stopped, "end"); err != nil {
			t.Errorf("got error %v", err)
		}
	})

	for name, wait := range map[string]time.Duration{
		"ends at once at an interrupt while it waits":           patience,
		"ends at once at an interrupt while it finishes a call": 0,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			s := testSettings()
			s.healthcheckInterval = wait
			called, release := make(chan struct{}), make(chan struct{})
			t.Cleanup(func() { close(release) })
			server := start(t, s, func(handler.Request) (handler.Response, error) {
				close(called)
				<-release
				return handler.Response{}, nil
			})
			send(t, server.dial(t), "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			receive(t, called, "call")
			server.signals <- syscall.SIGTERM
			if wait == 0 {
				eventually(t, "closed listener", func() bool {
					conn, err := net.Dial("tcp", server.address)
					if err == nil {
						conn.Close()
					}
					return err != nil
				})
			}
			began := time.Now()
			server.signals <- os.Interrupt
			if err := receive(t, server.stopped, "end"); !errors.Is(err, errForced) {
				t.Errorf("got error %v", err)
			}
			if waited := time.Since(began); waited > patience/2 {
				t.Errorf("it took %v", waited)
			}
		})
	}
}
