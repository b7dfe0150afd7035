package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestGuideCloudInit reads what a new server is given.
func TestGuideCloudInit(t *testing.T) {
	t.Parallel()

	source := read(t, "../../docs/deploy/cloud-init.yaml")
	if !strings.HasPrefix(source, "#cloud-config\n") {
		t.Error("its first line is not the one that cloud-init knows it by")
	}
	var config struct {
		PackageUpdate  bool `yaml:"package_update"`
		PackageUpgrade bool `yaml:"package_upgrade"`
		Packages       []string
		Runcmd         []string
	}
	decoder := yaml.NewDecoder(strings.NewReader(source))
	decoder.KnownFields(true)
	if err := decoder.Decode(&config); err != nil {
		t.Fatal(err)
	}
	closed, installed := slices.Index(config.Runcmd, "ufw --force enable"), -1
	for i, line := range config.Runcmd {
		if out, err := exec.Command("sh", "-n", "-c", line).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", line, out)
		}
		if strings.Contains(line, "install.sh") {
			installed = i
		}
		if program, _, _ := strings.Cut(line, " "); (program == "ufw" || program == "git") && !slices.Contains(config.Packages, program) {
			t.Errorf("%s is not installed", program)
		}
		if strings.HasPrefix(line, "ufw allow ") && !slices.Contains([]string{"ufw allow OpenSSH", "ufw allow 80/tcp", "ufw allow 443/tcp", "ufw allow in on openfaas0"}, line) {
			t.Errorf("%s: what for?", line)
		}
	}
	if !slices.Contains(config.Runcmd, "ufw default deny incoming") || closed < 0 || closed > installed {
		t.Errorf("the firewall is closed by line %d, and faasd installed by line %d", closed, installed)
	}
}

// faasdCompose is laid out as faasd's docker-compose.yaml, with the lines that matter here.
const faasdCompose = `version: "3.7"
services:
  nats:
    image: docker.io/library/nats-streaming:0.25.6
    command:
      - "--store=file"

  gateway:
    image: ghcr.io/openfaas/gateway:0.27.13
    environment:
      - basic_auth=true
    depends_on:
      - nats
    ports:
       - "8080:8080"

  queue-worker:
    image: ghcr.io/openfaas/queue-worker:0.14.2
    environment:
      - ack_wait=5m5s
      - write_debug=false
    cap_add:
      - CAP_NET_RAW
    depends_on:
      - nats
`

// faasdService is one of faasd's, as far as it is looked at here.
type faasdService struct {
	Image              string
	Environment, Ports []string
	DependsOn          []string `yaml:"depends_on"`
}

func TestGuideCompose(t *testing.T) {
	t.Parallel()

	setup := func(t *testing.T, source string) (file string, run func() (string, error)) {
		file = filepath.Join(t.TempDir(), "docker-compose.yaml")
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		return file, func() (string, error) {
			out, err := exec.CommandContext(t.Context(), "sh", "../../docs/deploy/compose.sh", file).CombinedOutput()
			return string(out), err
		}
	}

	t.Run("cures the queue, keeps the gateway to the server, and adds the timer", func(t *testing.T) {
		t.Parallel()

		file, run := setup(t, faasdCompose)
		if out, err := run(); err != nil || !strings.Contains(out, "is changed") {
			t.Fatalf("%v %s", err, out)
		}
		changed := read(t, file)
		var compose struct{ Services map[string]faasdService }
		if err := yaml.Unmarshal([]byte(changed), &compose); err != nil {
			t.Fatal(err)
		}
		worker, gateway, timer := compose.Services["queue-worker"], compose.Services["gateway"], compose.Services["cron-connector"]
		if !slices.Equal(worker.Environment, []string{"ack_wait=5m5s", "write_debug=true"}) || !slices.Contains(worker.DependsOn, "gateway") || !slices.Contains(worker.DependsOn, "nats") {
			t.Errorf("the queue worker is %+v", worker)
		}
		if !slices.Equal(gateway.Ports, []string{"127.0.0.1:8080:8080"}) || !slices.Equal(gateway.DependsOn, []string{"nats"}) {
			t.Errorf("the gateway is %+v", gateway)
		}
		if !slices.Contains(timer.Environment, "async_invocation=false") || !slices.Equal(timer.DependsOn, []string{"gateway"}) {
			t.Errorf("the timer is %+v", timer)
		}
		if before := read(t, file+".before"); before != faasdCompose {
			t.Error("what it was is not kept")
		}
		if out, err := run(); err != nil || !strings.Contains(out, "is as it should be") || read(t, file) != changed {
			t.Errorf("a second time it says %v %s", err, out)
		}
	})

	for _, line := range []string{"write_debug=false", `"8080:8080"`, "depends_on:\n      - nats\n", "  queue-worker:"} {
		t.Run("leaves a file alone that has no "+line, func(t *testing.T) {
			t.Parallel()

			i := strings.LastIndex(faasdCompose, line)
			source := faasdCompose[:i] + "x" + faasdCompose[i+len(line):]
			file, run := setup(t, source)
			if out, err := run(); err == nil || !strings.Contains(out, "✗") || read(t, file) != source {
				t.Errorf("it says %v %s", err, out)
			}
			if left, _ := filepath.Glob(file + ".*"); left != nil {
				t.Errorf("it leaves %v", left)
			}
		})
	}
}
