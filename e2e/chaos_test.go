package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestChaos kills everything at random while purchases go on, and judges what came of it: the short
// one of `make chaos`, with a seed that is always the same.
func TestChaos(t *testing.T) {
	s := running(t)
	chaos := exec.CommandContext(t.Context(), filepath.Join(s.state, "laptop"),
		"chaos", "--state", s.state, "--purchases", "150", "--for", "60s", "--seed", "1")
	out, err := chaos.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
