package openfaas

import (
	"context"
	"sync"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
)

func TestBackground(t *testing.T) {
	t.Parallel()

	t.Run("is among what the template's server waits for", func(t *testing.T) {
		t.Parallel()

		var group sync.WaitGroup
		var req handler.Request
		// As template/golang-http passes it.
		req.WithContext(context.WithValue(t.Context(), struct{ GolangHTTP string }{"background"}, &group))
		release, waited := make(chan struct{}), make(chan struct{})
		Background(req, func() { <-release })
		go func() { group.Wait(); close(waited) }()
		select {
		case <-waited:
			t.Error("the server does not wait for it")
		case <-time.After(50 * time.Millisecond):
		}
		close(release)
		<-waited
	})

	t.Run("runs under another template too", func(t *testing.T) {
		t.Parallel()

		done := make(chan struct{})
		Background(handler.Request{}, func() { close(done) })
		<-done
	})
}
