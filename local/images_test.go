package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestImages(t *testing.T) {
	t.Parallel()

	t.Run("finds the handler of each reference in a folder of its own", func(t *testing.T) {
		t.Parallel()

		refs := []string{
			"registry.invalid/tillbell/send-email:latest",
			"registry.invalid/tillbell/send-email:v2",
			"ghcr.io/else/send-email:latest",
			"localhost:5000/send-email@sha256:abc",
			"docker.io-tillbell-send-email-latest",
			"registry.invalid%2Ftillbell%2Fsend-email:latest", // looks like the first one escaped
			"../send-email",
		}
		all := images{t.TempDir()}
		for _, ref := range refs {
			write(t, all.binary(ref), ref)
		}
		for _, ref := range refs {
			path, err := all.find(ref)
			if err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(b) != ref {
				t.Errorf("%s has the handler of %s", ref, b)
			}
			below, err := filepath.Rel(all.dir, path)
			if err != nil || strings.Count(below, string(filepath.Separator)) != 1 || strings.HasPrefix(below, ".."+string(filepath.Separator)) {
				t.Errorf("%s is at %s, want it in a folder below the images'", ref, below)
			}
		}
	})

	t.Run("says what to do about one that is not there", func(t *testing.T) {
		t.Parallel()

		_, err := images{t.TempDir()}.find("ghcr.io/else/where:1")
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "there is no image ghcr.io/else/where:1 on this laptop", "make run", "stack.yml")
	})

	t.Run("gives a path that holds from any folder", func(t *testing.T) {
		t.Parallel()

		dir := t.TempDir()
		here, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		relative, err := filepath.Rel(here, dir)
		if err != nil {
			t.Fatal(err)
		}
		all := images{relative}
		write(t, all.binary("a"), "")
		path, err := all.find("a")
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(dir, "image:a", "handler"); path != want {
			t.Errorf("path %s, want %s", path, want)
		}
	})
}

func TestHashTree(t *testing.T) {
	t.Parallel()

	t.Run("is the same as long as nothing changes", func(t *testing.T) {
		t.Parallel()

		dir := setupTree(t)
		before := mustHash(t, dir)
		if err := os.Mkdir(filepath.Join(dir, "empty"), 0o755); err != nil { // no file
			t.Fatal(err)
		}
		if after := mustHash(t, dir); after != before {
			t.Error("it changed by itself")
		}
	})

	t.Run("changes with what is in a file", func(t *testing.T) {
		t.Parallel()

		changes(t, func(dir string) { write(t, filepath.Join(dir, "function", "handler.go"), "package other") })
	})

	t.Run("changes with a file's name", func(t *testing.T) {
		t.Parallel()

		changes(t, func(dir string) {
			if err := os.Rename(filepath.Join(dir, "function", "handler.go"), filepath.Join(dir, "function", "handler_test.go")); err != nil {
				t.Error(err)
			}
		})
	})

	t.Run("changes with the folder that a file is in", func(t *testing.T) {
		t.Parallel()

		changes(t, func(dir string) {
			if err := os.Rename(filepath.Join(dir, "function", "handler.go"), filepath.Join(dir, "handler.go")); err != nil {
				t.Error(err)
			}
		})
	})

	t.Run("changes with a file that is added, also an empty one", func(t *testing.T) {
		t.Parallel()

		changes(t, func(dir string) { write(t, filepath.Join(dir, "function", "z"), "") })
	})

	t.Run("changes with a file that is removed", func(t *testing.T) {
		t.Parallel()

		changes(t, func(dir string) {
			if err := os.Remove(filepath.Join(dir, "go.mod")); err != nil {
				t.Error(err)
			}
		})
	})

	t.Run("is an error where there is no folder", func(t *testing.T) {
		t.Parallel()

		if _, err := hashTree(filepath.Join(t.TempDir(), "nowhere")); err == nil {
			t.Error("no error")
		}
	})
}

func setupTree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module handler")
	write(t, filepath.Join(dir, "function", "handler.go"), "package function")
	return dir
}

func changes(t *testing.T, change func(dir string)) {
	t.Helper()
	dir := setupTree(t)
	before := mustHash(t, dir)
	change(dir)
	if mustHash(t, dir) == before {
		t.Error("it did not change")
	}
}

func mustHash(t *testing.T, dir string) string {
	t.Helper()
	hash, err := hashTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}
