package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestSlimProgram: the program that make run builds links nothing that only owners need.
func TestSlimProgram(t *testing.T) {
	t.Parallel()

	deps, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, unwanted := range []string{
		"google/go-containerregistry/pkg/v1/remote\n", "docker/cli/", "/cmd/", "/e2e/", "spf13/cobra\n",
	} {
		if strings.Contains(string(deps), unwanted) {
			t.Errorf("it links %s", strings.TrimSpace(unwanted))
		}
	}
}
