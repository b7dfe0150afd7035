// Package function is the sample that a new function starts from.
package function

import (
	"fmt"

	handler "github.com/openfaas/templates-sdk/go-http"
)

// Handle answers one call. Calls run at the same time, each in a goroutine of its own.
func Handle(req handler.Request) (handler.Response, error) {
	name := string(req.Body)
	if name == "" {
		name = "you"
	}
	return handler.Response{Body: fmt.Appendf(nil, "Hello, %s.\n", name)}, nil
}
