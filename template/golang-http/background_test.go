package main

import (
	"net/http"
	"sync"
	"syscall"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
)

// inBackground answers at once, and does the work behind its answer as a function does that cannot
// import this package.
func inBackground(work func()) handleFunc {
	return func(req handler.Request) (handler.Response, error) {
		group := req.Context().Value(struct{ GolangHTTP string }{"background"}).(*sync.WaitGroup)
		group.Go(work)
		return handler.Response{StatusCode: http.StatusAccepted}, nil
	}
}

func TestBackground(t *testing.T) {
	t.Parallel()

	t.Run("is waited for after the calls have ended", func(t *testing.T) {
		t.Parallel()

		release := make(chan struct{})
		server := start(t, testSettings(), inBackground(func() { <-release }))
		if res, _ := do(t, newGet(t, server.url)); res.StatusCode != http.StatusAccepted {
			t.Fatalf("got %d", res.StatusCode)
		}
		server.signals <- syscall.SIGTERM
		eventually(t, "begin of the draining", func() bool { return len(server.logs.lines(t, "draining")) == 1 })
		select {
		case err := <-server.stopped:
			t.Fatalf("it stopped (%v) with work in the background", err)
		case <-time.After(2 * drainSlack): // by then nothing else holds it up
		}
		close(release)
		if err := receive(t, server.stopped, "end"); err != nil {
			t.Errorf("got error %v", err)
		}
		if n := len(server.logs.lines(t, "drained")); n != 1 {
			t.Errorf("log:\n%s", server.logs)
		}
	})

	t.Run("is cut off when the time is up", func(t *testing.T) {
		t.Parallel()

		release := make(chan struct{})
		t.Cleanup(func() { close(release) })
		s := testSettings()
		s.gracePeriod = 600 * time.Millisecond
		server := start(t, s, inBackground(func() { <-release }))
		do(t, newGet(t, server.url))
		server.signals <- syscall.SIGTERM
		if err := receive(t, server.stopped, "end"); err != nil {
			t.Errorf("got error %v", err)
		}
		if n := len(server.logs.lines(t, "calls cut off: they ran for longer than there was time after SIGTERM")); n != 1 {
			t.Errorf("log:\n%s", server.logs)
		}
	})
}

func TestMaxInflight(t *testing.T) {
	t.Parallel()

	s := testSettings()
	s.maxInflight = 2
	called, release := make(chan struct{}, 3), make(chan struct{})
	server := start(t, s, func(handler.Request) (handler.Response, error) {
		called <- struct{}{}
		<-release
		return handler.Response{}, nil
	})
	var calls sync.WaitGroup
	for range 2 {
		calls.Go(func() {
			if res, _ := do(t, newGet(t, server.url)); res.StatusCode != http.StatusOK {
				t.Errorf("a call within the limit got %d", res.StatusCode)
			}
		})
		receive(t, called, "call")
	}
	// A body that is on its way takes no place.
	send(t, server.dial(t), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1")
	res, body := do(t, newGet(t, server.url))
	if res.StatusCode != http.StatusTooManyRequests || body != "{\"error\": \"too many calls at a time\"}\n" {
		t.Errorf("got %d %q", res.StatusCode, body)
	}
	close(release)
	calls.Wait()
	if res, _ := do(t, newGet(t, server.url)); res.StatusCode != http.StatusOK {
		t.Errorf("after the calls have ended one gets %d", res.StatusCode)
	}
}
