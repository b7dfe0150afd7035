package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	function "handler/function/send-email"
)

// shopFolder has the owner's files of a shop: catalogue.yml, templates/ and templates.lock.yml.
const shopFolder = "send-email"

// ownedShop is the owner's shop as the laptop's functions have it: a copy of the files, which is checked before it is
// used. send-email reads the copy (setting shop_folder), so a file that is being edited is never read.
type ownedShop struct {
	// folder is the owner's, and stays untouched.
	folder string
	// copies has a folder for each copy, and a link to the one in use.
	copies string

	mu        sync.Mutex
	catalogue *function.Catalogue
}

func newOwnedShop(f folders) *ownedShop {
	return &ownedShop{folder: f.shop, copies: filepath.Join(f.state, "shop")}
}

// inUse is the folder of the copy that is in use: a link, so that its path stays the same.
func (s *ownedShop) inUse() string { return filepath.Join(s.copies, "in-use") }

// Catalogue is the one that is in use.
func (s *ownedShop) Catalogue() *function.Catalogue {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.catalogue
}

// shopCopy is a checked copy of the shop's files.
type shopCopy struct {
	folder    string
	catalogue *function.Catalogue
}

// take copies the shop's files and checks the copy as make check-catalogue does. Its error is mistakes, which name the
// owner's files.
func (s *ownedShop) take() (shopCopy, error) {
	if err := os.MkdirAll(s.copies, 0o700); err != nil {
		return shopCopy{}, err
	}
	dir, err := os.MkdirTemp(s.copies, "copy-")
	if err != nil {
		return shopCopy{}, err
	}
	catalogue, err := s.fill(dir)
	if err != nil {
		return shopCopy{}, errors.Join(err, os.RemoveAll(dir))
	}
	return shopCopy{dir, catalogue}, nil
}

// fill copies the shop's files into a folder and checks them there. Whether one may be missing, the check decides.
func (s *ownedShop) fill(dir string) (*function.Catalogue, error) {
	files := function.Files{Folder: dir, As: s.folder, Catalogue: "catalogue.yml", Templates: "templates", Lock: "templates.lock.yml"}
	for _, name := range []string{files.Catalogue, files.Lock} {
		source, err := os.ReadFile(filepath.Join(s.folder, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), source, 0o600)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	err := os.CopyFS(filepath.Join(dir, files.Templates), os.DirFS(filepath.Join(s.folder, files.Templates)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	c := checker{Files: files}
	catalogue, _, err := c.check()
	return catalogue, err
}

// use puts a copy in place of the one that is in use, which it removes.
func (s *ownedShop) use(c shopCopy) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, _ := os.Readlink(s.inUse()) // none yet
	link := c.folder + ".link"
	if err := os.Symlink(filepath.Base(c.folder), link); err != nil {
		return err
	}
	if err := os.Rename(link, s.inUse()); err != nil {
		return err
	}
	s.catalogue = c.catalogue
	if before == "" {
		return nil
	}
	return os.RemoveAll(filepath.Join(s.copies, before))
}

// start checks the shop and puts it into use, in place of all that an earlier run left.
func (s *ownedShop) start() error {
	if err := os.RemoveAll(s.copies); err != nil {
		return err
	}
	c, err := s.take()
	if err != nil {
		return mistakes{errors.New(oneLine(err))}
	}
	return s.use(c)
}

// oneLine is the first of several mistakes, and how many more there are.
func oneLine(err error) string {
	first, rest, more := strings.Cut(err.Error(), "\n")
	if !more {
		return first
	}
	return fmt.Sprintf("%s (and %d more: make check-catalogue)", first, 1+strings.Count(rest, "\n"))
}
