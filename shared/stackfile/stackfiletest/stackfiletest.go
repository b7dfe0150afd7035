// Package stackfiletest gives tests our stack.yml without the owner's settings.
package stackfiletest

import (
	"os"
	"path/filepath"
	"testing"

	"handler/function/internal/sample"
)

// Write copies the stack.yml of Tillbell's folder, root, into a folder with the tests' settings,
// and gives its path.
func Write(t *testing.T, root string) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(root, "stack.yml"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "stack.yml")
	if err := os.WriteFile(file, source, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "settings.yml"), sample.Settings, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
