package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The program that make run builds has the laptop's commands and links nothing that it does not
// need.
func TestSlimProgram(t *testing.T) {
	t.Parallel()

	deps, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "laptop", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, unwanted := range []string{
		"google/go-containerregistry/pkg/v1/remote\n", "docker/cli/", "/cmd/tillbell/oci\n", "/cmd/tillbell/publish\n", "/local/content\n", "/e2e/",
	} {
		if strings.Contains(string(deps), unwanted) {
			t.Errorf("it links %s", strings.TrimSpace(unwanted))
		}
	}

	program := filepath.Join(t.TempDir(), "local")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "laptop", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	help, err := exec.CommandContext(t.Context(), program, "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range commands {
		mustContain(t, string(help), "local "+name+" ")
	}
	for name := range moreCommands {
		if strings.Contains(string(help), name) {
			t.Errorf("it offers %s", name)
		}
		out, err := exec.CommandContext(t.Context(), program, name).CombinedOutput()
		if err == nil {
			t.Errorf("it has %s", name)
		}
		mustContain(t, string(out), "no command")
	}
}
