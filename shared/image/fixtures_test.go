package image

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The files of functions, as their owners would write them.
var (
	plainFunction = map[string]string{
		"handler.go": `package function

import handler "github.com/openfaas/templates-sdk/go-http"

func Handle(req handler.Request) (handler.Response, error) {
	return handler.Response{Body: []byte("plain")}, nil
}
`,
		"static/page.txt": "a file for run time\n",
	}

	moduleFunction = map[string]string{
		"go.mod": `module handler/function

go 1.25.0

require github.com/openfaas/templates-sdk/go-http v0.0.0-20220408082716-5981c545cb03
`,
		"handler.go": `package function

import (
	_ "embed"

	"handler/function/internal/greet"

	handler "github.com/openfaas/templates-sdk/go-http"
)

//go:embed word.txt
var word string

func Handle(req handler.Request) (handler.Response, error) {
	return handler.Response{Body: []byte(greet.With(word))}, nil
}
`,
		"handler_test.go": `package function

import (
	"testing"

	handler "github.com/openfaas/templates-sdk/go-http"
)

func TestHandle(t *testing.T) {
	got, err := Handle(handler.Request{})
	if err != nil || string(got.Body) != "hello from a module" {
		t.Errorf("got %q, %v", got.Body, err)
	}
}
`,
		"internal/greet/greet.go": `package greet

import "strings"

func With(word string) string { return strings.TrimSpace(word) + " from a module" }
`,
		"word.txt": "hello\n",
	}

	// A function that calls itself something else and keeps a part of itself as a module.
	replacingFunction = map[string]string{
		"go.mod": `module example.com/shop/function

go 1.25.0

require (
	example.com/shop/price v0.0.0
	github.com/openfaas/templates-sdk/go-http v0.0.0-20220408082716-5981c545cb03
	handler/function v0.0.0-00010101000000-000000000000
)

replace (
	example.com/shop/price => ./price
	handler/function => ./
)
`,
		"handler.go": `package function

import (
	"example.com/shop/price"
	"handler/function/note"

	handler "github.com/openfaas/templates-sdk/go-http"
)

func Handle(req handler.Request) (handler.Response, error) {
	return handler.Response{Body: []byte(price.Of + note.Of)}, nil
}
`,
		"note/note.go":   "package note\n\nconst Of = \" and a note\"\n",
		"price/go.mod":   "module example.com/shop/price\n\ngo 1.25.0\n",
		"price/price.go": "package price\n\nconst Of = \"a price\"\n",
	}
)

func writeFiles(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// withSums adds a go.sum with the one outside module that the functions here require.
func withSums(t *testing.T, files map[string]string) map[string]string {
	t.Helper()
	sums, err := os.ReadFile(templateDir + "/golang-http/go.sum")
	if err != nil {
		t.Fatal(err)
	}
	files = maps.Clone(files)
	files["go.sum"] = string(sums)
	return files
}

// vendored adds the vendor folder that `go mod vendor` makes.
func vendored(t *testing.T, files map[string]string) map[string]string {
	t.Helper()
	dir := writeFiles(t, t.TempDir(), files)
	cmd := exec.CommandContext(t.Context(), "go", "mod", "vendor")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go mod vendor: %v\n%s", err, out)
	}
	err := fs.WalkDir(os.DirFS(dir), "vendor", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
