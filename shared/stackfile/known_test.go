package stackfile

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheckSettings(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct{ settings, want string }{
		"none":                          {"environment:\n", ""},
		"ours, the platform's and Go's": {"environment:\n  sweep_rate: 5\n  max_inflight: 10\n  GOGC: 50\n", ""},
		"one misspelt":                  {"# mine\nenvironment:\n  log_level: info\n  sweep_intervall: 5m\n", "FILE:4: no function reads sweep_intervall: did you mean sweep_interval?"},
		"a tab":                         {"environment:\n\tlog_level: info\n", "FILE:2: this line is indented by a tab: indent by spaces"},
		"values that no function can use": {"environment:\n  log_level: loud\n  sweep_interval: soon\n",
			"FILE:2: log_level is \"loud\": want debug, info, warn or error\nFILE:3: sweep_interval is \"soon\": want a time span such as 30m, 12h, 3d or 2w, or 0"},
		"two that there are not": {"environment:\n  colour: red\n  acept_test_event: x\n",
			"FILE:2: no function reads colour\nFILE:3: no function reads acept_test_event: did you mean accept_test_events?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			file, got := filepath.Join(t.TempDir(), "settings.yml"), ""
			if err := os.WriteFile(file, []byte(c.settings), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := CheckSettings(file); err != nil {
				got = err.Error()
			}
			if d := cmp.Diff(strings.ReplaceAll(c.want, "FILE", file), got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestKnown compares what the functions read with what docs/settings.md explains. settings.yml
// is the owner's, who may have removed anything.
func TestKnown(t *testing.T) {
	t.Parallel()

	var explained []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| [^|]+ \\| [^|]{10,} \\|$").FindAllStringSubmatch(read(t, "../../docs/settings.md"), -1) {
		explained = append(explained, row[1])
	}
	slices.Sort(explained)
	inSource := settingsRead(t)
	// The laptop's own, and the platform's.
	delete(inSource, "template_ids")
	delete(inSource, "shop_folder")
	delete(inSource, "secret_mount_path")
	want := slices.Sorted(maps.Keys(inSource))
	if diff := cmp.Diff(want, explained); diff != "" {
		t.Errorf("what the functions read, and what docs/settings.md explains (-read +explained):\n%s", diff)
	}
	if diff := cmp.Diff(want, known()); diff != "" {
		t.Errorf("what the functions read, and what settings.yml may have (-read +known):\n%s", diff)
	}
}

// settingsRead are the names by which the functions' sources read settings.
func settingsRead(t *testing.T) map[string]bool {
	t.Helper()
	var source strings.Builder
	for _, folder := range []string{"internal/mongodb", "internal/openfaas", "internal/settings", "stripe-webhook", "send-email"} {
		files, err := filepath.Glob(filepath.Join("..", "..", folder, "*.go"))
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
	for _, m := range regexp.MustCompile(`\.(?:String|Choice|Bool|Duration|Days|Float|URL|SecretURL)\(\s*(?:"([a-z_]+)"|([A-Za-z]+))[,)]`).FindAllStringSubmatch(source.String(), -1) {
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

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
