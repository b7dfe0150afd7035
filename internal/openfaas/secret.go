// Package openfaas is what the platform gives a function: its secrets, its settings, its log, and
// the signed call of another function.
package openfaas

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
)

const defaultSecrets = "/var/openfaas/secrets" // #nosec G101 -- a folder, and no secret

// Secrets reads the secrets that the platform mounted. A secret may be changed in place while the
// function runs, so its file is looked at whenever it is used.
type Secrets struct {
	// Dir is the folder of the files; the setting secret_mount_path, or OpenFaaS's own.
	Dir string

	// kept are the files as they were read last, if any are to be kept.
	kept *files
}

// Lines are the non-empty lines of a secret, without the white space around them: `faas-cli secret
// create --from-file` keeps a trailing newline, and while a secret is rolled the old and the new
// one stand below each other. Where prefixes are given, each line starts with one of them. Any
// other secret, a missing one, an empty one, is Misconfigured; the error names it and shows none of
// it.
func (s Secrets) Lines(name string, prefixes ...string) ([]string, error) {
	b, err := s.kept.read(filepath.Join(s.Dir, name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, NewMisconfigured("secret %s is missing", name)
	case err != nil:
		return nil, NewMisconfigured("secret %s cannot be read: %w", name, err)
	}
	var lines []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return nil, NewMisconfigured("secret %s is empty", name)
	}
	for _, line := range lines {
		if !hasPrefix(line, prefixes) {
			return nil, NewMisconfigured("secret %s does not start with %s", name, strings.Join(prefixes, " or "))
		}
	}
	return lines, nil
}

// First is the first line of a secret, the one to use where only one can be.
func (s Secrets) First(name string, prefixes ...string) (string, error) {
	lines, err := s.Lines(name, prefixes...)
	if err != nil {
		return "", err
	}
	return lines[0], nil
}

func hasPrefix(line string, prefixes []string) bool {
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(line, p); ok && rest != "" {
			return true
		}
	}
	return len(prefixes) == 0
}
