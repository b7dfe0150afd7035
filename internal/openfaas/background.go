package openfaas

import (
	"sync"

	handler "github.com/openfaas/templates-sdk/go-http"
)

// backgroundKey is where our template's server keeps the work that it waits for before it ends:
// template/golang-http/README.md, "What a function gets and gives".
var backgroundKey any = struct{ GolangHTTP string }{"background"}

// Background starts work that outlives its call. The server waits for it when the platform ends the
// process; under another template nothing does. A panic in it is the work's to recover from.
func Background(req handler.Request, work func()) {
	if group, ok := Context(req).Value(backgroundKey).(*sync.WaitGroup); ok {
		group.Go(work)
		return
	}
	go work()
}
