package provider

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/mux"

	"handler/function/local/calltest"
	"handler/function/local/process"
	"handler/function/local/process/processtest"
)

func TestInvoke(t *testing.T) {
	t.Parallel()

	t.Run("hands on method, path, query and status", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		f.deploy("shop", nil)
		host := strings.TrimPrefix(f.url, "http://")
		ip, _, _ := net.SplitHostPort(host)
		tests := []struct{ method, path, want string }{
			{"POST", "/function/shop", "POST / "},
			{"GET", "/function/shop.openfaas-fn/", "GET / "},
			{"PUT", "/function/shop/a/b%20c?x=1&x=2", "PUT /a/b%20c?x=1&x=2 "},
		}
		for _, test := range tests {
			code, got := f.do(test.method, test.path, "body")
			if want := test.want + host + " " + ip; code != http.StatusTeapot || got != want {
				t.Errorf("%s %s: %d %q, want 418 %q", test.method, test.path, code, got, want)
			}
		}
	})

	t.Run("starts a dead process at the next call, and not before", func(t *testing.T) {
		t.Parallel()

		var changes atomic.Int32
		f := setup(t, func(o *Options) { o.Changed = func() { changes.Add(1) } })
		f.deploy("shop", nil)
		for range 3 {
			old := f.pid("shop")
			if code, _ := f.do("GET", "/function/shop/crash", ""); code != 500 {
				t.Errorf("the call that crashes: %d, want 500", code)
			}
			if got := f.pid("shop"); got == old {
				t.Errorf("the dead process %d answers", old)
			}
		}
		before := changes.Load()
		if err := syscall.Kill(f.pid("shop"), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		processtest.Eventually(t, "the death is told", func() bool { return changes.Load() > before })
		if pids := f.Processes("shop"); len(pids) != 0 {
			t.Errorf("processes %v without a call", pids)
		}
		if status, err := f.client.GetFunction(t.Context(), "shop", ""); err != nil || status.Replicas != 0 || status.AvailableReplicas != 0 {
			t.Errorf("status = %+v, %v, want no replica", status, err)
		}
		f.pid("shop")
	})

	t.Run("lets all callers of a dead function wait for one start", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		f.deploy("shop", nil)
		f.do("GET", "/function/shop/crash", "")
		var mu sync.Mutex
		answers := map[string]int{}
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				a, err := calltest.Try(t.Context(), "GET", f.url+"/function/shop/pid", "")
				if a.Status != 200 {
					t.Errorf("a caller got %d %s %v", a.Status, a.Body, err)
				}
				mu.Lock()
				defer mu.Unlock()
				answers[a.Body]++
			})
		}
		callers.Wait()
		if len(answers) != 1 || len(f.Processes("shop")) != 1 {
			t.Errorf("answers by process %v, running %v, want one process", answers, f.Processes("shop"))
		}
	})

	t.Run("lets all callers of a broken function share one attempt", func(t *testing.T) {
		t.Parallel()

		f := setup(t, func(o *Options) { o.StartTimeout = 300 * time.Millisecond })
		if code, body := f.do("POST", "/system/functions", `{"service":"mute","image":"handler","envVars":{"mute":"1"}}`); code != 500 {
			t.Fatalf("deploy: %d %s", code, body)
		}
		fn, err := f.find("mute")
		if err != nil {
			t.Fatal(err)
		}
		fn.turn <- struct{}{} // so that all have come before the first one starts it
		var arrived sync.WaitGroup
		var callers sync.WaitGroup
		for range 20 {
			arrived.Add(1)
			callers.Go(func() {
				first := fn.choose()
				arrived.Done()
				if err := fn.takeTurn(t.Context()); err != nil {
					t.Error(err)
					return
				}
				defer fn.giveTurn()
				if _, err := f.revive(fn, first); err == nil {
					t.Error("no error")
				}
			})
		}
		arrived.Wait()
		fn.giveTurn()
		callers.Wait()
		fn.mu.Lock()
		defer fn.mu.Unlock()
		if fn.started != 2 {
			t.Errorf("started %d times, want 2: the deployment and one for all calls", fn.started)
		}
	})

	t.Run("does not answer 200 for a dead process, also if the caller accepts a stream", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		f.deploy("shop", nil)
		a := calltest.Do(t, "GET", f.url+"/function/shop/crash", "", "Accept", "text/event-stream")
		if a.Status != 500 {
			t.Errorf("%d, want 500", a.Status)
		}
	})

	t.Run("tells of a crash only when the next call will meet a new process", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		// It refuses calls already, and its end is yet to be seen.
		dying, err := process.Start(process.Command{Path: "/bin/sleep", Args: []string{"0.2"}})
		if err != nil {
			t.Fatal(err)
		}
		addr, err := process.FreeAddr()
		if err != nil {
			t.Fatal(err)
		}
		r := &replica{addr: addr, process: dying, call: f.proxyTo(addr)}
		request := mux.SetURLVars(httptest.NewRequest("GET", "/function/shop", nil), map[string]string{"name": "shop"})
		answer := httptest.NewRecorder()
		r.serve(answer, request)
		select {
		case <-dying.Done():
		default:
			t.Error("the caller knows before us")
		}
		if answer.Code != 500 {
			t.Errorf("status %d, want 500", answer.Code)
		}
	})

	t.Run("answers 404 for a function that is not there", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		for _, path := range []string{"/function/none", "/system/function/none", "/system/logs?name=none"} {
			if code, body := f.do("GET", path, ""); code != 404 {
				t.Errorf("%s: %d %s", path, code, body)
			}
		}
	})

	t.Run("ends a call that takes too long", func(t *testing.T) {
		t.Parallel()

		f := setup(t, func(o *Options) { o.Timeout = 100 * time.Millisecond })
		f.deploy("shop", nil)
		if code, body := f.do("GET", "/function/shop/until-sigterm", ""); code != 500 {
			t.Errorf("%d %s, want 500", code, body)
		}
	})
}

func TestScale(t *testing.T) {
	t.Parallel()

	t.Run("calls the replicas in turn and replaces the one that died", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		f.deploy("shop", nil)
		scale(t, f, 3)
		if diff := cmp.Diff(uniform(f.Processes("shop"), 2), count(f, 6)); diff != "" {
			t.Error(diff)
		}
		dead := f.Processes("shop")[1]
		if err := syscall.Kill(dead, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		processtest.Eventually(t, "the death is seen", func() bool { return len(f.Processes("shop")) == 2 })
		f.pid("shop")
		now := f.Processes("shop")
		if diff := cmp.Diff(uniform(now, 2), count(f, 6)); diff != "" || len(now) != 3 {
			t.Errorf("running %v: %s", now, diff)
		}
	})

	t.Run("ends the youngest, and at 0 the next call starts one", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		f.deploy("shop", nil)
		scale(t, f, 3)
		three := f.Processes("shop")
		scale(t, f, 1)
		if diff := cmp.Diff(three[:1], f.Processes("shop")); diff != "" {
			t.Error(diff)
		}
		scale(t, f, 0)
		for _, pid := range three {
			if processtest.Alive(pid) {
				t.Errorf("process %d lives on", pid)
			}
		}
		if got := f.pid("shop"); len(f.Processes("shop")) != 1 || got == three[0] {
			t.Errorf("process %d answers, running %v", got, f.Processes("shop"))
		}
	})

	t.Run("refuses too many, and an unknown function", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		f.deploy("shop", nil)
		if code, body := f.do("POST", "/system/scale-function/shop", `{"serviceName":"shop","replicas":11}`); code != 400 {
			t.Errorf("11 replicas: %d %s", code, body)
		}
		if code, body := f.do("POST", "/system/scale-function/none", `{"serviceName":"none","replicas":1}`); code != 404 {
			t.Errorf("none: %d %s", code, body)
		}
	})
}

func TestReplicaAlive(t *testing.T) {
	t.Parallel()

	addr, err := process.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	// It has stopped listening, as the dying do, and its end is yet to be seen.
	dying, err := process.Start(process.Command{Path: "/bin/sleep", Args: []string{"0.3"}})
	if err != nil {
		t.Fatal(err)
	}
	if (&replica{addr: addr, process: dying}).alive() {
		t.Error("alive")
	}
}

func scale(t *testing.T, f *fixture, replicas uint64) {
	t.Helper()
	if err := f.client.ScaleFunction(t.Context(), "shop", "openfaas-fn", replicas); err != nil {
		t.Fatal(err)
	}
}

// count calls the function n times and counts who answered.
func count(f *fixture, n int) map[int]int {
	f.t.Helper()
	answers := map[int]int{}
	for range n {
		answers[f.pid("shop")]++
	}
	return answers
}

func uniform(pids []int, n int) map[int]int {
	want := map[int]int{}
	for _, pid := range pids {
		want[pid] = n
	}
	return want
}
