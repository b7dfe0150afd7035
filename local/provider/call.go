package provider

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/openfaas/faas-provider/proxy"
	"github.com/openfaas/faas-provider/types"

	"handler/function/local/process"
)

// internalHeader distinguishes the provider's own answers from a function's.
const internalHeader = "X-OpenFaaS-Internal"

const (
	// deathTime is how long a process that refuses connections is given to prove dead.
	deathTime = 2 * time.Second
	// settleTime is how long the answer to a call that failed waits for the process to prove dead.
	settleTime = 500 * time.Millisecond
	// betweenSignals lies between the two SIGTERMs of a process, so that it takes each of them.
	betweenSignals = 50 * time.Millisecond
)

func (p *Provider) proxyTo(addr string) http.HandlerFunc {
	config := types.FaaSConfig{ReadTimeout: p.options.Timeout}
	return proxy.NewHandlerFunc(config, resolved(addr), false)
}

// resolved is the address of the one process that a proxy serves.
type resolved string

// Resolve is what faas-provider's proxy asks for the address of a function.
func (addr resolved) Resolve(string) (url.URL, error) {
	return url.URL{Scheme: "http", Host: string(addr)}, nil
}

// alive asks the process itself: it may have died so shortly ago that its end has not come through
// yet. A process that refuses and yet lives is left to the call, which will say so.
func (r *replica) alive() bool {
	select {
	case <-r.process.Done():
		return false
	default:
	}
	return process.Listening(r.addr) || !r.endsWithin(deathTime)
}

func (r *replica) endsWithin(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-r.process.Done():
		return true
	case <-timer.C:
		return false
	}
}

// serve hands the call to the process.
func (r *replica) serve(w http.ResponseWriter, request *http.Request) {
	r.calls.Add(1)
	defer r.calls.Add(-1)
	settled := &settledWriter{ResponseWriter: w, replica: r}
	r.call(settled, request)
	// For a caller that accepts a stream, faas-provider answers a dead process with nothing, which
	// would be a 200.
	if !settled.answered && request.Header.Get("Upgrade") == "" && request.Context().Err() == nil {
		settled.Header().Set(internalHeader, "proxy")
		http.Error(settled, fmt.Sprintf("Can't reach service for %s.", r.instance), http.StatusInternalServerError)
	}
}

// settledWriter holds back the news that a process could not be reached until its end has come
// through: the caller may call again at once, and that call must not meet the same process. A dying
// one closes its connections one after the other, so that it may still seem to listen.
type settledWriter struct {
	http.ResponseWriter
	replica  *replica
	answered bool
}

// WriteHeader waits if the answer is the proxy's own.
func (w *settledWriter) WriteHeader(code int) {
	w.answered = true
	if code == http.StatusInternalServerError && w.Header().Get(internalHeader) != "" {
		w.replica.endsWithin(settleTime)
	}
	w.ResponseWriter.WriteHeader(code)
}

// Unwrap lets the proxy flush and hijack.
func (w *settledWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
