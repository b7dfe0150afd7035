package docs

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"handler/function/internal/catalogue"
	"handler/function/internal/condition"
)

// end is a row of the table of docs/reliability.md: a way in which a sale ends without its e-mails.
type end struct {
	what, by string
	kinds    []string
	// tests are the names of tests, and of their files.
	tests [][2]string
}

var (
	kindForm = regexp.MustCompile("`([a-z-]+)`")
	testForm = regexp.MustCompile("\\[`(Test\\w+)`\\]\\(\\.\\./([^)]+)\\)")
)

// readEnds reads the table.
func readEnds(t *testing.T) []end {
	t.Helper()
	_, section, found := strings.Cut(read(t, filepath.Join(root, "docs", "reliability.md")), "\n## How a sale ends without its e-mails\n")
	section, _, _ = strings.Cut(section, "\n## ")
	_, rows, table := strings.Cut(section, "|---|---|---|---|---|\n")
	if !found || !table {
		t.Fatal("docs/reliability.md has no table of how a sale ends")
	}
	var ends []end
	for line := range strings.Lines(rows) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 5 {
			continue
		}
		e := end{what: strings.TrimSpace(cells[0]), by: cells[2]}
		for _, m := range kindForm.FindAllStringSubmatch(cells[1], -1) {
			e.kinds = append(e.kinds, m[1])
		}
		for _, m := range testForm.FindAllStringSubmatch(cells[4], -1) {
			e.tests = append(e.tests, [2]string{m[1], m[2]})
		}
		ends = append(ends, e)
	}
	return ends
}

// reportedBy is how the code reports each kind of notice and of condition.
func reportedBy() map[string]string {
	by := map[string]string{}
	for _, kind := range catalogue.NoticeKinds() {
		by[string(kind)] = "notice"
		if kind.Alerts() {
			by[string(kind)] = "notice, alert"
		}
	}
	for _, kind := range condition.Kinds() {
		by[string(kind)] = "alert"
		if kind.ByEmail() && !slices.Contains(condition.OfDatabase(), kind) {
			by[string(kind)] = "alert, notice"
		}
	}
	return by
}

// TestEveryEndIsInTheTable compares the table with the kinds of notices, alerts and conditions.
func TestEveryEndIsInTheTable(t *testing.T) {
	t.Parallel()

	by, shown := reportedBy(), map[string]bool{}
	for _, e := range readEnds(t) {
		for _, kind := range e.kinds {
			shown[kind] = true
			if want, known := by[kind]; !known || e.by != want {
				t.Errorf("%s: %s is reported by %q, want %q", e.what, kind, e.by, want)
			}
		}
	}
	for kind := range by {
		if !shown[kind] {
			t.Errorf("docs/reliability.md has no row for %s", kind)
		}
	}
}

// TestEveryEndHasATest wants each row to name tests that there are.
func TestEveryEndHasATest(t *testing.T) {
	t.Parallel()

	ends := readEnds(t)
	if len(ends) < 20 {
		t.Fatalf("only %d rows", len(ends))
	}
	for _, e := range ends {
		if len(e.tests) == 0 {
			t.Errorf("%s: no test", e.what)
		}
		for _, test := range e.tests {
			if !strings.Contains(read(t, filepath.Join(root, test[1])), "\nfunc "+test[0]+"(") {
				t.Errorf("%s: %s has no %s", e.what, test[1], test[0])
			}
		}
	}
}
