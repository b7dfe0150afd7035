package e2e

import (
	"bytes"
	"debug/buildinfo"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openfaas/go-sdk/builder"
	"github.com/openfaas/go-sdk/stack"

	"handler/function/shared/image"
)

// TestProveImages lays both functions out as faas-cli does, and runs the steps of the images: under
// our template, and under the classic one whose place it takes.
func TestProveImages(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(root) // the builder looks for what stack.yml copies here
	services, err := stack.ParseYAMLFile("stack.yml", "", "", true)
	if err != nil {
		t.Fatal(err)
	}
	if len(services.Functions) != 2 {
		t.Fatalf("stack.yml has %d functions, want 2", len(services.Functions))
	}
	for _, templates := range []string{"template", filepath.Join("shared", "image", "testdata", "classic")} {
		dockerfile, err := os.ReadFile(filepath.Join(templates, "golang-http", "Dockerfile"))
		if err != nil {
			t.Fatal(err)
		}
		steps, err := image.BuildSteps(dockerfile)
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range services.Functions {
			t.Run(name+" under "+templates, func(t *testing.T) {
				dir, err := builder.CreateBuildContext(name, f.Handler, f.Language, services.StackConfiguration.CopyExtraPaths,
					builder.WithTemplateDir(templates), builder.WithBuildDir(t.TempDir()))
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				if err := image.Run(t.Context(), dir, steps, nil, &out); err != nil {
					t.Fatalf("%v\n%s", err, out.String())
				}
				info, err := os.Stat(filepath.Join(dir, "handler"))
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%s is %.1f MB", name, float64(info.Size())/1e6)
				// What must not reach an image would show in its size; each is far below this.
				if info.Size() > 20e6 {
					t.Errorf("the binary has %d bytes, want under 20 MB", info.Size())
				}
				reachesNoImage(t, filepath.Join(dir, "handler"))
				if !strings.Contains(out.String(), "go test") {
					t.Error("no tests were run")
				}
			})
		}
	}
}

// reachesNoImage looks for what only the laptop may need.
func reachesNoImage(t *testing.T, binary string) {
	t.Helper()
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	if len(info.Deps) == 0 {
		t.Error("it has no modules, it says")
	}
	for _, m := range info.Deps {
		for _, name := range []string{"lungo", "FerretDB", "go-containerregistry", "docker", "kin-openapi", "faas-provider", "go-sdk", "go-udiff"} {
			if strings.Contains(m.Path, name) {
				t.Errorf("the module %s is in it", m.Path)
			}
		}
	}
}
