package openfaas_test

import (
	"net/http"
	"strings"
	"testing"

	handler "github.com/openfaas/templates-sdk/go-http"

	"handler/function/internal/openfaas"
)

func TestCallID(t *testing.T) {
	t.Parallel()

	for sent, want := range map[string]string{
		"":                                     "",
		"5c1e3a0e-7f0b-4b62-9a3e-0f4b1f6f2a11": "5c1e3a0e-7f0b-4b62-9a3e-0f4b1f6f2a11",
		"my_call":                              "my_call",
		"ada@example.com":                      "",
		"a\" b":                                "",
		"\xff":                                 "",
		strings.Repeat("a", 65):                "",
	} {
		if got := openfaas.CallID(handler.Request{Header: http.Header{"X-Call-Id": {sent}}}); got != want {
			t.Errorf("%q: got %q, want %q", sent, got, want)
		}
	}
}
