package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"handler/function/ops/target"
)

func TestCheckCommitted(t *testing.T) {
	t.Parallel()

	folder := t.TempDir()
	check := func(tellOnly bool) (string, error) {
		var out strings.Builder
		err := checkCommitted(t.Context(), &out, &target.Target{StackFile: filepath.Join(folder, "stack.yml")}, tellOnly)
		return out.String(), err
	}
	if out, err := check(false); err != nil || out != "– whether all is committed: not looked at: this folder is no git repository\n" {
		t.Errorf("without a repository: %v, %q", err, out)
	}
	if out, err := exec.CommandContext(t.Context(), "git", "init", "-q", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := check(false); err != nil || out != "" {
		t.Errorf("with nothing in it: %v, %q", err, out)
	}
	if err := os.WriteFile(filepath.Join(folder, "settings.yml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := check(false); err == nil || !strings.HasPrefix(err.Error(), "nothing was deployed: these files are not committed") || !strings.Contains(err.Error(), "\n  settings.yml\n") || out != "" {
		t.Errorf("refused with %v, %q", err, out)
	}
	if out, err := check(true); err != nil || out != "– not committed: settings.yml\n" {
		t.Errorf("told: %v, %q", err, out)
	}
}
