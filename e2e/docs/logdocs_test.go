package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"handler/function/internal/mongodb"
)

// warned is a log call at the levels that docs/operations.md explains.
var warned = regexp.MustCompile(`\.(?:Warn|Error)\(\s*"([^"]+)"`)

// TestLogMessagesAreExplained compares docs/operations.md, which says what to do about each warning
// and error, with what the functions log.
func TestLogMessagesAreExplained(t *testing.T) {
	t.Parallel()

	doc := read(t, filepath.Join(root, "docs", "operations.md"))
	for _, fault := range mongodb.Faults() {
		if !strings.Contains(doc, "| `"+fault.Error()+"` |") {
			t.Errorf("docs/operations.md does not explain the answer %q", fault)
		}
	}
	seen := 0
	for _, folder := range []string{"internal", "stripe-webhook", "send-email", "template"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, m := range warned.FindAllStringSubmatch(string(source), -1) {
				seen++
				beginning, _, _ := strings.Cut(strings.ReplaceAll(m[1], ",", ";"), ";") // the table may leave out the rest
				if !strings.Contains(doc, "`"+beginning) {
					t.Errorf("%s logs %q, which docs/operations.md does not explain", path, m[1])
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 30 {
		t.Errorf("only %d messages are found", seen)
	}
}
