package openfaas

import (
	"encoding/json"
	"net/http"

	handler "github.com/openfaas/templates-sdk/go-http"
)

// JSON is an answer with a JSON body.
func JSON(status int, body any) handler.Response {
	b, err := json.Marshal(body)
	if err != nil { // ours are plain maps and structs
		status, b = http.StatusInternalServerError, []byte(`{"error":"internal error"}`)
	}
	return handler.Response{
		StatusCode: status,
		Body:       append(b, '\n'),
		Header:     http.Header{"Content-Type": {"application/json"}},
	}
}

// Error is an answer that says in plain words what was wrong with the call. It is for the caller to
// read: nothing of ours goes into it.
func Error(status int, message string) handler.Response {
	return JSON(status, map[string]string{"error": message})
}
