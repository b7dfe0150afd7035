package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The table in docs/performance.md stands between these.
const (
	tableBegins = "<!-- make bench writes from here -->"
	tableEnds   = "<!-- to here -->"
)

// Write puts the results into a folder of documents: performance.json, performance.svg, and the table into
// performance.md, whose other text stays as it is.
func (r *Results) Write(docs string) error {
	figures, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	page, err := os.ReadFile(filepath.Join(docs, "performance.md"))
	if err != nil {
		return err
	}
	written, err := withTable(string(page), r.Table())
	if err != nil {
		return fmt.Errorf("docs/performance.md: %w", err)
	}
	for name, content := range map[string]string{"performance.json": string(figures) + "\n", "performance.svg": r.Plot(), "performance.md": written} {
		if err := os.WriteFile(filepath.Join(docs, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// withTable is a page with another table in the place of the one that it has.
func withTable(page, table string) (string, error) {
	before, rest, begins := strings.Cut(page, tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		return "", fmt.Errorf("it has no place for the table: want the lines %s and %s", tableBegins, tableEnds)
	}
	return before + tableBegins + "\n\n" + strings.TrimSpace(table) + "\n\n" + tableEnds + after, nil
}
