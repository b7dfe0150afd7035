package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// buildsWhatIsThere is a Dockerfile whose program says what the context had, and whose tests fail.
const buildsWhatIsThere = `FROM golang AS build
WORKDIR /src
COPY . .
RUN go test ./...
RUN cat function/handler.go > handler
`

// Not parallel: stack.yml, the template and the functions are in the working folder.
func TestBuildImages(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, stackFile, stackOf(""))
	write(t, filepath.Join("template", "golang-http", "Dockerfile"), buildsWhatIsThere)
	write(t, filepath.Join("f", "handler.go"), "one")
	services, err := readStack()
	if err != nil {
		t.Fatal(err)
	}
	state := t.TempDir()
	built := func(t *testing.T) (handler, said string) {
		t.Helper()
		c, out := quiet(t)
		if err := newMaker(c, folders{state: state}, services, partsModule).buildImages(t.Context(), services); err != nil {
			t.Fatal(err)
		}
		path, err := images{filepath.Join(state, "images")}.find("f:1")
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b), out.String()
	}

	t.Run("builds a function without its tests, and says which program of all it is", func(t *testing.T) {
		handler, said := built(t)
		if handler != "one" {
			t.Errorf("the handler is %q", handler)
		}
		mustContain(t, said, "✓ build f (2 of 5)")
	})

	t.Run("builds it again when it has changed, and only then", func(t *testing.T) {
		if _, said := built(t); said != "" {
			t.Errorf("built again: %s", said)
		}
		write(t, filepath.Join("f", "handler.go"), "two")
		if handler, said := built(t); handler != "two" || !strings.Contains(said, "build f") {
			t.Errorf("the handler is %q, and it said %q", handler, said)
		}
	})
}

func TestPackages(t *testing.T) {
	t.Parallel()

	t.Run("are the tools of go.mod that a module has", func(t *testing.T) {
		t.Parallel()

		packages, err := extrasModule.packages(t.Context(), copyOfParts(t))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(packages, " "); got != "github.com/openfaas/faas-cli github.com/stripe/stripe-mock" {
			t.Errorf("packages %s", got)
		}
	})

	t.Run("must all be there", func(t *testing.T) {
		t.Parallel()

		_, err := module{tools: []string{faasCLI, "gone"}}.packages(t.Context(), copyOfParts(t))
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), `want ["faas-cli" "gone"]`)
	})
}

// A module that is built already counts as built.
func TestBuildPartsSkips(t *testing.T) {
	t.Chdir("..")
	bin := t.TempDir()
	write(t, filepath.Join(bin, "parts.built"), mustStamp(t, partsModule))
	for _, tool := range partsModule.tools {
		write(t, filepath.Join(bin, tool), "")
	}
	c, out := quiet(t)
	m := &maker{folders: folders{bin: bin}, console: c, done: 1, all: 6}
	if err := m.buildParts(t.Context(), partsModule); err != nil {
		t.Fatal(err)
	}
	_ = m.step("send-email", func() error { return nil })
	mustContain(t, out.String(), "✓ build send-email (5 of 6)")
}

// The versions of what the parts and we both link are the same, so that it is compiled once.
func TestPartsShareVersions(t *testing.T) {
	t.Parallel()

	ours, theirs := versions(t, filepath.Join("..", "go.mod")), versions(t, filepath.Join("parts", "go.mod"))
	for _, path := range []string{
		"google.golang.org/protobuf", "golang.org/x/sys", "golang.org/x/crypto", "github.com/klauspost/compress",
	} {
		if ours[path] == "" || ours[path] != theirs[path] {
			t.Errorf("%s is %q here and %q in local/parts", path, ours[path], theirs[path])
		}
	}
}

// versions are those of the modules that a go.mod requires.
func versions(t *testing.T, file string) map[string]string {
	t.Helper()
	listed, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(listed, &mod); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, r := range mod.Require {
		all[r.Path] = r.Version
	}
	return all
}
