package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"handler/function/cmd/tillbell/target"
	"handler/function/shared/stackfile/stackfiletest"
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
	if err := os.MkdirAll(filepath.Join(folder, "docs", "deploy"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "docs", "deploy", "home.Caddyfile"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	home := &target.Target{StackFile: filepath.Join(folder, "stack.yml"), Platform: target.Compose}
	if err := checkCommitted(t.Context(), &out, home, true); err != nil || out.String() != "– not committed: docs/deploy/home.Caddyfile, settings.yml\n" {
		t.Errorf("told without OpenFaaS: %v, %q", err, out.String())
	}
	if out, err := check(true); err != nil || out != "– not committed: settings.yml\n" {
		t.Errorf("told: %v, %q", err, out)
	}
}

// Not parallel: a tag comes from the environment.
func TestCheckNames(t *testing.T) {
	file := stackfiletest.Write(t, "../..")
	for _, tt := range []struct {
		platform, registry, tag, says string
	}{
		{"openfaas", "", "v1", "set REGISTRY"},
		{"openfaas", "ghcr.io/you", "v1", ""},
		{"compose", "", "v1", "set REGISTRY"},
		{"compose", "ghcr.io/you", "v1", ""},
		{"compose", "ghcr.io/you", "../v1", `TAG is "../v1"`},
		{"systemd", "", "v1", ""},
		{"systemd", "", "", ""},
		{"systemd", "", "v 1", `TAG is "v 1"`},
	} {
		t.Run(tt.platform+" "+tt.registry+" "+tt.tag, func(t *testing.T) {
			for name, value := range map[string]string{"PLATFORM": tt.platform, "SERVER": "root@shop.example.com", "REGISTRY": "", "TAG": tt.tag, "GATEWAY_URL": ""} {
				t.Setenv(name, value)
			}
			env := filepath.Join(t.TempDir(), ".env")
			if err := os.WriteFile(env, []byte("REGISTRY="+tt.registry+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			found, err := target.Flags{Laptop: t.TempDir(), Stack: file, DotEnv: env}.Find()
			if err != nil {
				t.Fatal(err)
			}
			err = checkNames(found)
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("error %v, want %q", err, tt.says)
			}
		})
	}
}
