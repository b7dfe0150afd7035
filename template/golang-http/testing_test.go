package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
)

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// testSettings are short where a test would wait and long where it must not be cut off.
func testSettings() settings {
	return settings{
		readTimeout:         patience,
		writeTimeout:        patience,
		healthcheckInterval: 0,
		gracePeriod:         2 * patience,
		maxBodyBytes:        1 << 20,
	}
}

// testServer is a running server, its log and the way to stop it.
type testServer struct {
	address string
	url     string
	logs    *logBuffer
	signals chan os.Signal
	stopped chan error
}

// start serves the function on a free port until the test ends.
func start(t *testing.T, s settings, handle handleFunc) *testServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &testServer{
		address: listener.Addr().String(),
		url:     "http://" + listener.Addr().String(),
		logs:    &logBuffer{},
		signals: make(chan os.Signal, 2),
		stopped: make(chan error, 1),
	}
	log := slog.New(slog.NewJSONHandler(server.logs, nil))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		server.stopped <- serve(listener, s, handle, server.signals, log)
	}()
	t.Cleanup(func() {
		// Two interrupts end it in any state.
		for range 2 {
			select {
			case server.signals <- os.Interrupt:
			case <-ended:
			}
		}
		receive(t, ended, "end of the server")
	})
	return server
}

// dial opens a raw connection, for requests that no HTTP client would send.
func (s *testServer) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// logBuffer collects log lines.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// lines gives what was logged with that message.
func (b *logBuffer) lines(t *testing.T, msg string) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(b.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("log line %q: %v", line, err)
		}
		if fields["msg"] == msg {
			found = append(found, fields)
		}
	}
	return found
}

// answer is a fixed answer of a function.
func answer(body string) handleFunc {
	return func(handler.Request) (handler.Response, error) {
		return handler.Response{Body: []byte(body)}, nil
	}
}

// mustNotRun is a function that no request may reach.
func mustNotRun(t *testing.T) handleFunc {
	return func(req handler.Request) (handler.Response, error) {
		t.Errorf("the function was called with a body of %d bytes", len(req.Body))
		return handler.Response{}, nil
	}
}

func do(t *testing.T, req *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := (&http.Client{Timeout: patience}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res, readAll(t, res)
}

func readAll(t *testing.T, res *http.Response) string {
	t.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func newGet(t *testing.T, url string) *http.Request { return newPost(t, url, nil) }

func newPost(t *testing.T, url string, body io.Reader) *http.Request {
	t.Helper()
	method := http.MethodPost
	if body == nil {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// receive waits for a channel, but not for ever.
func receive[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s after %v", what, patience)
		panic("unreachable")
	}
}
