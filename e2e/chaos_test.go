package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"handler/function/e2e/chaos"
	"handler/function/shared/runenv"
)

// TestChaos kills everything at random while purchases go on, and judges what came of it: a short
// `make chaos`, with a seed that is always the same. The leases of processes that died are ended.
func TestChaos(t *testing.T) {
	s := running(t)
	err := chaos.Run(t.Context(), chaos.Options{
		Purchases: 40, For: 20 * time.Second, Seed: 1, State: s.state, Expire: true, Say: t.Logf,
		Env: func() (map[string]string, error) { return runenv.Read(s.state) },
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestProveChaos is longer, by the command, and waits until leases expire.
func TestProveChaos(t *testing.T) {
	s := running(t)
	program := filepath.Join(t.TempDir(), "chaos")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./chaos/cmd").CombinedOutput(); err != nil {
		t.Fatalf("build ./chaos/cmd: %v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), program, "--state", s.state, "--purchases", "150", "--for", "60s", "--seed", "1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
