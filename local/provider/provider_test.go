package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/openfaas/faas-provider/types"
	sdk "github.com/openfaas/go-sdk"

	"handler/function/local/calltest"
	"handler/function/local/process/processtest"
)

// handlerEnv carries the path of the handler that all tests run as their function.
const handlerEnv = "PROVIDER_TEST_HANDLER"

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	// faas-provider's proxy and go-sdk's client write to the standard logger.
	log.SetOutput(io.Discard)
	dir, err := os.MkdirTemp("", "provider")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "handler")
	if out, err := exec.Command("go", "build", "-o", binary, "./testdata/handler").CombinedOutput(); err != nil {
		fmt.Printf("build the handler: %v\n%s", err, out)
		return 1
	}
	os.Setenv(handlerEnv, binary)
	return m.Run()
}

type fixture struct {
	*Provider
	t      *testing.T
	url    string
	client *sdk.Client
}

// setup makes a provider behind a server. The image "handler" is the test's handler, "relative"
// too, "gone" is a file that is not there, and any other image is unknown.
func setup(t *testing.T, change ...func(*Options)) *fixture {
	t.Helper()
	options := Options{
		Dir: t.TempDir(),
		Images: func(ref string) (string, error) {
			switch ref {
			case "handler":
				return os.Getenv(handlerEnv), nil
			case "relative":
				here, err := os.Getwd()
				if err != nil {
					return "", err
				}
				return filepath.Rel(here, os.Getenv(handlerEnv))
			case "gone":
				return "/nowhere/handler", nil
			}
			return "", errors.New("it was never built")
		},
		StartTimeout: 10 * time.Second,
		// The watchdog of a function that sets nothing serves on for 30 seconds after SIGTERM.
		Defaults: map[string]string{"healthcheck_interval": "0"},
	}
	for _, c := range change {
		c(&options)
	}
	p := New(options)
	server := httptest.NewServer(p.Handler())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = p.Close(ctx)
		server.Close()
	})
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{Provider: p, t: t, url: server.URL, client: sdk.NewClient(base, nil, &http.Client{Transport: &http.Transport{}})}
}

func (f *fixture) deploy(name string, env map[string]string, secrets ...string) {
	f.t.Helper()
	deployment := types.FunctionDeployment{Service: name, Image: "handler", EnvVars: env, Secrets: secrets}
	if code, err := f.client.Deploy(f.t.Context(), deployment); err != nil || code != http.StatusOK {
		f.t.Fatalf("deploy %s: %d, %v", name, code, err)
	}
}

// do sends a raw request and returns the status and the body.
func (f *fixture) do(method, path, body string) (int, string) {
	f.t.Helper()
	a := calltest.Do(f.t, method, f.url+path, body)
	return a.Status, a.Body
}

// call invokes a function and expects 200.
func (f *fixture) call(path string) string {
	f.t.Helper()
	code, body := f.do(http.MethodGet, "/function/"+path, "")
	if code != http.StatusOK {
		f.t.Fatalf("call %s: %d %s", path, code, body)
	}
	return body
}

func (f *fixture) pid(name string) int {
	f.t.Helper()
	pid, err := strconv.Atoi(f.call(name + "/pid"))
	if err != nil {
		f.t.Fatal(err)
	}
	return pid
}

func TestClose(t *testing.T) {
	t.Parallel()

	t.Run("leaves no process, and tells who had to be killed", func(t *testing.T) {
		t.Parallel()

		f := setup(t, func(o *Options) { o.Grace = 100 * time.Millisecond })
		f.deploy("good", nil)
		f.deploy("deaf", map[string]string{"deaf": "1"})
		if err := f.client.ScaleFunction(t.Context(), "good", "", 3); err != nil {
			t.Fatal(err)
		}
		pids := append(f.Processes("good"), f.Processes("deaf")...)
		if len(pids) != 4 {
			t.Fatalf("%d processes, want 4", len(pids))
		}
		err := f.Close(t.Context())
		for _, pid := range pids {
			if processtest.Alive(pid) {
				t.Errorf("process %d lives on", pid)
			}
		}
		if err == nil || !strings.Contains(err.Error(), "deaf-1") {
			t.Errorf("Close = %v, want it to name deaf-1", err)
		}
		if code, _ := f.do(http.MethodGet, "/function/good/pid", ""); code != http.StatusServiceUnavailable {
			t.Errorf("a call after Close: %d, want 503", code)
		}
		code, body := f.do(http.MethodPost, "/system/functions", `{"service":"new","image":"handler"}`)
		if code != http.StatusServiceUnavailable {
			t.Errorf("a deployment after Close: %d %s, want 503", code, body)
		}
	})

	t.Run("ends a start that is under way", func(t *testing.T) {
		t.Parallel()

		f := setup(t, func(o *Options) { o.StartTimeout = time.Minute })
		deployed := make(chan string, 1)
		go func() {
			a, err := calltest.Try(t.Context(), http.MethodPost, f.url+"/system/functions",
				`{"service":"mute","image":"handler","envVars":{"mute":"1"}}`)
			deployed <- fmt.Sprint(a.Status, " ", a.Body, err)
		}()
		processtest.Eventually(t, "the function starts", func() bool {
			j, err := f.journal("mute")
			if err != nil {
				return false
			}
			_, n, _ := j.from(0)
			return n == 2
		})
		if err := f.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got := <-deployed; !strings.HasPrefix(got, "503 ") {
			t.Errorf("the deployment's answer: %s, want 503", got)
		}
	})
}
