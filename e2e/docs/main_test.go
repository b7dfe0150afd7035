// Package docs tests the pages against the code, and the files that docs/deploy gives an owner,
// stack.yml and the GitHub workflow with the programs that read them, and against each other.
package docs

import (
	"os"
	"testing"

	"go.yaml.in/yaml/v3"

	"handler/function/local/process"
)

// root is the repository.
const root = "../.."

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func readYAML(t *testing.T, name string, v any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, name)), v); err != nil {
		t.Fatal(err)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := process.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return address
}
