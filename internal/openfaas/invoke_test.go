package openfaas_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"handler/function/internal/openfaas"
)

// A connection that is closed after a call has to be opened for the next.
func TestConnectionsStayOpenAfterARush(t *testing.T) {
	t.Parallel()

	const callers = 32
	var opened atomic.Int32
	var all sync.WaitGroup
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		all.Done()
		all.Wait() // so each needs a connection of its own
		w.WriteHeader(http.StatusAccepted)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	g := openfaas.NewGateway(server.URL, func() (string, error) { return "key", nil })
	rush := func() {
		all.Add(callers)
		var group sync.WaitGroup
		for range callers {
			group.Go(func() {
				if err := g.InvokeAsync(t.Context(), "send-email", []byte(`{}`)); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
	rush()
	first := opened.Load()
	rush()
	// A connection is put back a moment after its answer was read, so a few may come too late for
	// the second rush.
	if again := opened.Load() - first; again > callers/4 {
		t.Errorf("%d of %d connections were opened again", again, callers)
	}
}
