// Package clone lays out copies of Tillbell's folder for tests, with other files in place of the
// owner's.
package clone

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"handler/function/internal/sample"
)

// Into copies Tillbell's folder, root, into another one as git would give it, with what is not
// committed yet, and with a shop and the tests' settings in place of the owner's files.
func Into(folder, root string, shop fs.FS) error {
	git := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	git.Dir = root
	names, err := git.Output()
	if err != nil {
		return fmt.Errorf("list the files of %s: %w", root, err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		err := copyFile(filepath.Join(folder, name), filepath.Join(root, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // git knows it, and the owner has removed it
			return err
		}
	}
	return sample.Install(folder, shop)
}

func copyFile(to, from string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, info.Mode().Perm())
}
