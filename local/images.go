package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/openfaas/go-sdk/stack"

	"handler/function/shared/image"
	"handler/function/shared/stackfile"
)

// images are the functions' images as the laptop has them: a handler binary each, by its reference.
type images struct{ dir string }

// binary is where the handler of an image is.
func (i images) binary(ref string) string {
	return filepath.Join(i.dir, "image:"+url.PathEscape(ref), "handler") // the prefix keeps ".." a name
}

// find is what a deployment asks for.
func (i images) find(ref string) (string, error) {
	path, err := filepath.Abs(i.binary(ref))
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("there is no image %s on this laptop; make run builds those of stack.yml", ref)
	}
	return path, nil
}

// stackFile is in the working directory.
const stackFile = "stack.yml"

func readStack() (*stack.Services, error) { return stackfile.Read(stackFile) }

// buildImages builds each function as its image is built: the context that faas-cli would make, and
// in it the steps of the template's Dockerfile, without its tests: those are make test's and the
// image build's. A function whose context did not change is not built again.
func (m *maker) buildImages(ctx context.Context, services *stack.Services) error {
	dockerfile, err := image.Dockerfile(".")
	if err != nil {
		return err
	}
	steps, err := image.BuildSteps(dockerfile)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(services.Functions)) {
		if err := m.buildImage(ctx, services, name, image.WithoutTests(steps)); err != nil {
			return err
		}
	}
	return nil
}

func (m *maker) buildImage(ctx context.Context, services *stack.Services, name string, steps []image.Step) error {
	function := services.Functions[name]
	dir, err := image.NewContext(services, name, filepath.Join(m.state, "build"))
	if err != nil {
		return err
	}
	hash, err := hashTree(dir)
	if err != nil {
		return err
	}
	binary := images{filepath.Join(m.state, "images")}.binary(function.Image)
	kept, _ := os.ReadFile(binary + ".context") // nothing, where it was not built yet
	if _, err := os.Stat(binary); err == nil && string(kept) == hash {
		m.skip(1)
		return nil
	}
	err = m.step(name, func() error { return image.RunQuietly(ctx, dir, steps, compilerEnv()) })
	if err != nil {
		return fmt.Errorf("build %s: %w", name, err)
	}
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return err
	}
	// The old one may be running: it goes on from the file that has lost its name.
	if err := os.Rename(filepath.Join(dir, "handler"), binary); err != nil {
		return err
	}
	return os.WriteFile(binary+".context", []byte(hash), 0o644)
}

// hashTree is of all files below a folder, their names and what is in them, and of the compiler.
func hashTree(dir string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version())
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		size, err := io.Copy(h, file)
		fmt.Fprintln(h, path, size)
		return err
	})
	return hex.EncodeToString(h.Sum(nil)), err
}
