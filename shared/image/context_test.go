package image

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openfaas/go-sdk/builder"
)

const templateDir = "../../template"

func TestDockerfileBuilds(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name  string
		files map[string]string // nil: the template's sample
		want  string
	}{
		{"the sample", nil, "Hello, you.\n"},
		{"a function without a go.mod", plainFunction, "plain"},
		{"a function with a module, an internal package and an embedded file", withSums(t, moduleFunction), "hello from a module"},
		{"a function that replaces modules by its own folders", withSums(t, replacingFunction), "a price and a note"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			dir := buildContext(t, tt.files)
			if out, err := build(t, dir, templateSteps(t)); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if got := ask(t, filepath.Join(dir, "handler")); got != tt.want {
				t.Errorf("the built function answers %q, want %q", got, tt.want)
			}
			if info, err := os.Stat(filepath.Join(dir, "function", "static")); err != nil || !info.IsDir() {
				t.Errorf("no folder static for the image: %v", err)
			}
		})
	}
}

func TestDockerfileBuildsVendoredOffLine(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"a function with a vendor folder", moduleFunction, "hello from a module"},
		{"a function with a vendor folder that replaces modules by its own folders", replacingFunction, "a price and a note"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			dir := buildContext(t, vendored(t, withSums(t, tt.files)))
			out, err := build(t, dir, templateSteps(t), "GOPROXY=off", "GOFLAGS=-mod=vendor", "GOMODCACHE="+t.TempDir())
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if got := ask(t, filepath.Join(dir, "handler")); got != tt.want {
				t.Errorf("the built function answers %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDockerfileRefuses(t *testing.T) {
	t.Parallel()

	tests := []struct{ name, file, text, want string }{
		{"code that is not formatted", "extra.go", "package function\n\nvar  unformatted = 1\n", "Run gofmt -w on: ./function/extra.go"},
		{"a failing test", "extra_test.go", "package function\n\nimport \"testing\"\n\nfunc TestNo(t *testing.T) { t.Fatal(\"on purpose\") }\n", "on purpose"},
		{"code that does not compile", "extra.go", "package function\n\nvar x int = \"no\"\n", "cannot use \"no\""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			files := maps.Clone(plainFunction)
			files[tt.file] = tt.text
			dir := buildContext(t, files)
			out, err := build(t, dir, templateSteps(t))
			if err == nil || !strings.Contains(out, tt.want) {
				t.Errorf("got error %v, want one, and %q in the output:\n%s", err, tt.want, out)
			}
			if _, err := os.Stat(filepath.Join(dir, "handler")); err == nil {
				t.Error("there is a binary all the same")
			}
		})
	}
}

// buildContext lays a function into the template as faas-cli does.
func buildContext(t *testing.T, files map[string]string) string {
	t.Helper()
	handler := templateDir + "/golang-http/function"
	if files != nil {
		handler = writeFiles(t, t.TempDir(), files)
	}
	dir, err := builder.CreateBuildContext("fn", handler, "golang-http", nil,
		builder.WithTemplateDir(templateDir), builder.WithBuildDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func build(t *testing.T, dir string, steps []Step, env ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var out bytes.Buffer
	err := Run(ctx, dir, steps, append(os.Environ(), env...), &out)
	return out.String(), err
}

// ask starts a built function and calls it once.
func ask(t *testing.T, binary string) string {
	t.Helper()
	return get(t, startFunction(t, binary))
}

func get(t *testing.T, address string) string {
	t.Helper()
	response, err := (&http.Client{Timeout: 10 * time.Second}).Get("http://" + address + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	return body.String()
}
