// Package calltest makes HTTP calls for the tests of servers.
package calltest

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Answer is what a server answered, with its whole body.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Do makes a call with headers, each a name and a value. A server that does not answer fails the
// test.
func Do(t *testing.T, method, url, body string, header ...string) Answer {
	t.Helper()
	a, err := Try(t.Context(), method, url, body, header...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	return a
}

// Try is Do for calls that may get no answer, and for other goroutines than the test's.
func Try(ctx context.Context, method, url, body string, header ...string) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return Answer{res.StatusCode, res.Header, string(text)}, err
}
