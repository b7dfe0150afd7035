package docs

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"handler/function/internal/condition"
)

// TestConditionsAreExplained compares the table in docs/operations.md with the kinds of conditions.
func TestConditionsAreExplained(t *testing.T) {
	t.Parallel()

	doc := read(t, filepath.Join(root, "docs", "operations.md"))
	_, section, _ := strings.Cut(doc, "\n## What keeps the shop from working\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, kind := range condition.Kinds() {
		row := fmt.Sprintf("| `%s` | %s | %s |\n", kind, kind.Title(), kind.Remedy())
		if !strings.Contains(section, row) {
			t.Errorf("docs/operations.md lacks the row %s", row)
		}
	}
	if rows := strings.Count(section, "\n| `"); rows != len(condition.Kinds()) {
		t.Errorf("%d rows for %d kinds", rows, len(condition.Kinds()))
	}
}
