package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestWorkflowChecks runs the steps of the GitHub workflow that look at the server before and after
// it deploys, as they are, against the running system.
func TestWorkflowChecks(t *testing.T) {
	s := running(t)
	b, err := os.ReadFile("../.github/workflows/tillbell.yml")
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct{ Name, Run string }
		}
	}
	if err := yaml.Unmarshal(b, &workflow); err != nil {
		t.Fatal(err)
	}
	check := func(t *testing.T, name string) error {
		t.Helper()
		for _, step := range workflow.Jobs["deploy"].Steps {
			if step.Name != name {
				continue
			}
			dir := t.TempDir() // where the step leaves its files
			local, err := filepath.Abs("../.local")
			if err == nil {
				err = os.Symlink(local, dir+"/.local")
			}
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "bash", "-e", "-o", "pipefail", "-c", step.Run)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "OPENFAAS_URL="+s.env["GATEWAY_URL"], "OPENFAAS_CONFIG="+t.TempDir())
			out, err := cmd.CombinedOutput()
			t.Logf("%s", out)
			return err
		}
		t.Fatalf("there is no step %q", name)
		return nil
	}
	t.Run("find nothing wrong where all is well", func(t *testing.T) {
		for _, name := range []string{"See that every secret is there", "See that it refuses what is not signed"} {
			if err := check(t, name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("stop where a secret is missing", func(t *testing.T) {
		key := s.secret(t, "send-email-key")
		s.faas(t, "", "secret", "remove", "send-email-key")
		defer func() { s.faas(t, key, "secret", "create", "send-email-key") }()
		if err := check(t, "See that every secret is there"); err == nil {
			t.Error("no error")
		}
	})
}
