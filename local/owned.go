package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"handler/function/internal/catalogue"
	"handler/function/shared/shopcheck"
)

// ownedShop makes copies of the owner's shop, which are checked before the functions have them.
// send-email reads a copy (setting shop_folder), so a file that is being edited is never read.
type ownedShop struct {
	// folder is the owner's.
	folder string
	// copies has a folder for each copy, and a link to the one that send-email reads.
	copies string
}

// shopCopy is a checked copy of the shop's files.
type shopCopy struct {
	folder    string
	catalogue *catalogue.Checked
	// read is all that send-email reads of it.
	read string
}

func newOwnedShop(f folders) *ownedShop {
	return &ownedShop{folder: f.shop, copies: filepath.Join(f.state, "shop")}
}

// inUse is the folder of the copy that send-email reads: a link, so that its path stays the same.
func (s *ownedShop) inUse() string { return filepath.Join(s.copies, "in-use") }

// empty removes the copies of an earlier run.
func (s *ownedShop) empty() error { return os.RemoveAll(s.copies) }

// take copies the shop's files and checks the copy as make check-catalogue does. Its error is
// mistakes, which name the owner's files.
func (s *ownedShop) take() (shopCopy, error) {
	if err := os.MkdirAll(s.copies, 0o700); err != nil {
		return shopCopy{}, err
	}
	dir, err := os.MkdirTemp(s.copies, "copy-")
	if err != nil {
		return shopCopy{}, err
	}
	c, err := s.fill(dir)
	if err != nil {
		return shopCopy{}, errors.Join(err, c.remove())
	}
	return c, nil
}

// fill copies the shop's files into a folder and checks them there. Whether one may be missing, the
// check decides.
func (s *ownedShop) fill(dir string) (shopCopy, error) {
	c := shopCopy{folder: dir}
	files := catalogue.Files{Folder: dir, As: s.folder, Catalogue: "catalogue.yml", Templates: "templates", Lock: "templates.lock.yml"}
	for _, name := range []string{files.Catalogue, files.Lock} {
		source, err := os.ReadFile(filepath.Join(s.folder, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), source, 0o600)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return c, err
		}
		c.read += string(source) + "\x00"
	}
	err := os.CopyFS(filepath.Join(dir, files.Templates), os.DirFS(filepath.Join(s.folder, files.Templates)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return c, err
	}
	names, err := fs.Glob(os.DirFS(dir), "templates/*/subject.hbs")
	if err != nil {
		return c, err
	}
	c.read += strings.Join(names, "\n")
	c.catalogue, _, err = (&shopcheck.Checker{Files: files}).Check()
	return c, err
}

// use has send-email read a copy, from its next start on.
func (s *ownedShop) use(c shopCopy) error {
	link := c.folder + ".link"
	if err := os.Symlink(filepath.Base(c.folder), link); err != nil {
		return err
	}
	return os.Rename(link, s.inUse())
}

// remove removes a copy that is not in use.
func (c shopCopy) remove() error { return os.RemoveAll(c.folder) }
