package provider

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/openfaas/faas-provider/types"

	"handler/function/local/calltest"
	"handler/function/local/process/processtest"
)

// TestRemoval is what faasd does to a function that is updated or removed: the network goes before
// SIGTERM comes.
func TestRemoval(t *testing.T) {
	t.Parallel()

	t.Run("leaves a call in flight without an answer and without a reset", func(t *testing.T) {
		t.Parallel()

		f := setup(t, func(o *Options) { o.Timeout = 2 * time.Second })
		f.deploy("shop", map[string]string{"outlived": "1"})
		began := time.Now()
		inFlight := f.callInFlight("shop")
		if code, err := f.client.Update(t.Context(), types.FunctionDeployment{Service: "shop", Image: "handler"}); code != 200 {
			t.Fatalf("update: %d, %v", code, err)
		}
		updated := time.Since(began)
		if got := <-inFlight; !strings.HasPrefix(got, "500 Can't reach service") || time.Since(began) < 2*time.Second || updated > 2*time.Second {
			t.Errorf("%q after %v, and the update took %v", got, time.Since(began), updated)
		}
	})

	t.Run("fails where the watchdog waits for a call, though the handler has ended well; the old version stays", func(t *testing.T) {
		t.Parallel()

		f := setup(t, func(o *Options) { o.Grace = time.Second })
		f.deploy("shop", map[string]string{"color": "red"})
		old := f.pid("shop")
		f.callInFlight("shop")
		code, body := f.do("PUT", "/system/functions", `{"service":"shop","image":"handler","envVars":{"color":"green"}}`)
		if code != 500 || !strings.Contains(body, "shop-1: cannot delete running task: failed precondition") {
			t.Errorf("update: %d %s", code, body)
		}
		if status, err := f.client.GetFunction(t.Context(), "shop", ""); err != nil || status.EnvVars["color"] != "red" || status.AvailableReplicas != 0 || processtest.Alive(old) {
			t.Errorf("it is %+v, %v; process %d lives: %v", status, err, old, processtest.Alive(old))
		}
		if env := f.call("shop/env"); !strings.Contains(env, "color=red") {
			t.Errorf("the next call finds %s", env)
		}
		f.callInFlight("shop")
		if code, body := f.do("DELETE", "/system/functions", `{"functionName":"shop"}`); code != 500 {
			t.Errorf("removal: %d %s", code, body)
		}
		f.pid("shop")
	})

	t.Run("waits no longer than the watchdog does", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		f.deploy("shop", map[string]string{"write_timeout": "1s"})
		f.callInFlight("shop")
		began := time.Now()
		if err := f.client.DeleteFunction(t.Context(), "shop", ""); err != nil || time.Since(began) < time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})

	t.Run("reaches nothing and nobody any more, and the next deployment does", func(t *testing.T) {
		t.Parallel()

		var reached atomic.Int32
		service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			reached.Add(1)
			fmt.Fprint(w, "answered")
		}))
		defer service.Close()
		f := setup(t)
		if err := f.SetSecret("uri", []byte(service.URL)); err != nil {
			t.Fatal(err)
		}
		settings := map[string]string{"service": service.URL, "healthcheck_interval": "1"}
		f.deploy("shop", settings, "uri")
		for _, where := range []string{"", "?secret=uri"} {
			if got := f.call("shop/ask" + where); got != "answered" {
				t.Errorf("ask%s: %s", where, got)
			}
		}
		// It asks in each of both ways once more, by a connection that is open and by a new one,
		// when SIGTERM comes.
		before := reached.Load()
		if _, err := f.client.Update(t.Context(), types.FunctionDeployment{Service: "shop", Image: "handler", EnvVars: settings, Secrets: []string{"uri"}}); err != nil {
			t.Fatal(err)
		}
		if lines := texts(t, f, ""); !slices.Contains(lines, "asked at the end") {
			t.Errorf("it did not ask: %q", lines)
		}
		if after := reached.Load(); after != before {
			t.Errorf("after SIGTERM it was reached %d times", after-before)
		}
		if got := f.call("shop/ask"); got != "answered" {
			t.Errorf("the new one gets %s", got)
		}
	})

	t.Run("follows a secret that is changed to another address of this machine, and away", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		if err := f.SetSecret("uri", []byte("mongodb://127.0.0.1:1000/?a=b\n")); err != nil {
			t.Fatal(err)
		}
		f.deploy("shop", nil, "uri")
		first := f.call("shop/secret/uri")
		if strings.Contains(first, ":1000") || !strings.HasPrefix(first, "mongodb://127.0.0.1:") || !strings.HasSuffix(first, "/?a=b&directConnection=true\n") {
			t.Errorf("it sees %q", first)
		}
		for _, value := range []string{"mongodb+srv://u:p@host/", "mongodb://127.0.0.1:1001"} {
			if _, err := f.client.UpdateSecret(t.Context(), types.Secret{Name: "uri", Value: value}); err != nil {
				t.Fatal(err)
			}
			if got := f.call("shop/secret/uri"); got != value && (!strings.Contains(value, ":1001") || strings.Contains(got, ":1001") || got == first) {
				t.Errorf("after %q it sees %q", value, got)
			}
		}
		if kept, err := f.Secret("uri"); err != nil || string(kept) != "mongodb://127.0.0.1:1001" {
			t.Errorf("the secret itself is %q, %v", kept, err)
		}
	})
}

// callInFlight makes a call that is answered at SIGTERM, and gives what comes of it.
func (f *fixture) callInFlight(function string) <-chan string {
	f.t.Helper()
	j, err := f.journal(function)
	if err != nil {
		f.t.Fatal(err)
	}
	_, before, _ := j.from(0)
	inFlight := make(chan string, 1)
	go func() {
		a, err := calltest.Try(f.t.Context(), "GET", f.url+"/function/"+function+"/until-sigterm", "")
		inFlight <- fmt.Sprint(a.Status, " ", a.Body, err)
	}()
	processtest.Eventually(f.t, "the call is there", func() bool {
		lines, _, _ := j.from(before)
		return len(lines) > 0
	})
	return inFlight
}

func TestDirect(t *testing.T) {
	t.Parallel()

	got := map[string]string{}
	for _, uri := range []string{"mongodb://h:1", "mongodb://h:1/", "mongodb://h:1/db?x=y", "mongodb://h:1\n", "mongodb://h:1,h:2/?replicaSet=rs", "mongodb://h:1/?directConnection=false", "http://h:1"} {
		got[uri] = direct(uri)
	}
	want := map[string]string{
		"mongodb://h:1": "mongodb://h:1/?directConnection=true", "mongodb://h:1/": "mongodb://h:1/?directConnection=true", "mongodb://h:1/db?x=y": "mongodb://h:1/db?x=y&directConnection=true",
		"mongodb://h:1\n": "mongodb://h:1/?directConnection=true\n", "mongodb://h:1,h:2/?replicaSet=rs": "mongodb://h:1,h:2/?replicaSet=rs",
		"mongodb://h:1/?directConnection=false": "mongodb://h:1/?directConnection=false", "http://h:1": "http://h:1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
