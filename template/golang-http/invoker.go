package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
)

// These keep a log line below 64 KB, also when much of it must be escaped: the watchdog stops
// reading a function's output for good at the first line longer than its buffer.
const (
	maxErrorBytes = 2 << 10
	maxStackBytes = 6 << 10
)

// handleFunc is what a function exports as Handle.
type handleFunc func(handler.Request) (handler.Response, error)

// backgroundKey is the key in a call's context of a *sync.WaitGroup: the work that a function
// starts with its Go outlives the call, and the server waits for it before it ends. The key's type
// has no name because a function cannot import this package.
var backgroundKey any = struct{ GolangHTTP string }{"background"}

// invoker turns HTTP requests into calls of the function.
type invoker struct {
	handle       handleFunc
	callTimeout  time.Duration
	maxBodyBytes int64
	// running holds one entry for each call that runs; nil without a limit.
	running    chan struct{}
	background sync.WaitGroup
	log        *slog.Logger
}

func newInvoker(s settings, handle handleFunc, log *slog.Logger) *invoker {
	// The server stops writing at write_timeout, so a call whose context ends only then could not
	// answer.
	toAnswer := min(s.writeTimeout/10, 500*time.Millisecond)
	i := &invoker{
		handle:       handle,
		callTimeout:  s.writeTimeout - toAnswer,
		maxBodyBytes: s.maxBodyBytes,
		log:          log,
	}
	if s.maxInflight > 0 {
		i.running = make(chan struct{}, s.maxInflight)
	}
	return i
}

// ServeHTTP reads the whole body, calls the function and writes its answer. The function is not
// called unless the body arrived whole.
func (i *invoker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), i.callTimeout)
	defer cancel()

	body, err := i.readBody(w, r)
	if err != nil {
		i.refuse(w, err)
		return
	}

	arrived(r)
	release, ok := i.admit()
	if !ok {
		write(w, message(http.StatusTooManyRequests, "too many calls at a time"))
		return
	}
	defer release()
	response, err := i.call(newRequest(context.WithValue(ctx, backgroundKey, &i.background), r, body))
	if err != nil {
		i.logFailure(err)
		response = failure(response)
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		i.log.Warn("call ran until write_timeout, the caller may have got no answer",
			"duration", i.callTimeout.String())
	}
	write(w, response)
}

// admit reports whether one more call may run; release ends it. An incomplete request does not
// count: slow senders do not block others.
func (i *invoker) admit() (release func(), ok bool) {
	if i.running == nil {
		return func() {}, true
	}
	select {
	case i.running <- struct{}{}:
		return func() { <-i.running }, true
	default:
		return nil, false
	}
}

// wait waits for background work, as server.Shutdown does for calls.
func (i *invoker) wait(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		i.background.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// readBody reads at most the limit, whatever length was announced or sent.
func (i *invoker) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > i.maxBodyBytes {
		return nil, &http.MaxBytesError{Limit: i.maxBodyBytes}
	}
	return readBytes(http.MaxBytesReader(w, r.Body, i.maxBodyBytes), int(r.ContentLength))
}

// readBytes is io.ReadAll for a body whose length was announced, or is -1: a small one fits at
// once, and a large one takes memory only as it arrives: in all, twice what it has in the end.
func readBytes(r io.Reader, announced int) ([]byte, error) {
	const small = 32 << 10
	body := make([]byte, 0, 1+min(max(announced, 511), small)) // the one is for the end to be seen
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return nil, err
		}
		if len(body) == cap(body) {
			size := 2 * cap(body)
			if len(body) <= announced {
				size = min(size, announced+1)
			}
			body = append(make([]byte, 0, size), body...)
		}
	}
}

// refuse answers a request whose body did not arrive. What is left of it would be taken for the
// next request, so the connection ends here.
func (i *invoker) refuse(w http.ResponseWriter, err error) {
	if errors.Is(err, net.ErrClosed) {
		return // by the gate, which has its own line in the log
	}
	status, text := http.StatusBadRequest, "request body broke off"
	if tooBig := new(http.MaxBytesError); errors.As(err, &tooBig) {
		status, text = http.StatusRequestEntityTooLarge, fmt.Sprintf("request body over %d bytes", tooBig.Limit)
	} else if errors.Is(err, os.ErrDeadlineExceeded) {
		status, text = http.StatusRequestTimeout, "request body did not arrive within read_timeout"
	}
	i.log.Warn("request refused", "status", status, "err", err)
	w.Header().Set("Connection", "close")
	write(w, message(status, text))
}

// newRequest is the function's view of a request. The path goes in a header of its own, as it was
// sent (still escaped), since handler.Request has no field for it; Go takes Host out of the
// headers.
func newRequest(ctx context.Context, r *http.Request, body []byte) handler.Request {
	header := r.Header
	header.Set("Host", r.Host)
	header.Set("X-Path", r.URL.EscapedPath())

	request := handler.Request{
		Body:        body,
		Header:      header,
		Method:      r.Method,
		QueryString: r.URL.RawQuery,
		Host:        r.Host,
	}
	request.WithContext(ctx)
	return request
}

// panicError is a panic of the function, as an error.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// call runs the function. A panic and a status that HTTP does not have come back as errors.
func (i *invoker) call(request handler.Request) (response handler.Response, err error) {
	defer func() {
		if value := recover(); value != nil {
			response, err = handler.Response{}, &panicError{value, debug.Stack()}
		}
	}()

	if response, err = i.handle(request); err != nil {
		return response, err
	}
	if response.StatusCode == 0 {
		response.StatusCode = http.StatusOK
	}
	if response.StatusCode < 200 || response.StatusCode > 999 {
		return handler.Response{}, fmt.Errorf("function answered with status %d", response.StatusCode)
	}
	return response, nil
}

func (i *invoker) logFailure(err error) {
	text := clip(err.Error(), maxErrorBytes)
	if p := new(panicError); errors.As(err, &p) {
		i.log.Error("call panicked", "err", text, "stack", clip(string(p.stack), maxStackBytes))
		return
	}
	i.log.Error("call failed", "err", text)
}

func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}

// failure is the answer to a failed call: the function's own body, if any, with status 500. The
// error itself is for the log, not for the caller.
func failure(response handler.Response) handler.Response {
	if len(response.Body) == 0 && len(response.Header) == 0 {
		return message(http.StatusInternalServerError, "function failed")
	}
	response.StatusCode = http.StatusInternalServerError
	return response
}

func message(status int, text string) handler.Response {
	return handler.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       fmt.Appendf(nil, "{\"error\": %q}\n", text),
	}
}

func write(w http.ResponseWriter, response handler.Response) {
	for name, values := range response.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.WriteHeader(response.StatusCode)
	// An error means that the caller has gone or write_timeout has passed.
	_, _ = w.Write(response.Body)
}
