// Package ocitest has what tests of images need: a registry, images of others, and a way to look
// into one.
package ocitest

import (
	"archive/tar"
	"bytes"
	"io"
	"io/fs"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// The platforms that our images are for.
var (
	AMD64 = v1.Platform{OS: "linux", Architecture: "amd64"}
	ARM64 = v1.Platform{OS: "linux", Architecture: "arm64"}
	Both  = []v1.Platform{AMD64, ARM64}
)

// Registry starts a registry that keeps all in memory, and gives its address. around may be nil.
func Registry(t *testing.T, around func(http.Handler) http.Handler) string {
	t.Helper()
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	if around != nil {
		handler = around(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// Image is one of somebody else's, with one layer of files, which nobody may execute.
func Image(t *testing.T, p v1.Platform, config v1.Config, files map[string]string) v1.Image {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fail(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(files[name])), Mode: 0o644}))
		_, err := w.Write([]byte(files[name]))
		fail(t, err)
	}
	fail(t, w.Close())
	opener := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil }
	layer, err := tarball.LayerFromOpener(opener, tarball.WithMediaType(types.OCILayer))
	fail(t, err)
	img, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), layer)
	fail(t, err)
	about, err := img.ConfigFile()
	fail(t, err)
	about = about.DeepCopy()
	about.OS, about.Architecture, about.Config = p.OS, p.Architecture, config
	img, err = mutate.ConfigFile(img, about)
	fail(t, err)
	return img
}

// Push sends an image for both platforms to a registry, and gives its reference.
func Push(t *testing.T, ref string, make func(p v1.Platform) v1.Image) string {
	t.Helper()
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range Both {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: make(p), Descriptor: v1.Descriptor{Platform: &p}})
	}
	tag, err := name.ParseReference(ref)
	fail(t, err)
	fail(t, remote.WriteIndex(tag, index))
	return ref
}

// Watchdog compiles a program that stands for of-watchdog: it becomes the program that fprocess
// names.
func Watchdog(t *testing.T, p v1.Platform) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "fwatchdog")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "handler/function/cmd/tillbell/oci/ocitest/watchdog")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.OS, "GOARCH="+p.Architecture)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	content, err := os.ReadFile(binary)
	fail(t, err)
	return string(content)
}

// Unpack lays an image out in a folder of its own, as a container sees it.
func Unpack(t *testing.T, img v1.Image) string {
	t.Helper()
	dir := t.TempDir()
	content := mutate.Extract(img)
	defer content.Close()
	for entries := tar.NewReader(content); ; {
		h, err := entries.Next()
		if err == io.EOF {
			return dir
		}
		fail(t, err)
		at := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.Typeflag == tar.TypeDir {
			fail(t, os.MkdirAll(at, fs.FileMode(h.Mode)))
			continue
		}
		b, err := io.ReadAll(entries)
		fail(t, err)
		fail(t, os.WriteFile(at, b, fs.FileMode(h.Mode)))
	}
}

func fail(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
