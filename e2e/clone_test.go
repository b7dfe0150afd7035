package e2e

import (
	"fmt"
	"io/fs"
	"os/exec"

	"handler/function/internal/sample"
)

// clone copies Tillbell as git would give it, with what is not committed yet, and with a shop and the tests' settings in
// place of the owner's files.
func clone(folder string, shop fs.FS) error {
	cmd := exec.Command("bash", "-o", "pipefail", "-c", `git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$0"`, folder)
	cmd.Dir = ".."
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("copy Tillbell to %s: %w\n%s", folder, err, out)
	}
	return sample.Install(folder, shop)
}
