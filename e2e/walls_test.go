package e2e

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "handler/function/"

// walls are what each top folder may import of ours, beside itself: a folder, or a package.
// docs/architecture.md shows the same table.
var walls = map[string][]string{
	"internal":       {},
	"stripe-webhook": {"internal"},
	"send-email":     {"internal"},
	"shared":         {"internal"},
	"cmd":            {"internal", "shared"},
	"local":          {"internal", "shared"},
	"e2e":            {"internal", "shared", "cmd", "local", "send-email", "stripe-webhook"},
}

// testWalls are what tests may import beyond that: the owner's program is tested against the
// laptop's mocks and database.
var testWalls = map[string][]string{"cmd": {"local"}}

// TestWalls compares every import, also of tests, with the tables.
func TestWalls(t *testing.T) {
	t.Parallel()

	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		from := strings.TrimPrefix(p.ImportPath, module)
		top, _, _ := strings.Cut(from, "/")
		may, known := walls[top]
		if !known {
			t.Errorf("%s is in no folder of the table", from)
		}
		seen[top] = true
		may = append(slices.Clone(may), top)
		mustStayIn(t, from, p.Imports, may)
		mustStayIn(t, from+", in its tests,", slices.Concat(p.TestImports, p.XTestImports), append(may, testWalls[top]...))
	}
	if len(seen) != len(walls) {
		t.Errorf("packages of %d folders are seen, of %d in the table", len(seen), len(walls))
	}
	// The order imports the standard library alone.
	out, err = exec.CommandContext(t.Context(), "go", "list", "-f", `{{join .Imports "\n"}}`, module+"internal/order").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, imported := range strings.Fields(string(out)) {
		if first, _, _ := strings.Cut(imported, "/"); strings.Contains(first, ".") || strings.HasPrefix(imported, module) {
			t.Errorf("internal/order imports %s", imported)
		}
	}
}

// TestTimeZones: the programs that read a shop's time zone have a database of zones of their own, as
// the functions' image has none. The webhook reads none, and is smaller without.
func TestTimeZones(t *testing.T) {
	t.Parallel()

	for program, want := range map[string]bool{"send-email": true, "cmd/tillbell": true, "local": true, "stripe-webhook": false} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module+program).Output()
		if err != nil {
			t.Fatal(err)
		}
		if has := slices.Contains(strings.Fields(string(out)), "time/tzdata"); has != want {
			t.Errorf("%s has the zones: %v, want %v", program, has, want)
		}
	}
}

// mustStayIn fails if an import of ours is in none of the folders.
func mustStayIn(t *testing.T, from string, imports, folders []string) {
	t.Helper()
	for _, to := range imports {
		to, ours := strings.CutPrefix(to, module)
		if ours && !slices.ContainsFunc(folders, func(folder string) bool { return inFolder(to, folder) }) {
			t.Errorf("%s imports %s", from, to)
		}
	}
}

// inFolder reports whether a package is in a folder.
func inFolder(pkg, folder string) bool { return pkg == folder || strings.HasPrefix(pkg, folder+"/") }
