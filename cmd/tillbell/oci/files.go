package oci

import (
	"archive/tar"
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"handler/function/shared/image"
)

// file is a file or a folder of a layer.
type file struct {
	name       string // absolute
	folder     bool
	executable bool
	content    []byte
}

// files are what a COPY brings. A program for another platform is an error.
func (r Recipe) files(ctx context.Context, c image.Copy) ([]file, error) {
	var all []file
	var err error
	if c.From.Image == "" {
		all, err = contextFiles(filepath.Join(r.Context, filepath.FromSlash(c.From.Path)), c)
	} else {
		all, err = r.imageFile(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if err := fits(f, r.Platform); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// contextFiles reads a file, or a folder and all that is below it, in the order of their names.
func contextFiles(from string, c image.Copy) ([]file, error) {
	var all []file
	err := filepath.WalkDir(from, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, at)
		if err != nil {
			return err
		}
		f := file{name: path.Join(c.To, filepath.ToSlash(below)), folder: d.IsDir()}
		if at == from && !f.folder {
			f.name = target(c, filepath.Base(from))
		}
		if !f.folder {
			if err := f.read(at); err != nil {
				return err
			}
		}
		all = append(all, f)
		return nil
	})
	return all, err
}

// target is where a file goes that has this name where it comes from.
func target(c image.Copy, name string) string {
	if c.Folder {
		return path.Join(c.To, name)
	}
	return c.To
}

func (f *file) read(at string) error {
	info, err := os.Lstat(at)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", at)
	}
	f.executable = info.Mode()&0o111 != 0
	f.content, err = os.ReadFile(at)
	return err
}

// imageFile takes one file out of another image. It may be executed in ours, whatever it was in
// that one.
func (r Recipe) imageFile(ctx context.Context, c image.Copy) ([]file, error) {
	from := r.from(c)
	img, err := Open(ctx, from, r.Platform)
	if err != nil {
		return nil, err
	}
	unpacked := mutate.Extract(img)
	defer unpacked.Close()
	for entries := tar.NewReader(unpacked); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("there is no file %s in %s", c.From.Path, from)
		}
		if err != nil {
			return nil, fmt.Errorf("unpack %s: %w", from, err)
		}
		if path.Join("/", header.Name) != c.From.Path || header.Typeflag != tar.TypeReg {
			continue
		}
		content, err := io.ReadAll(entries)
		return []file{{name: target(c, path.Base(c.From.Path)), executable: true, content: content}}, err
	}
}

var machines = map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "arm": elf.EM_ARM}

// fits: a program for another machine would be noticed only where the image is to run.
func fits(f file, p v1.Platform) error {
	if !strings.HasPrefix(string(f.content), elf.ELFMAG) {
		return nil
	}
	program, err := elf.NewFile(bytes.NewReader(f.content))
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	if want, known := machines[p.Architecture]; known && program.Machine != want {
		return fmt.Errorf("%s is a program for %s, and the image is for %s", f.name, program.Machine, p)
	}
	return nil
}
