package ship

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/openfaas/go-sdk/stack"

	"handler/function/shared/console"
	"handler/function/shared/image"
)

func TestBinaries(t *testing.T) {
	t.Parallel()

	handler := t.TempDir()
	if err := os.WriteFile(filepath.Join(handler, "Dockerfile"), []byte("FROM scratch\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// A function of the language dockerfile is laid out without a template.
	services := &stack.Services{Functions: map[string]stack.Function{
		"a": {Name: "a", Handler: handler, Language: "dockerfile"}, "b": {Name: "b", Handler: handler, Language: "dockerfile"},
	}}
	out := filepath.Join(t.TempDir(), "build", "binaries")
	var said bytes.Buffer
	build := func(command string) error {
		b := &Building{services: services, below: t.TempDir(), steps: []image.Step{{Dir: ".", Command: command}}}
		return b.Binaries(t.Context(), console.To(&said), v1.Platform{OS: "linux", Architecture: "arm64"}, out)
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
	for _, want := range []string{"build and test a for linux/arm64", filepath.Join(out, "b") + ", 0.00 MB\n"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q does not say %q", said.String(), want)
		}
	}

	if err := build("echo broken; exit 3"); err == nil || !strings.HasPrefix(err.Error(), "build a: ") || !strings.Contains(err.Error(), "broken") {
		t.Errorf("error %v", err)
	}
	if got := read(t, filepath.Join(out, "a")); got != "linux arm64\n" {
		t.Errorf("a build that failed leaves %q", got)
	}
}
