package fault

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"handler/function/local/reply"
)

// Path is where the fault of a wrapped handler is set and read. Every path below localPrefix
// belongs to the laptop and not to the mocked service.
const (
	Path        = "/_local/fault"
	localPrefix = "/_local/"
)

// maxBuffered is how much of a request is read before a delay begins; more than either service
// accepts.
const maxBuffered = 32 << 20

// Answer writes f.Status with the kind of body that the service sends with it. Retry-After is
// already set.
type Answer func(w http.ResponseWriter, r *http.Request, f Fault)

// Injector holds the fault of one service. Make it with New.
type Injector struct {
	answer Answer
	mu     sync.Mutex
	armed  Fault
}

// New makes an Injector without a fault.
func New(answer Answer) *Injector { return &Injector{answer: answer} }

// Set arms f in place of what was armed; the zero Fault ends it.
func (i *Injector) Set(f Fault) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.armed = f
}

// left is what is left of the armed fault.
func (i *Injector) left() Fault {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.armed
}

// take uses one time of the armed fault up, and answers false when there is none.
func (i *Injector) take() (Fault, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	f := i.armed
	if f.Times > 0 {
		i.armed.Times--
	}
	if i.armed.Times == 0 {
		i.armed = Fault{}
	}
	return f, f.Times != 0
}

// Wrap answers Path itself, passes everything else under /_local/ on, and lets the armed fault
// happen to the rest, which are the API calls.
func (i *Injector) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == Path {
			i.serveFault(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, localPrefix) {
			next.ServeHTTP(w, r)
			return
		}
		if f, ok := i.take(); ok {
			i.happen(w, r, f, next)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// happen does what f says. A caller who goes away during the delay ends it; only a fault that
// promises to accept still reaches the service then, since that promise is about work done behind
// the caller's back.
func (i *Injector) happen(w http.ResponseWriter, r *http.Request, f Fault, next http.Handler) {
	stayed := wait(r, f.delay())
	switch {
	case f.AfterAccepting:
		next.ServeHTTP(&unheard{header: http.Header{}}, r)
		abort()
	case !stayed:
		abort()
	case f.Status != 0:
		if f.RetryAfterS > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfterS))
		}
		i.answer(w, r, f)
	default:
		next.ServeHTTP(w, r)
	}
}

// wait answers whether the caller is still there after d.
func wait(r *http.Request, d time.Duration) bool {
	buffer(r)
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// buffer reads the body into memory: net/http notices that a caller has gone only once the body was
// read.
func buffer(r *http.Request) {
	if r.Body == nil {
		return
	}
	// An error comes again when the service reads on, and it knows how to answer.
	start, _ := io.ReadAll(io.LimitReader(r.Body, maxBuffered))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start), r.Body), r.Body}
}

// abort breaks the connection, so that the caller sees it end and no status. This panic is
// net/http's own way to do so; the server recovers it and prints nothing.
func abort() { panic(http.ErrAbortHandler) }

// unheard is the ResponseWriter of an answer that is thrown away.
type unheard struct{ header http.Header }

func (u *unheard) Header() http.Header         { return u.header }
func (u *unheard) Write(b []byte) (int, error) { return len(b), nil }
func (u *unheard) WriteHeader(int)             {}

func (i *Injector) serveFault(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodDelete:
		i.Set(Fault{})
	case http.MethodPut:
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		if err == nil {
			var f Fault
			if f, err = Parse(body); err == nil {
				i.Set(f)
			}
		}
		if err != nil {
			reply.Error(w, http.StatusBadRequest, err.Error())
			return
		}
	default:
		w.Header().Set("Allow", "GET, HEAD, PUT, DELETE")
		reply.Error(w, http.StatusMethodNotAllowed, "use GET, PUT or DELETE")
		return
	}
	reply.JSON(w, http.StatusOK, i.left())
}
