package main

import (
	"bufio"
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	handler "github.com/openfaas/templates-sdk/go-http"
)

func TestBodyLimit(t *testing.T) {
	t.Parallel()

	const limit = 1000
	small := func() settings {
		s := testSettings()
		s.maxBodyBytes = limit
		return s
	}

	t.Run("lets a body of exactly the limit pass", func(t *testing.T) {
		t.Parallel()

		server := start(t, small(), func(req handler.Request) (handler.Response, error) {
			return handler.Response{Body: req.Body}, nil
		})
		for _, body := range []io.Reader{
			strings.NewReader(strings.Repeat("x", limit)),
			io.MultiReader(strings.NewReader(strings.Repeat("x", limit))), // of no known length: chunked
		} {
			if res, got := do(t, newPost(t, server.url, body)); res.StatusCode != http.StatusOK || len(got) != limit {
				t.Errorf("got %d, %d bytes", res.StatusCode, len(got))
			}
		}
	})

	for name, body := range map[string]func() io.Reader{
		"refuses an announced body over it": func() io.Reader { return strings.NewReader(strings.Repeat("x", limit+1)) },
		"refuses a chunked body over it": func() io.Reader {
			return io.MultiReader(strings.NewReader(strings.Repeat("x", limit+1)))
		},
		"refuses a chunked body of many times the limit": func() io.Reader {
			return io.MultiReader(strings.NewReader(strings.Repeat("x", 100*limit)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			server := start(t, small(), mustNotRun(t))
			res, text := do(t, newPost(t, server.url, body()))
			if res.StatusCode != http.StatusRequestEntityTooLarge || text != "{\"error\": \"request body over 1000 bytes\"}\n" {
				t.Errorf("got %d %q", res.StatusCode, text)
			}
			if !res.Close {
				t.Error("the connection stays open")
			}
		})
	}

	t.Run("answers an announced body over it before any of it is sent", func(t *testing.T) {
		t.Parallel()

		server := start(t, small(), mustNotRun(t))
		conn := server.dial(t)
		send(t, conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n")
		if res := response(t, conn); res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("got %d", res.StatusCode)
		}
	})

	t.Run("holds no more than the limit of what is sent", func(t *testing.T) {
		t.Parallel()

		endless := &countingReader{}
		req := httptest.NewRequest(http.MethodPost, "/", endless)
		req.ContentLength = -1
		rec := httptest.NewRecorder()
		newInvoker(small(), mustNotRun(t), slog.New(slog.DiscardHandler)).ServeHTTP(rec, req)
		if rec.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("got %d", rec.Code)
		}
		if endless.n > limit+1 {
			t.Errorf("%d bytes were read for a limit of %d", endless.n, limit)
		}
	})
}

// countingReader never ends.
type countingReader struct{ n int }

func (r *countingReader) Read(p []byte) (int, error) {
	r.n += len(p)
	return len(p), nil
}

func TestBrokenBody(t *testing.T) {
	t.Parallel()

	for name, sent := range map[string]string{
		"that is shorter than announced is 400":  "Content-Length: 10\r\n\r\nhalf",
		"whose last chunk is missing is 400":     "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
		"that ends within a chunk is 400":        "Transfer-Encoding: chunked\r\n\r\n8\r\nhalf",
		"whose chunk size is no number is 400":   "Transfer-Encoding: chunked\r\n\r\nzz\r\nhalf\r\n0\r\n\r\n",
		"of which nothing arrives at all is 400": "Content-Length: 10\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			server := start(t, testSettings(), mustNotRun(t))
			conn := server.dial(t)
			send(t, conn, "POST / HTTP/1.1\r\nHost: x\r\n"+sent)
			// The client says that it will send no more and still listens.
			if err := conn.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			if res := response(t, conn); res.StatusCode != http.StatusBadRequest {
				t.Errorf("got %d", res.StatusCode)
			}
			if len(server.logs.lines(t, "request refused")) != 1 {
				t.Errorf("log:\n%s", server.logs)
			}
		})
	}

	t.Run("whose sender goes away never reaches the function", func(t *testing.T) {
		t.Parallel()

		server := start(t, testSettings(), mustNotRun(t))
		conn := server.dial(t)
		send(t, conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
		conn.Close()
		eventually(t, "a log line of the refusal", func() bool {
			return len(server.logs.lines(t, "request refused")) == 1
		})
	})
}

func TestSlowRequest(t *testing.T) {
	t.Parallel()

	quick := func() settings {
		s := testSettings()
		s.readTimeout = 2 * time.Second // so long what is sent at once may be on its way
		return s
	}

	t.Run("whose body takes longer than read_timeout is 408", func(t *testing.T) {
		t.Parallel()

		server := start(t, quick(), mustNotRun(t))
		conn := server.dial(t)
		send(t, conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
		res := response(t, conn)
		if res.StatusCode != http.StatusRequestTimeout || !res.Close {
			t.Errorf("got %d, close %v", res.StatusCode, res.Close)
		}
	})

	t.Run("whose headers take longer than read_timeout is cut off", func(t *testing.T) {
		t.Parallel()

		server := start(t, quick(), mustNotRun(t))
		conn := server.dial(t)
		send(t, conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		// Nothing but the end of the connection; a deadline of ours would be an error.
		if rest, err := io.ReadAll(conn); err != nil {
			t.Errorf("read %q, %v", rest, err)
		}
	})

	t.Run("with more than 1 MiB of headers is refused", func(t *testing.T) {
		t.Parallel()

		server := start(t, testSettings(), mustNotRun(t))
		req := newGet(t, server.url)
		req.Header.Set("X-Big", strings.Repeat("x", 2<<20))
		if res, _ := do(t, req); res.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("got %d", res.StatusCode)
		}
	})
}

func send(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

func response(t *testing.T, r io.Reader) *http.Response {
	t.Helper()
	res, err := http.ReadResponse(bufio.NewReader(r), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if is() {
			return
		}
	}
	t.Fatalf("no %s after %v", what, patience)
}

// Many open connections that each announce a large body take no memory for it.
func TestAnnouncedBodyTakesNoMemory(t *testing.T) {
	i := newInvoker(testSettings(), mustNotRun(t), slog.New(slog.DiscardHandler))
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("a little"))
	r.ContentLength = i.maxBodyBytes
	least := uint64(1 << 62)
	for range 3 { // other goroutines allocate too
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := i.readBody(httptest.NewRecorder(), r); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	if least > 64<<10 {
		t.Errorf("%d bytes were allocated", least)
	}
}

// What is read is what was sent, and took no more memory than twice that.
func TestReadBytes(t *testing.T) {
	for _, size := range []int{0, 1, 511, 512, 513, 4000, 32 << 10, 32<<10 + 1, 1 << 20} {
		for _, announced := range []int{size, -1, size / 2, 2 * size} {
			sent := bytes.Repeat([]byte("abc"), size)[:size]
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, err := readBytes(bytes.NewReader(sent), announced)
			runtime.ReadMemStats(&after)
			if err != nil || !bytes.Equal(got, sent) {
				t.Fatalf("%d bytes of %d, announced as %d: %v", len(got), size, announced, err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; size == announced && took > uint64(2*size+(50<<10)) {
				t.Errorf("%d bytes took %d", size, took)
			}
		}
	}
}
