// Package shopcheck checks the owner's files: the catalogue, the templates, the lock of what is
// published, and settings.yml. It finds what the image build would refuse.
package shopcheck

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"handler/function/internal/catalogue"
	"handler/function/internal/order"
	"handler/function/internal/sample"
	"handler/function/internal/templates"
	"handler/function/shared/stackfile"
)

// Folder has the owner's files of a shop: catalogue.yml, templates/ and templates.lock.yml.
const Folder = "send-email"

// Mistakes are for the owner to correct, one a line, each as path:line: what.
type Mistakes struct{ Err error }

func (m Mistakes) Error() string { return m.Err.Error() }

func (m Mistakes) Unwrap() error { return m.Err }

// Checker checks the files of a shop.
type Checker struct {
	catalogue.Files
	orders map[string]*order.Order
}

// New checks the files of a shop's folder.
func New(folder string) *Checker {
	return &Checker{Files: catalogue.Files{
		Catalogue: filepath.Join(folder, "catalogue.yml"),
		Templates: filepath.Join(folder, "templates"),
		Lock:      filepath.Join(folder, "templates.lock.yml"),
	}}
}

// LaptopLock is the file that says what is published at the SendGrid of a laptop with that state
// folder. It is not the owner's, which is committed.
func LaptopLock(state string) string { return filepath.Join(state, "templates.lock.yml") }

// OwnersFiles checks the shop in Folder and settings.yml, before anything is built. A shop that is
// checked already is not checked again. Its error is Mistakes.
func OwnersFiles(checked string) error {
	var err error
	if filepath.Clean(checked) != Folder {
		_, _, err = New(Folder).Check()
	}
	if err := errors.Join(err, stackfile.CheckSettings("settings.yml")); err != nil {
		return Mistakes{err}
	}
	return nil
}

// Check checks the catalogue, the templates and the lock. Its error about them is Mistakes.
func (c *Checker) Check() (*catalogue.Checked, *templates.Coverage, error) {
	var err error
	if c.orders, err = sample.Orders(time.Now()); err != nil {
		return nil, nil, err
	}
	var coverage *templates.Coverage
	checked, err := c.Files.Check(func(folder fs.FS) (catalogue.TemplateSet, error) {
		set, err := templates.Read(folder)
		coverage = templates.NewCoverage(set)
		return coverage, err
	}, sample.Mails(c.orders))
	if err != nil {
		return nil, nil, Mistakes{err}
	}
	return checked, coverage, nil
}
