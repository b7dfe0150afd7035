package catalogue

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"handler/function/internal/published"
	"handler/function/internal/typed"
)

// Files are the paths of the owner's files.
type Files struct {
	// Folder is where the paths begin, and As is what messages call it; "" is the working
	// directory.
	Folder, As                 string
	Catalogue, Templates, Lock string
}

// Check returns all mistakes in the owner's files, each on one line, as path:line: what. It renders
// each template that read finds with the samples. `make check-catalogue` runs it, and so do this
// package's tests, and with them the image build, before anything else.
func (f Files) Check(read func(fs.FS) (TemplateSet, error), samples Samples) (*Checked, error) {
	set, unreadable := read(os.DirFS(f.path(f.Templates)))
	if unreadable != nil {
		set = nil
	}
	c, wrong := f.checkCatalogue(set, samples)
	_, badLock := readLock(f.path(f.Lock), f.name(f.Lock))
	if err := errors.Join(wrong, below(f.name(f.Templates), unreadable), badLock); err != nil {
		return nil, err
	}
	return c, nil
}

func (f Files) path(of string) string { return filepath.Join(f.Folder, of) }

// name is what messages call a path.
func (f Files) name(of string) string { return filepath.Join(f.As, of) }

func (f Files) checkCatalogue(set TemplateSet, samples Samples) (*Checked, error) {
	source, err := os.ReadFile(f.path(f.Catalogue)) // #nosec G304 -- a tool of the owner's says which
	if err != nil {
		return nil, unreadable(f.name(f.Catalogue), err)
	}
	return Check(f.name(f.Catalogue), source, f.name(f.Templates), set, samples)
}

// ReadLock reads a lock file, and returns all mistakes, each as path:line: what. A missing file is
// that of a shop that has published nothing.
func ReadLock(path string) (*published.Lock, error) { return readLock(path, path) }

func readLock(path, name string) (*published.Lock, error) {
	source, err := os.ReadFile(path) // #nosec G304 -- a tool of the owner's says which
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, unreadable(name, err)
	}
	lock, err := published.ReadLock(source)
	return lock, typed.In(name, err)
}

// unreadable formats the reason why a file cannot be read as a mistake in it.
func unreadable(name string, err error) error {
	if pathError := new(fs.PathError); errors.As(err, &pathError) {
		err = pathError.Err
	}
	return fmt.Errorf("%s:1: %w", name, err)
}

// below puts a folder before each line of an error.
func below(folder string, err error) error {
	if err == nil {
		return nil
	}
	var lines []error
	for line := range strings.SplitSeq(err.Error(), "\n") {
		lines = append(lines, errors.New(filepath.Join(folder, line)))
	}
	return errors.Join(lines...)
}
