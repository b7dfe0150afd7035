package docs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// gatewayTimeout is that of the gateway, upstream_timeout, on faasd and in the chart for
// Kubernetes.
const gatewayTimeout = time.Minute

// stackYAML is stack.yml as it is written, with no variable replaced.
type stackYAML struct {
	Functions map[string]struct {
		Image           string
		Environment     map[string]string
		EnvironmentFile []string `yaml:"environment_file"`
		Secrets         []string
		Limits          struct{ Memory string }
		Labels          map[string]string
		Annotations     map[string]string
	}
}

func ourStack(t *testing.T) (stack stackYAML) {
	t.Helper()
	readYAML(t, "../../stack.yml", &stack)
	return stack
}

func TestStack(t *testing.T) {
	t.Parallel()

	stack := ourStack(t)
	if len(stack.Functions) != 2 {
		t.Fatalf("it has %d functions", len(stack.Functions))
	}
	explained := read(t, "../../docs/settings.md")
	for name, f := range stack.Functions {
		t.Run(name+" is named by the environment, and set by one file", func(t *testing.T) {
			t.Parallel()

			if want := "${REGISTRY:-registry.invalid/tillbell}/" + name + ":${TAG:-latest}"; f.Image != want {
				t.Errorf("image %s, want %s", f.Image, want)
			}
			if !slices.Equal(f.EnvironmentFile, []string{"settings.yml"}) {
				t.Errorf("settings from %v", f.EnvironmentFile)
			}
		})
		t.Run(name+" has timeouts that fit into each other", func(t *testing.T) {
			t.Parallel()

			last := time.Duration(0)
			for _, key := range []string{"healthcheck_interval", "read_timeout", "write_timeout", "exec_timeout"} {
				d, err := time.ParseDuration(f.Environment[key])
				if err != nil || d <= 0 {
					t.Fatalf("%s: %v, %v", key, d, err)
				}
				if d < last {
					t.Errorf("%s is %v, shorter than what has to fit into it, %v", key, d, last)
				}
				last = d
			}
			if last >= gatewayTimeout {
				t.Errorf("exec_timeout is %v, and the gateway's own %v", last, gatewayTimeout)
			}
			if f.Environment["healthcheck_interval"] != "1s" {
				t.Error("a redeploy takes longer than it must")
			}
		})
		t.Run(name+" has a limit, never scales to zero, and only secrets that settings.md explains", func(t *testing.T) {
			t.Parallel()

			if f.Limits.Memory != "64Mi" || f.Labels["com.openfaas.scale.min"] != "1" {
				t.Errorf("limit %q, labels %v", f.Limits.Memory, f.Labels)
			}
			for _, s := range f.Secrets {
				if !strings.Contains(explained, "| `"+s+"` |") {
					t.Errorf("docs/settings.md does not explain %s", s)
				}
			}
		})
	}
	want := map[string]string{"topic": "cron-function", "schedule": "*/5 * * * *"}
	if diff := cmp.Diff(want, stack.Functions["send-email"].Annotations); diff != "" {
		t.Errorf("what wakes send-email (-want +got):\n%s", diff)
	}
}
