package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestChaos kills everything at random while purchases go on, and judges what came of it: a short
// `make chaos`, with a seed that is always the same.
func TestChaos(t *testing.T) { playChaos(t, "40", "15s") }

// TestProveChaos is longer.
func TestProveChaos(t *testing.T) { playChaos(t, "150", "60s") }

func playChaos(t *testing.T, purchases, over string) {
	t.Helper()
	s := running(t)
	cmd := exec.CommandContext(t.Context(), filepath.Join(s.state, "laptop"),
		"chaos", "--state", s.state, "--purchases", purchases, "--for", over, "--seed", "1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
