package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// parts are what the images are built of, and what is deployed beside them.
var parts = []string{"go.mod", "go.sum", "internal", "send-email", "settings.yml", "stack.yml", "stripe-webhook", "template"}

// Uncommitted are the files of the deployment in a folder that its git repository does not have as
// they are here, in git's order: new ones that are not ignored, changed ones and deleted ones. A
// clone of the commit would not be what is deployed. More parts may be looked at. Its error says
// why that cannot be known, in words that follow a colon: there is no git, or no repository.
func Uncommitted(ctx context.Context, folder string, more ...string) ([]string, error) {
	prefix, err := git(ctx, folder, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, err
	}
	args := []string{"status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--"}
	status, err := git(ctx, folder, slices.Concat(args, parts, more)...)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range strings.Split(strings.TrimSuffix(status, "\x00"), "\x00") {
		if len(entry) > 3 { // two letters, a space, and the path from the repository's root
			files = append(files, strings.TrimPrefix(entry[3:], strings.TrimSuffix(prefix, "\n")))
		}
	}
	return files, nil
}

func git(ctx context.Context, folder string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", folder}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", errors.New("git is not installed")
	case err != nil && strings.Contains(said.String(), "not a git repository"):
		return "", errors.New("this folder is no git repository")
	case err != nil:
		line, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
		return "", fmt.Errorf("git says: %s", line)
	}
	return out.String(), nil
}

// maxNamed is how many files are named at most.
const maxNamed = 20

// NotCommitted is the error for files of the deployment that are not committed, one a line.
func NotCommitted(files []string) error {
	more := ""
	if n := len(files) - maxNamed; n > 0 {
		files, more = files[:maxNamed], fmt.Sprintf("\n  and %d more", n)
	}
	return fmt.Errorf("these files are not committed, and without them the deployment cannot be built again:\n  %s%s\n"+
		"Commit them: git add -A, git commit and git tag; FORCE=1 deploys all the same", strings.Join(files, "\n  "), more)
}
