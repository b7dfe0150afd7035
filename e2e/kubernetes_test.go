package e2e

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/openfaas/go-sdk/stack"
	"go.yaml.in/yaml/v3"
)

// function is a Function of OpenFaaS's operator, as far as stack.yml says what is in it.
type function struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name, Namespace string }
	Spec       struct {
		Name, Image         string
		Environment         map[string]string
		Labels, Annotations map[string]string
		Limits              struct{ Memory, CPU string }
		Secrets             []string
	}
}

// TestGenerate runs the command of docs/kubernetes.md with the real faas-cli, and compares what
// comes out with stack.yml and settings.yml.
func TestGenerate(t *testing.T) {
	s := running(t) // builds faas-cli
	doc, err := os.ReadFile("../docs/kubernetes.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?m)^(.* generate .*) > functions\.yml$`).FindSubmatch(doc)
	if command == nil {
		t.Fatal("docs/kubernetes.md does not say how to generate")
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", string(command[1]))
	cmd.Dir = s.root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]function{}
	for documents := yaml.NewDecoder(bytes.NewReader(out)); ; {
		var f function
		if err := documents.Decode(&f); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		got[f.Metadata.Name] = f
	}

	t.Setenv("REGISTRY", "ghcr.io/you")
	t.Setenv("TAG", "v1")
	services, err := stack.ParseYAMLFile(filepath.Join(s.root, "stack.yml"), "", "", true)
	if err != nil {
		t.Fatal(err)
	}
	settings, err := os.ReadFile(filepath.Join(s.root, "settings.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var file stack.EnvironmentFile
	if err := yaml.Unmarshal(settings, &file); err != nil {
		t.Fatal(err)
	}
	want := map[string]function{}
	for name, f := range services.Functions {
		var w function
		w.APIVersion, w.Kind = "openfaas.com/v1", "Function"
		w.Metadata.Name, w.Metadata.Namespace = name, "openfaas-fn"
		w.Spec.Name, w.Spec.Image = name, "ghcr.io/you/"+name+":v1"
		w.Spec.Environment = maps.Clone(f.Environment)
		maps.Copy(w.Spec.Environment, file.Environment)
		w.Spec.Labels, w.Spec.Secrets, w.Spec.Limits.Memory = *f.Labels, f.Secrets, f.Limits.Memory
		if f.Annotations != nil {
			w.Spec.Annotations = *f.Annotations
		}
		want[name] = w
	}
	if len(want) != 2 {
		t.Errorf("stack.yml has %d functions", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what faas-cli generates of stack.yml (-want +got):\n%s", diff)
	}
	if len(want["send-email"].Spec.Annotations) == 0 || len(file.Environment) == 0 {
		t.Error("there are no annotations or no settings to compare")
	}
}
