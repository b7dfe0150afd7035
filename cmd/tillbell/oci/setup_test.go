package oci

import (
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"handler/function/cmd/tillbell/oci/ocitest"
	"handler/function/shared/image"
)

// watchdog is an image with what of-watchdog's has, where a word does for the program.
func watchdog(t *testing.T) string {
	t.Helper()
	return ocitest.Push(t, ocitest.Registry(t, nil)+"/watchdog:1", func(p v1.Platform) v1.Image {
		return ocitest.Image(t, p, v1.Config{}, map[string]string{"fwatchdog": "watchdog for " + p.Architecture})
	})
}

// anyImage is one with a file x.
func anyImage(t *testing.T, p v1.Platform) v1.Image {
	t.Helper()
	return ocitest.Image(t, p, v1.Config{User: p.Architecture}, map[string]string{"x": ""})
}

func anyIndex(t *testing.T) v1.ImageIndex {
	t.Helper()
	index, err := Index([]v1.Image{anyImage(t, ocitest.AMD64), anyImage(t, ocitest.ARM64)})
	if err != nil {
		t.Fatal(err)
	}
	return index
}

// stage is the last one of the template's Dockerfile.
func stage(t *testing.T) *image.Runtime {
	t.Helper()
	dockerfile, err := os.ReadFile("../../../template/golang-http/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	s, err := image.LastStage(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// contextOf is a build context after its steps ran, as far as the image goes.
func contextOf(t *testing.T, handler string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "function", "static", "pages"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "handler"), []byte(handler), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "function", "static", "pages", "a.txt"), []byte("a page"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}
