package main

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"handler/function/shared/stackfile"
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
	readYAML(t, "../stack.yml", &stack)
	return stack
}

func TestStack(t *testing.T) {
	t.Parallel()

	stack := ourStack(t)
	if len(stack.Functions) != 2 {
		t.Fatalf("it has %d functions", len(stack.Functions))
	}
	explained := read(t, "../docs/settings.md")
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

// TestSettings compares what the functions read with what docs/settings.md explains. settings.yml
// is the owner's, who may have removed anything.
func TestSettings(t *testing.T) {
	t.Parallel()

	var explained []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| [^|]+ \\| [^|]{10,} \\|$").FindAllStringSubmatch(read(t, "../docs/settings.md"), -1) {
		explained = append(explained, row[1])
	}
	slices.Sort(explained)
	known := settingsRead(t)
	// The laptop's own, and the platform's.
	delete(known, "template_ids")
	delete(known, "shop_folder")
	delete(known, "secret_mount_path")
	want := slices.Sorted(maps.Keys(known))
	if diff := cmp.Diff(want, explained); diff != "" {
		t.Errorf("what the functions read, and what docs/settings.md explains (-read +explained):\n%s", diff)
	}
	if diff := cmp.Diff(want, stackfile.Known); diff != "" {
		t.Errorf("what the functions read, and what settings.yml may have (-read +known):\n%s", diff)
	}
}

// settingsRead are the names by which the functions' sources read settings.
func settingsRead(t *testing.T) map[string]bool {
	t.Helper()
	var source strings.Builder
	for _, folder := range []string{"internal/mongodb", "internal/openfaas", "stripe-webhook", "send-email"} {
		files, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") {
				source.WriteString(read(t, f))
			}
		}
	}
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`\.(?:String|Choice|Bool|Duration|Days|Float|URL)\(\s*(?:"([a-z_]+)"|([a-z][A-Za-z]+))[,)]`).FindAllStringSubmatch(source.String(), -1) {
		name := m[1]
		if name == "" {
			constant := regexp.MustCompile(`\b` + m[2] + `\s*=\s*"([a-z_]+)"`).FindStringSubmatch(source.String())
			if constant == nil {
				continue // the parameter of a method
			}
			name = constant[1]
		}
		names[name] = true
	}
	return names
}
