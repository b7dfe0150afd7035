package function

import (
	"os"
	"path/filepath"
	"testing"
)

// writeSecrets makes a folder as the platform mounts it.
func writeSecrets(t testing.TB, secrets map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range secrets {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
