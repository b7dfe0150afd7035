// Package dotenv reads and changes .env, the file of an owner's keys, which lies beside the
// settings and is never committed.
package dotenv

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Read reads a file of KEY=value lines. Values are literal, except for one pair of quotes around
// them, since passwords contain dollars and hashes. The file may be missing. Read refuses a file
// that others than its owner may read, and no error quotes its content.
func Read(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s holds secrets, and others on this machine may read it (mode %o): chmod 600 %s", path, info.Mode().Perm(), path)
	}
	values := map[string]string{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		name = strings.TrimSpace(name)
		if !ok || !variableName.MatchString(name) {
			return nil, fmt.Errorf("%s:%d: want NAME=value, or a comment after #", path, n)
		}
		values[name] = unquoted(strings.TrimSpace(value))
	}
	return values, lines.Err()
}

// unquoted is a value without the one pair of quotes around it, if there is one.
func unquoted(value string) string {
	for _, quote := range []string{`"`, `'`} {
		if len(value) >= 2 && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
			return value[1 : len(value)-1]
		}
	}
	return value
}

// Set sets a value in a file, in place of the name's current one, or at the end. The rest stays as
// it is. The file is replaced atomically, and only its owner can read it, also if it is new.
func Set(path, name, value string) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".env-*") // with mode 600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // which is in vain where it was renamed
	_, err = temp.WriteString(with(string(text), name, value))
	if err := errors.Join(err, temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// with is a file's text with a value.
func with(text, name, value string) string {
	line := name + "=" + value
	old := regexp.MustCompile(`(?m)^[ \t]*(export )?[ \t]*` + regexp.QuoteMeta(name) + `[ \t]*=.*$`)
	if old.MatchString(text) {
		return old.ReplaceAllLiteralString(text, line)
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text + line + "\n"
}
