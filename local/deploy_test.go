package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openfaas/faas-provider/types"
	"github.com/openfaas/go-sdk/stack"
	"go.yaml.in/yaml/v3"

	"handler/function/shared/stackfile/stackfiletest"
)

// Not parallel: stack.yml is read from the working folder, and by the environment.
func TestReadStack(t *testing.T) {
	t.Run("reads both functions, each with the settings and an environment of its own", func(t *testing.T) {
		services := readOurStack(t)
		if diff := cmp.Diff([]string{"send-email", "stripe-webhook"}, slices.Sorted(maps.Keys(services.Functions))); diff != "" {
			t.Error(diff)
		}
		settings := ourSettings(t)
		own := ownEnvironments(t)
		for name, f := range services.Functions {
			if f.Name != name {
				t.Errorf("%s is named %q", name, f.Name)
			}
			if len(own[name]) == 0 {
				t.Errorf("%s has no environment of its own", name)
			}
			want := maps.Clone(settings)
			maps.Copy(want, own[name]) // stack.yml and settings.yml have no name in common
			if len(want) != len(settings)+len(own[name]) {
				t.Errorf("%s and settings.yml both set something", name)
			}
			if diff := cmp.Diff(want, f.Environment); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if services.Functions["send-email"].Environment["exec_timeout"] == services.Functions["stripe-webhook"].Environment["exec_timeout"] {
			t.Error("the functions share an environment")
		}
	})

	t.Run("takes the registry from .env where the environment has none", func(t *testing.T) {
		env := filepath.Join(t.TempDir(), ".env")
		if err := os.WriteFile(env, []byte("REGISTRY=ghcr.io/kept\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ given, want string }{{"", "ghcr.io/kept"}, {"ghcr.io/given", "ghcr.io/given"}} {
			t.Setenv("REGISTRY", c.given)
			if err := registryOf(env); err != nil || os.Getenv("REGISTRY") != c.want {
				t.Errorf("%q becomes %q: %v", c.given, os.Getenv("REGISTRY"), err)
			}
		}
	})

	t.Run("takes registry and tag from the environment", func(t *testing.T) {
		services := readOurStack(t)
		if got := services.Functions["send-email"].Image; got != "registry.invalid/tillbell/send-email:latest" {
			t.Errorf("image %s", got)
		}
		t.Setenv("REGISTRY", "ghcr.io/shop")
		t.Setenv("TAG", "v1")
		services, err := readStack()
		if err != nil {
			t.Fatal(err)
		}
		if got := services.Functions["send-email"].Image; got != "ghcr.io/shop/send-email:v1" {
			t.Errorf("image %s", got)
		}
	})

	t.Run("gives a function without an environment that of its files, a later one first", func(t *testing.T) {
		t.Chdir(t.TempDir())
		write(t, "stack.yml", stackOf("    environment_file: [one.yml, two.yml]\n"))
		write(t, "one.yml", "environment:\n  a: of one\n  b: of one\n")
		write(t, "two.yml", "environment:\n  b: of two\n")
		services, err := readStack()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"a": "of one", "b": "of two"}, services.Functions["f"].Environment); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("names the settings file that is missing or broken", func(t *testing.T) {
		t.Chdir(t.TempDir())
		write(t, "stack.yml", stackOf("    environment_file: [our-settings.yml]\n"))
		_, err := readStack()
		if err == nil {
			t.Fatal("no error for a missing file")
		}
		mustContain(t, err.Error(), "our-settings.yml")

		write(t, "our-settings.yml", "environment: [a, b]\n")
		_, err = readStack()
		if err == nil {
			t.Fatal("no error for a broken file")
		}
		mustContain(t, err.Error(), "our-settings.yml:1: ")
	})

	t.Run("says that there is no stack.yml", func(t *testing.T) {
		t.Chdir(t.TempDir())
		_, err := readStack()
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "read stack.yml: ")
	})
}

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

// Not parallel: see TestReadStack.
func TestDeploymentOfOurStack(t *testing.T) {
	services := readOurStack(t)
	for name, secrets := range map[string][]string{
		"stripe-webhook": {"stripe-webhook-secret", "stripe-api-key", "mongodb-uri", "send-email-key"},
		"send-email":     {"stripe-api-key", "mongodb-uri", "sendgrid-api-key", "send-email-key"},
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

// ourSettings and ownEnvironments read the files anew, by YAML alone.
func ourSettings(t *testing.T) map[string]string {
	t.Helper()
	var settings struct{ Environment map[string]string }
	readYAML(t, "settings.yml", &settings)
	return settings.Environment
}

func ownEnvironments(t *testing.T) map[string]map[string]string {
	t.Helper()
	var file struct {
		Functions map[string]struct{ Environment map[string]string }
	}
	readYAML(t, "stack.yml", &file)
	own := map[string]map[string]string{}
	for name, f := range file.Functions {
		own[name] = f.Environment
	}
	return own
}

func readYAML(t *testing.T, path string, v any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

// stackOf is a stack.yml of one function f.
func stackOf(more string) string {
	return "version: 1.0\nprovider:\n  name: openfaas\nfunctions:\n  f:\n    lang: golang-http\n    handler: ./f\n    image: f:1\n" + more
}
