package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// place is between which lines of docs/performance.md a table stands.
type place struct{ begins, ends string }

var (
	tablePlace = place{"<!-- make bench writes from here -->", "<!-- to here -->"}
	salesPlace = place{"<!-- make bench writes whole sales from here -->", "<!-- whole sales to here -->"}
)

// Write puts the results into a folder of documents: performance.json, performance.svg, and the
// tables into performance.md, whose other text stays as it is. What was not measured stays as it is
// too.
func (r *Results) Write(docs string) error {
	read, err := os.ReadFile(filepath.Join(docs, "performance.md"))
	if err != nil {
		return err
	}
	page := string(read)
	if r.Sales != nil {
		if page, err = salesPlace.fill(page, r.Sales.Table()); err != nil {
			return err
		}
	}
	files := map[string]string{}
	if !r.salesOnly() {
		if page, err = tablePlace.fill(page, r.Table()); err != nil {
			return err
		}
		files["performance.svg"] = r.Plot()
	}
	files["performance.md"] = page
	if files["performance.json"], err = r.figures(filepath.Join(docs, "performance.json")); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(docs, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// figures are the results as JSON. Whole sales alone are laid over those that the file holds.
func (r *Results) figures(file string) (string, error) {
	all := r.all()
	if r.salesOnly() {
		var kept map[string]json.RawMessage
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &kept)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		for name, figures := range kept {
			if _, measured := all[name]; !measured {
				all[name] = figures
			}
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	return string(text) + "\n", err
}

// fill is a page with another table in the place of the one that it has.
func (p place) fill(page, table string) (string, error) {
	before, rest, begins := strings.Cut(page, p.begins)
	_, after, ends := strings.Cut(rest, p.ends)
	if !begins || !ends {
		return "", fmt.Errorf("docs/performance.md has no place for a table: want the lines %s and %s", p.begins, p.ends)
	}
	return before + p.begins + "\n\n" + strings.TrimSpace(table) + "\n\n" + p.ends + after, nil
}
