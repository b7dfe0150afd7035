package stackfile

import (
	"os"
	"path/filepath"
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
