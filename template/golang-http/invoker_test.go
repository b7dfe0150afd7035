package main

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	handler "github.com/openfaas/templates-sdk/go-http"
)

func TestRequest(t *testing.T) {
	t.Parallel()

	t.Run("reaches the function whole", func(t *testing.T) {
		t.Parallel()

		var got handler.Request
		server := start(t, testSettings(), func(req handler.Request) (handler.Response, error) {
			got = req
			return handler.Response{}, nil
		})
		req := newPost(t, server.url+"//a%2Fb/../c?x=1&x=2", strings.NewReader("the body"))
		req.Method = http.MethodPut
		req.Host = "shop.example"
		req.Header.Add("X-Many", "one")
		req.Header.Add("X-Many", "two")
		req.Header.Set("X-Path", "/forged")
		if res, _ := do(t, req); res.StatusCode != http.StatusOK {
			t.Fatalf("status %d", res.StatusCode)
		}

		if string(got.Body) != "the body" || got.Method != http.MethodPut || got.QueryString != "x=1&x=2" {
			t.Errorf("got body %q, method %s, query %q", got.Body, got.Method, got.QueryString)
		}
		if got.Host != "shop.example" || got.Header.Get("Host") != "shop.example" {
			t.Errorf("got Host %q, header Host %q", got.Host, got.Header.Get("Host"))
		}
		if many := strings.Join(got.Header.Values("X-Many"), ","); many != "one,two" {
			t.Errorf("got X-Many %q", many)
		}
		if paths := got.Header.Values("X-Path"); len(paths) != 1 || paths[0] != "//a%2Fb/../c" {
			t.Errorf("got X-Path %q", paths)
		}
		if got.Context() == nil {
			t.Error("no context")
		}
	})
}

func TestAnswer(t *testing.T) {
	t.Parallel()

	get := func(t *testing.T, handle handleFunc) (*testServer, *http.Response, string) {
		t.Helper()
		server := start(t, testSettings(), handle)
		res, body := do(t, newGet(t, server.url))
		return server, res, body
	}

	t.Run("is 200 unless the function says otherwise", func(t *testing.T) {
		t.Parallel()

		_, res, body := get(t, answer("fine"))
		if res.StatusCode != http.StatusOK || body != "fine" {
			t.Errorf("got %d %q", res.StatusCode, body)
		}
	})

	t.Run("carries status, headers and body", func(t *testing.T) {
		t.Parallel()

		_, res, body := get(t, func(handler.Request) (handler.Response, error) {
			return handler.Response{
				StatusCode: http.StatusTeapot,
				Header:     http.Header{"content-type": {"text/tea"}, "X-Many": {"one", "two"}},
				Body:       []byte("short"),
			}, nil
		})
		if res.StatusCode != http.StatusTeapot || body != "short" {
			t.Errorf("got %d %q", res.StatusCode, body)
		}
		if got := res.Header.Values("Content-Type"); len(got) != 1 || got[0] != "text/tea" {
			t.Errorf("got Content-Type %q", got)
		}
		if got := strings.Join(res.Header.Values("X-Many"), ","); got != "one,two" {
			t.Errorf("got X-Many %q", got)
		}
	})

	t.Run("to an error is 500 with the function's body, and the error is in the log once", func(t *testing.T) {
		t.Parallel()

		server, res, body := get(t, func(handler.Request) (handler.Response, error) {
			return handler.Response{
				StatusCode: http.StatusOK,
				Header:     http.Header{"X-Why": {"because"}},
				Body:       []byte("sorry"),
			}, errors.New("the inner reason")
		})
		if res.StatusCode != http.StatusInternalServerError || body != "sorry" || res.Header.Get("X-Why") != "because" {
			t.Errorf("got %d %q, X-Why %q", res.StatusCode, body, res.Header.Get("X-Why"))
		}
		if n := strings.Count(server.logs.String(), "the inner reason"); n != 1 {
			t.Errorf("the error is in the log %d times:\n%s", n, server.logs)
		}
	})

	t.Run("to an error does not tell the caller why", func(t *testing.T) {
		t.Parallel()

		_, res, body := get(t, func(handler.Request) (handler.Response, error) {
			return handler.Response{}, errors.New("the inner reason")
		})
		if res.StatusCode != http.StatusInternalServerError || body != "{\"error\": \"function failed\"}\n" {
			t.Errorf("got %d %q", res.StatusCode, body)
		}
	})

	t.Run("to a panic is 500, one log line with the stack, and the process lives", func(t *testing.T) {
		t.Parallel()

		server := start(t, testSettings(), func(req handler.Request) (handler.Response, error) {
			if req.QueryString == "panic" {
				var none map[string]int
				none["x"] = 1
			}
			return handler.Response{}, nil
		})
		res, body := do(t, newGet(t, server.url+"?panic"))
		if res.StatusCode != http.StatusInternalServerError || strings.Contains(body, "nil map") {
			t.Errorf("got %d %q", res.StatusCode, body)
		}
		if n := strings.Count(server.logs.String(), "\n"); n != 1 {
			t.Errorf("%d log lines:\n%s", n, server.logs)
		}
		for _, line := range server.logs.lines(t, "call panicked") {
			if stack, _ := line["stack"].(string); !strings.Contains(stack, "invoker_test.go") {
				t.Errorf("the stack does not show where: %q", stack)
			}
			if err, _ := line["err"].(string); !strings.Contains(err, "nil map") {
				t.Errorf("the log does not say what: %q", err)
			}
		}
		if res, _ := do(t, newGet(t, server.url)); res.StatusCode != http.StatusOK {
			t.Errorf("the next call got %d", res.StatusCode)
		}
	})

	long := []struct {
		name   string
		handle handleFunc
		most   int // bytes of log line
	}{
		{"to a panic deep down", func(handler.Request) (handler.Response, error) {
			deep(10000)
			return handler.Response{}, nil
		}, 7 << 10},
		{"to a panic with a long text", func(handler.Request) (handler.Response, error) {
			panic(strings.Repeat("ä", 100<<10))
		}, 9 << 10},
		{"to a long error", func(handler.Request) (handler.Response, error) {
			return handler.Response{}, errors.New(strings.Repeat("\x00", 100<<10))
		}, 13 << 10},
	}
	for _, tt := range long {
		t.Run(tt.name+" is still logged in a line that the watchdog can read", func(t *testing.T) {
			t.Parallel()

			server, res, _ := get(t, tt.handle)
			if res.StatusCode != http.StatusInternalServerError {
				t.Errorf("got %d", res.StatusCode)
			}
			if n := len(server.logs.String()); n < 1000 || n > tt.most {
				t.Errorf("the log line has %d bytes", n)
			}
		})
	}

	for _, status := range []int{-1, 99, 100, 103, 1000} {
		t.Run("with a status that is none is 500", func(t *testing.T) {
			t.Parallel()

			server, res, _ := get(t, func(handler.Request) (handler.Response, error) {
				return handler.Response{StatusCode: status}, nil
			})
			if res.StatusCode != http.StatusInternalServerError || len(server.logs.lines(t, "call failed")) != 1 {
				t.Errorf("%d became %d, log:\n%s", status, res.StatusCode, server.logs)
			}
		})
	}
}

func deep(n int) {
	if n == 0 {
		panic("deep")
	}
	deep(n - 1)
}
