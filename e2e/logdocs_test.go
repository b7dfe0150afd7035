package e2e

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"handler/function/internal/mongodb"
)

// What is logged at these levels is for somebody to read who was not there when it was written.
var warned = regexp.MustCompile(`\.(?:Warn|Error)\(\s*"([^"]+)"`)

// TestLogMessagesAreExplained: docs/operations.md says of each warning and error of the functions
// what to do.
func TestLogMessagesAreExplained(t *testing.T) {
	t.Parallel()

	doc, err := os.ReadFile(filepath.Join("..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range mongodb.Faults() {
		if !strings.Contains(string(doc), "| `"+fault.Error()+"` |") {
			t.Errorf("nothing is said of the answer %q", fault)
		}
	}
	seen := 0
	for _, folder := range []string{"internal", "stripe-webhook", "send-email", "template"} {
		err := filepath.WalkDir(filepath.Join("..", folder), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := os.ReadFile(path)
			for _, m := range warned.FindAllStringSubmatch(string(source), -1) {
				seen++
				beginning, _, _ := strings.Cut(strings.ReplaceAll(m[1], ",", ";"), ";") // the table may leave out the rest
				if !strings.Contains(string(doc), "`"+beginning) {
					t.Errorf("%s logs %q, of which nothing is said", path, m[1])
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
