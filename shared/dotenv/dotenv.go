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

// Read reads a file of KEY=value lines, as they are: nothing in a value means anything but one pair
// of quotes around it, since passwords have dollars and hashes in them. There may be no file. One
// that others than its owner may read is refused, and no error shows anything of what is in it.
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

// Set has a file say a value, in place of what it says of that name, or at its end. All else in it
// stays as it is. The file is replaced at once, and readable by its owner alone, also where there
// was none.
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

// with is a file's text where it says a value.
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
