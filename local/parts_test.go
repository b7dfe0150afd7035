package main

import (
	"os"
	"path/filepath"
	"testing"
)

// Not parallel: a module is read from the working folder.
func TestStamp(t *testing.T) {
	t.Run("changes with each file that says what is built, and not by itself", func(t *testing.T) {
		t.Chdir(t.TempDir())
		m := module{folder: "parts"}
		write(t, "local/parts/go.mod", "module parts")
		write(t, "local/parts/go.sum", "sums")
		first := mustStamp(t, m)
		if mustStamp(t, m) != first {
			t.Error("it changed by itself")
		}
		write(t, "local/parts/go.sum", "other sums")
		second := mustStamp(t, m)
		write(t, "local/parts/go.mod", "module other")
		third := mustStamp(t, m)
		if first == second || second == third || first == third {
			t.Error("a change left it as it was")
		}
	})

	t.Run("says that this is not Tillbell's folder", func(t *testing.T) {
		t.Chdir(t.TempDir())
		_, err := module{folder: "parts"}.stamp()
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "not in Tillbell's folder?")
	})

	t.Run("is there for every module, and each of its tools is one of go.mod's", func(t *testing.T) {
		t.Chdir("..")
		for _, m := range []module{partsModule, extrasModule} {
			mustStamp(t, m)
			for _, tool := range m.tools {
				mod, err := os.ReadFile(filepath.Join("local", m.folder, "go.mod"))
				if err != nil {
					t.Fatal(err)
				}
				mustContain(t, string(mod), "/"+tool+"\n") // go build names a binary after the last part of its path
			}
		}
	})
}

func TestBuilt(t *testing.T) {
	t.Parallel()

	setup := func(t *testing.T) (m module, bin, kept string) {
		t.Helper()
		bin = t.TempDir()
		kept = filepath.Join(bin, "parts.built")
		write(t, kept, "stamp")
		write(t, filepath.Join(bin, "one"), "")
		write(t, filepath.Join(bin, "two"), "")
		return module{tools: []string{"one", "two"}}, bin, kept
	}

	t.Run("is true when the stamp and every tool are there", func(t *testing.T) {
		t.Parallel()

		m, bin, kept := setup(t)
		if !m.built(bin, kept, "stamp") {
			t.Error("built once more")
		}
	})

	t.Run("is false at another stamp", func(t *testing.T) {
		t.Parallel()

		m, bin, kept := setup(t)
		if m.built(bin, kept, "another") || m.built(bin, kept+".gone", "stamp") {
			t.Error("not built again")
		}
	})

	t.Run("is false when a tool is gone", func(t *testing.T) {
		t.Parallel()

		m, bin, kept := setup(t)
		if err := os.Remove(filepath.Join(bin, "two")); err != nil {
			t.Fatal(err)
		}
		if m.built(bin, kept, "stamp") {
			t.Error("not built again")
		}
	})
}

func mustStamp(t *testing.T, m module) string {
	t.Helper()
	stamp, err := m.stamp()
	if err != nil {
		t.Fatal(err)
	}
	return stamp
}
