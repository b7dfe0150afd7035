package main

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openfaas/faas-provider/types"
	"github.com/openfaas/go-sdk/stack"

	"handler/function/shared/stackfile/stackfiletest"
)

func TestDeployment(t *testing.T) {
	t.Parallel()

	t.Run("carries all that stack.yml says of a function", func(t *testing.T) {
		t.Parallel()

		labels, annotations := map[string]string{"l": "1"}, map[string]string{"topic": "cron-function"}
		got := deployment(stack.Function{
			Name:        "send-email",
			Image:       "registry.invalid/tillbell/send-email:latest",
			Environment: map[string]string{"exec_timeout": "55s"},
			Secrets:     []string{"mongodb-uri", "send-email-key"},
			Labels:      &labels,
			Annotations: &annotations,
			Limits:      &stack.FunctionResources{Memory: "64Mi", CPU: "100m"},
		})
		want := types.FunctionDeployment{
			Service:     "send-email",
			Image:       "registry.invalid/tillbell/send-email:latest",
			Namespace:   "openfaas-fn",
			EnvVars:     map[string]string{"exec_timeout": "55s"},
			Secrets:     []string{"mongodb-uri", "send-email-key"},
			Labels:      &labels,
			Annotations: &annotations,
			Limits:      &types.FunctionResources{Memory: "64Mi", CPU: "100m"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("limits nothing where stack.yml does not", func(t *testing.T) {
		t.Parallel()

		if got := deployment(stack.Function{Name: "f"}); got.Limits != nil {
			t.Errorf("limits %v", got.Limits)
		}
	})
}

// Not parallel: stack.yml is read from the working folder, and by the environment.
func TestDeploymentOfOurStack(t *testing.T) {
	services := readOurStack(t)
	for name, secrets := range map[string][]string{
		"stripe-webhook": {"stripe-webhook-secret", "stripe-api-key", "mongodb-uri", "send-email-key"},
		"send-email":     {"stripe-api-key", "mongodb-uri", "sendgrid-api-key", "send-email-key", "alert-url"},
	} {
		d := deployment(services.Functions[name])
		if d.Service != name || d.Image != "registry.invalid/tillbell/"+name+":latest" {
			t.Errorf("%s is deployed as %s of %s", name, d.Service, d.Image)
		}
		for _, s := range secrets {
			if !slices.Contains(d.Secrets, s) {
				t.Errorf("%s has no secret %s", name, s)
			}
		}
		if d.Limits == nil || d.Limits.Memory == "" {
			t.Errorf("%s may take all memory", name)
		}
	}
	// What wakes it after a crash or a reboot; see stack.yml.
	if a := deployment(services.Functions["send-email"]).Annotations; a == nil || (*a)["topic"] != "cron-function" {
		t.Errorf("send-email has the annotations %v", a)
	}
}

// readOurStack reads the repository's stack.yml with the tests' settings, and leaves the test in a
// folder with both.
func readOurStack(t *testing.T) *stack.Services {
	t.Helper()
	t.Chdir(filepath.Dir(stackfiletest.Write(t, "..")))
	t.Setenv("REGISTRY", "")
	t.Setenv("TAG", "")
	services, err := readStack()
	if err != nil {
		t.Fatal(err)
	}
	return services
}

// stackOf is a stack.yml of one function f.
func stackOf(more string) string {
	return "version: 1.0\nprovider:\n  name: openfaas\nfunctions:\n  f:\n    lang: golang-http\n    handler: ./f\n    image: f:1\n" + more
}
