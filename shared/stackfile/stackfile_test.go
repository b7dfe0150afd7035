package stackfile

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openfaas/go-sdk/stack"
	"go.yaml.in/yaml/v3"

	"handler/function/shared/stackfile/stackfiletest"
)

// Not parallel: stack.yml is read by the environment.
func TestRead(t *testing.T) {
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

	t.Run("takes registry and tag from the environment", func(t *testing.T) {
		services := readOurStack(t)
		if got := services.Functions["send-email"].Image; got != "registry.invalid/tillbell/send-email:latest" {
			t.Errorf("image %s", got)
		}
		t.Setenv("REGISTRY", "ghcr.io/shop")
		t.Setenv("TAG", "v1")
		services, err := Read("stack.yml")
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
		services, err := Read("stack.yml")
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
		_, err := Read("stack.yml")
		mustName(t, err, "our-settings.yml")

		write(t, "our-settings.yml", "environment: [a, b]\n")
		_, err = Read("stack.yml")
		mustName(t, err, "our-settings.yml:1: ")
	})

	t.Run("says that there is no stack.yml", func(t *testing.T) {
		t.Chdir(t.TempDir())
		_, err := Read("stack.yml")
		mustName(t, err, "read stack.yml: ")
	})
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

// readOurStack reads the repository's stack.yml with the tests' settings, and leaves the test in a
// folder with both.
func readOurStack(t *testing.T) *stack.Services {
	t.Helper()
	t.Chdir(filepath.Dir(stackfiletest.Write(t, filepath.Join("..", ".."))))
	t.Setenv("REGISTRY", "")
	t.Setenv("TAG", "")
	services, err := Read("stack.yml")
	if err != nil {
		t.Fatal(err)
	}
	return services
}

func readYAML(t *testing.T, path string, v any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, path)), v); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mustName(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// stackOf is a stack.yml of one function f.
func stackOf(more string) string {
	return "version: 1.0\nprovider:\n  name: openfaas\nfunctions:\n  f:\n    lang: golang-http\n    handler: ./f\n    image: f:1\n" + more
}
