package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/openfaas/go-sdk/stack"

	"handler/function/shared/image"
)

func TestBinaries(t *testing.T) {
	t.Parallel()

	handler := t.TempDir()
	write(t, filepath.Join(handler, "Dockerfile"), "FROM scratch\n")
	// A function of the language dockerfile is laid out without a template.
	services := &stack.Services{Functions: map[string]stack.Function{
		"a": {Name: "a", Handler: handler, Language: "dockerfile"}, "b": {Name: "b", Handler: handler, Language: "dockerfile"},
	}}
	out := filepath.Join(t.TempDir(), "build", "binaries")
	c, said := quiet(t)
	build := func(command string) error {
		b := &building{services: services, below: t.TempDir(), steps: []image.Step{{Dir: ".", Command: command}}}
		return b.binaries(t.Context(), c, v1.Platform{OS: "linux", Architecture: "arm64"}, out)
	}
	if err := build(`echo "$TARGETOS $TARGETARCH" >handler && chmod 755 handler`); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		info, err := os.Stat(filepath.Join(out, name))
		if err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%v, %v", info, err)
		}
		if got := read(t, filepath.Join(out, name)); got != "linux arm64\n" {
			t.Errorf("%s is built for %q", name, got)
		}
	}
	mustContain(t, said.String(), "build and test a for linux/arm64", filepath.Join(out, "b"))

	if err := build("echo broken; exit 3"); err == nil || !strings.HasPrefix(err.Error(), "build a: ") || !strings.Contains(err.Error(), "broken") {
		t.Errorf("error %v", err)
	}
	if got := read(t, filepath.Join(out, "a")); got != "linux arm64\n" {
		t.Errorf("a build that failed leaves %q", got)
	}
}

func TestBinariesCommand(t *testing.T) {
	t.Parallel()

	err := dispatch(t.Context(), []string{"binaries", "--state", t.TempDir(), "--platform", "linux/amd64,linux/arm64"})
	if err == nil {
		t.Fatal("no error")
	}
	mustContain(t, err.Error(), "PLATFORMS: ", "want linux/amd64")
}
