package sample

import (
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Settings is a settings.yml for tests, with the defaults.
//
//go:embed settings.yml
var Settings []byte

// Install puts a shop, and the tests' settings, in place of the owner's files in a copy of
// Tillbell's folder.
func Install(folder string, shop fs.FS) error {
	own := filepath.Join(folder, "send-email")
	return errors.Join(
		os.RemoveAll(filepath.Join(own, "templates")),
		os.RemoveAll(filepath.Join(own, "catalogue.yml")),
		os.RemoveAll(filepath.Join(own, "templates.lock.yml")),
		os.CopyFS(own, shop),
		os.WriteFile(filepath.Join(folder, "settings.yml"), Settings, 0o600),
	)
}
