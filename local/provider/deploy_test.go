package provider

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/openfaas/faas-provider/types"

	"handler/function/local/process/processtest"
)

func TestDeploy(t *testing.T) {
	t.Parallel()

	t.Run("lists and describes what was deployed", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		deployment := types.FunctionDeployment{
			Service:     "shop",
			Image:       "handler",
			EnvProcess:  "./handler",
			EnvVars:     map[string]string{"color": "red"},
			Labels:      &map[string]string{"com.openfaas.ui.ext": "1"},
			Annotations: &map[string]string{"topic": "cron-function"},
			Limits:      &types.FunctionResources{Memory: "64Mi"},
		}
		if _, err := f.client.Deploy(t.Context(), deployment); err != nil {
			t.Fatal(err)
		}
		want := types.FunctionStatus{
			Name: "shop", Namespace: "openfaas-fn", Image: "handler", EnvProcess: "./handler",
			EnvVars: deployment.EnvVars, Labels: deployment.Labels, Annotations: deployment.Annotations,
			Limits: deployment.Limits, Replicas: 1, AvailableReplicas: 1,
		}
		got, err := f.client.GetFunction(t.Context(), "shop", "openfaas-fn")
		if err != nil {
			t.Fatal(err)
		}
		if age := time.Since(got.CreatedAt); age < 0 || age > time.Minute {
			t.Errorf("created %s ago", age)
		}
		ignoreTime := cmpopts.IgnoreFields(types.FunctionStatus{}, "CreatedAt")
		if diff := cmp.Diff(want, got, ignoreTime); diff != "" {
			t.Error(diff)
		}
		list, err := f.client.GetFunctions(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		want.AvailableReplicas = 0 // faasd's list does not have it
		if diff := cmp.Diff([]types.FunctionStatus{want}, list, ignoreTime); diff != "" {
			t.Error(diff)
		}
		_, body := f.do(http.MethodGet, "/system/function/shop?usage=1", "")
		var withUsage types.FunctionStatus
		if err := json.Unmarshal([]byte(body), &withUsage); err != nil {
			t.Fatal(err)
		}
		if withUsage.Usage == nil || withUsage.Usage.TotalMemoryBytes < 1<<20 {
			t.Errorf("usage = %+v, want a megabyte at least", withUsage.Usage)
		}
	})

	t.Run("gives the process defaults, settings, addresses and an empty folder, and nothing of ours", func(t *testing.T) {
		t.Parallel()

		f := setup(t, func(o *Options) { o.Defaults = map[string]string{"gateway_url": "http://default", "color": "blue"} })
		f.deploy("shop", map[string]string{"color": "red", "secret_mount_path": "elsewhere"})
		var env []string
		if err := json.Unmarshal([]byte(f.call("shop/env")), &env); err != nil {
			t.Fatal(err)
		}
		env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, "handler_address=127.0.0.1:") })
		dir := filepath.Join(f.options.Dir, "functions", "shop")
		want := []string{
			"HOME=" + filepath.Join(dir, "shop-1"),
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			"color=red",
			"fprocess=./handler",
			"gateway_url=http://default",
			"secret_mount_path=" + filepath.Join(dir, "secrets"),
		}
		// Go adds PWD where it starts a process in a folder.
		env = slices.DeleteFunc(env, func(v string) bool { return strings.HasPrefix(v, "PWD=") })
		if diff := cmp.Diff(want, env); diff != "" {
			t.Error(diff)
		}
		if got := f.call("shop/files"); got != "0 <nil>" {
			t.Errorf("files in the working folder: %s", got)
		}
	})

	t.Run("refuses what cannot work, names all of it, and leaves the running function alone", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		f.deploy("shop", nil)
		pid := f.pid("shop")
		refused := func(method, body string, wantCode int, want ...string) {
			t.Helper()
			code, text := f.do(method, "/system/functions", body)
			if code != wantCode {
				t.Errorf("%s %s: %d %s, want %d", method, body, code, text, wantCode)
			}
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("%s %s: %q does not name %q", method, body, text, w)
				}
			}
		}
		refused("PUT", `{"service":"shop","image":"lost:1","secrets":["key-a","key-b"],"envVars":{"a=b":""}}`, 400,
			"lost:1", "never built", "key-a", "key-b", `"a=b"`)
		refused("PUT", `{"service":"shop","image":"handler","secrets":["../../etc/passwd"]}`, 400, "../../etc/passwd")
		refused("PUT", `{"service":"shop","image":"handler","namespace":"prod"}`, 400, "prod")
		refused("PUT", `{"service":"shop"}`, 400, "image")
		refused("PUT", `{"service":"other","image":"handler"}`, 404, "other")
		refused("POST", `{"service":"shop","image":"handler"}`, 409, "shop")
		refused("POST", `{"service":"new","image":"handler","secrets":["key-a"]}`, 400, "key-a")
		refused("POST", `{"service":"../x","image":"handler"}`, 400)
		refused("POST", `{"service":`, 400, "JSON")
		if got := f.pid("shop"); got != pid {
			t.Errorf("process %d, want the old one, %d", got, pid)
		}
		if code, _ := f.do("GET", "/system/function/new", ""); code != 404 {
			t.Errorf("describe what was refused: %d, want 404", code)
		}
	})

	t.Run("finds a binary whose path is relative", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		if code, body := f.do("POST", "/system/functions", `{"service":"shop","image":"relative"}`); code != 200 {
			t.Fatalf("deploy: %d %s", code, body)
		}
		f.pid("shop")
	})

	t.Run("says what a process printed that does not get ready", func(t *testing.T) {
		t.Parallel()

		f := setup(t, func(o *Options) { o.StartTimeout = 2 * time.Second })
		code, body := f.do("POST", "/system/functions", `{"service":"shop","image":"handler","envVars":{"broken":"1"}}`)
		if code != 500 || !strings.Contains(body, "broken: the setting is wrong") || !strings.Contains(body, "exit status 2") {
			t.Errorf("broken: %d %s", code, body)
		}
		code, body = f.do("POST", "/system/functions", `{"service":"gone","image":"gone"}`)
		if code != 500 || !strings.Contains(body, "/nowhere/handler") {
			t.Errorf("gone: %d %s", code, body)
		}
		code, body = f.do("PUT", "/system/functions", `{"service":"shop","image":"handler","envVars":{"mute":"1"}}`)
		if code != 500 || !strings.Contains(body, "will never listen") || !strings.Contains(body, "within 2s") {
			t.Errorf("mute: %d %s", code, body)
		}
		if code, body = f.do("GET", "/function/gone", ""); code != 503 || strings.Contains(body, "nowhere") {
			t.Errorf("a call of it: %d %s, want 503 and no detail", code, body)
		}
		if status, err := f.client.GetFunction(t.Context(), "shop", ""); err != nil || status.Replicas != 0 {
			t.Errorf("status = %+v, %v, want no replica", status, err)
		}
	})

	t.Run("removes a function, its process and its folder", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		f.deploy("shop", nil)
		pid := f.pid("shop")
		if err := f.client.DeleteFunction(t.Context(), "shop", "openfaas-fn"); err != nil {
			t.Fatal(err)
		}
		if processtest.Alive(pid) {
			t.Error("the process lives on")
		}
		if _, err := os.Stat(filepath.Join(f.options.Dir, "functions", "shop")); !os.IsNotExist(err) {
			t.Errorf("the folder: %v", err)
		}
		if code, _ := f.do("GET", "/function/shop", ""); code != 404 {
			t.Errorf("a call: %d, want 404", code)
		}
		if code, _ := f.do("DELETE", "/system/functions", `{"functionName":"shop"}`); code != 404 {
			t.Errorf("a second removal: %d, want 404", code)
		}
		if list, err := f.client.GetFunctions(t.Context(), ""); err != nil || len(list) != 0 {
			t.Errorf("list = %v, %v", list, err)
		}
		f.deploy("shop", nil)
		f.pid("shop")
	})
}

func TestUpdate(t *testing.T) {
	t.Parallel()

	t.Run("has callers wait for the new process", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		f.deploy("shop", map[string]string{"signals": "told", "healthcheck_interval": "1"})
		old := f.pid("shop")
		var callers sync.WaitGroup
		callers.Go(func() {
			printed(t, f, "shop", "SIGTERM")
			for range 4 {
				callers.Go(func() {
					if got := f.pid("shop"); got == old {
						t.Error("the old process answers")
					}
				})
			}
		})
		update := types.FunctionDeployment{Service: "shop", Image: "handler", EnvVars: map[string]string{"color": "green"}}
		code, err := f.client.Update(t.Context(), update)
		if err != nil || code != 200 {
			t.Errorf("update: %d, %v", code, err)
		}
		callers.Wait()
		got := f.pid("shop")
		if processtest.Alive(old) {
			t.Error("the old process lives on")
		}
		if diff := cmp.Diff([]int{got}, f.Processes("shop")); diff != "" {
			t.Error(diff)
		}
		if env := f.call("shop/env"); !strings.Contains(env, "color=green") {
			t.Errorf("environment %s", env)
		}
	})

	t.Run("signals the old process twice, as faasd and the watchdog do", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		f.deploy("shop", map[string]string{"signals": "told", "healthcheck_interval": "1"})
		if _, err := f.client.Update(t.Context(), types.FunctionDeployment{Service: "shop", Image: "handler"}); err != nil {
			t.Fatal(err)
		}
		j, err := f.journal("shop")
		if err != nil {
			t.Fatal(err)
		}
		lines, _, _ := j.from(0)
		if n := strings.Count(fmt.Sprint(lines), "SIGTERM"); n != 2 {
			t.Errorf("SIGTERM came %d times", n)
		}
	})

	t.Run("takes away the secrets that the new deployment does not name", func(t *testing.T) {
		t.Parallel()

		f := setup(t)
		for _, name := range []string{"one", "two"} {
			if err := f.SetSecret(name, []byte("value")); err != nil {
				t.Fatal(err)
			}
		}
		f.deploy("shop", nil, "one")
		update := types.FunctionDeployment{Service: "shop.openfaas-fn", Image: "handler", Secrets: []string{"two"}}
		if _, err := f.client.Update(t.Context(), update); err != nil {
			t.Fatal(err)
		}
		if code, _ := f.do("GET", "/function/shop/secret/one", ""); code != 404 {
			t.Errorf("secret one: %d, want 404", code)
		}
		f.call("shop/secret/two")
	})
}
