package image

import (
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/openfaas/go-sdk/builder"
)

// A stand-in for the classic template: a main package that calls the function as the classic's
// does, in as few lines as can be.
const upstreamMain = `package main

import (
	"io"
	"net/http"
	"os"

	"handler/function"

	handler "github.com/openfaas/templates-sdk/go-http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		req := handler.Request{Body: body, Header: r.Header, Method: r.Method, QueryString: r.URL.RawQuery}
		req.WithContext(r.Context())
		res, err := function.Handle(req)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
		w.Write(res.Body)
	})
	http.ListenAndServe(os.Getenv("upstream_test_address"), nil)
}
`

// What the classic template's image does with a function's module, as a Dockerfile that this
// package understands.
const upstreamDockerfile = `FROM golang AS build
WORKDIR /go/src/handler
COPY . .
ENV GOWORK=off
ARG CGO_ENABLED=0
RUN mv function/go.mod function/go.sum . \
    && sed -i 's#=> \./#=> ./function/#' go.mod \
    && grep -v '[[:space:]]handler/function' go.mod > kept && mv kept go.mod \
    && go mod edit -replace=handler/function=./function -module handler
RUN test -z "$(gofmt -l .)"
WORKDIR /go/src/handler/function
RUN go test ./... -cover
WORKDIR /go/src/handler
RUN go build -ldflags "-s -w" -o handler .
`

func TestFunctionBuildsUnderTheClassicTemplate(t *testing.T) {
	t.Parallel()

	templates := t.TempDir()
	writeFiles(t, filepath.Join(templates, "golang-http"), map[string]string{
		"main.go": upstreamMain,
		"go.mod":  "module handler\n\ngo 1.25.0\n",
	})
	function := writeFiles(t, t.TempDir(), maps.Clone(withSums(t, moduleFunction)))
	dir, err := builder.CreateBuildContext("fn", function, "golang-http", nil,
		builder.WithTemplateDir(templates), builder.WithBuildDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	steps, err := BuildSteps([]byte(upstreamDockerfile))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := build(t, dir, steps); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	address := freeAddress(t)
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "handler"))
	cmd.Env = append(os.Environ(), "upstream_test_address="+address)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	waitListening(t, address)
	if got, want := get(t, address), "hello from a module"; got != want {
		t.Errorf("the built function answers %q, want %q", got, want)
	}
}

// freeAddress is one that nothing listens on just now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func waitListening(t *testing.T, address string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-tick.C {
		if conn, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			conn.Close()
			return
		}
	}
	t.Fatalf("nothing listens on %s", address)
}
