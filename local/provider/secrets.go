package provider

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

const maxSecret = 1 << 20

// secrets are files of a folder that only the owner can read. A function has a folder of its own
// with a link to each secret that its deployment names, so that one rename changes a secret for all
// functions at once, and a reader sees either the old value or the new. A secret that names an
// address of this machine is a copy there.
type secrets struct {
	dir string
	mu  sync.Mutex // from looking whether there is a secret until it is written
}

// SetSecret creates or replaces a secret, as faas-cli would.
func (p *Provider) SetSecret(name string, value []byte) error {
	p.secrets.mu.Lock()
	err := p.secrets.write(name, value)
	if err == nil {
		err = p.remount(name)
	}
	p.secrets.mu.Unlock()
	if err != nil {
		return err
	}
	p.changed()
	return nil
}

// remount has all functions that run see what a secret is now. The caller holds the secrets' lock.
func (p *Provider) remount(name string) error {
	p.mu.Lock()
	functions := p.all()
	p.mu.Unlock()
	var errs []error
	for _, f := range functions {
		f.mu.Lock()
		if f.network != nil && slices.Contains(f.deployment.Secrets, name) {
			errs = append(errs, p.secrets.mountOne(f.secretsDir(), name, f.network.through))
		}
		f.mu.Unlock()
	}
	return errors.Join(errs...)
}

// Secret is the value of a secret. The API never gives it.
func (p *Provider) Secret(name string) ([]byte, error) {
	if !secretName.MatchString(name) {
		return nil, fmt.Errorf("secret name %q: %w", name, errInvalid)
	}
	value, err := os.ReadFile(filepath.Join(p.secrets.dir, name))
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", name, err)
	}
	return value, nil
}

// has reports whether a secret of that name exists; a name that no secret can have is an error.
func (s *secrets) has(name string) (bool, error) {
	if !secretName.MatchString(name) {
		return false, fmt.Errorf("secret name %q: %w", name, errInvalid)
	}
	_, err := os.Stat(filepath.Join(s.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// check names every secret that is missing, in one error.
func (s *secrets) check(names []string) error {
	var problems []error
	for _, name := range names {
		there, err := s.has(name)
		if err == nil && !there {
			err = fmt.Errorf("secret %s is missing: %w", name, errInvalid)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func (s *secrets) list() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list secrets: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if secretName.MatchString(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// write puts a value in place by a rename. The file is new, so its mode is 0600 whatever the old
// one had.
func (s *secrets) write(name string, value []byte) error {
	switch {
	case !secretName.MatchString(name):
		return fmt.Errorf("secret name %q: %w", name, errInvalid)
	case len(value) == 0:
		return fmt.Errorf("secret %s has no value: %w", name, errInvalid)
	case len(value) > maxSecret:
		return fmt.Errorf("secret %s: %w: at most %d bytes", name, errTooLarge, maxSecret)
	}
	if err := privateDir(s.dir); err != nil {
		return err
	}
	// The dot in front keeps it out of the list: it is no secret's name.
	file, err := os.CreateTemp(s.dir, ".new-*")
	if err != nil {
		return fmt.Errorf("write secret %s: %w", name, err)
	}
	defer os.Remove(file.Name()) // after the rename it finds nothing
	_, err = file.Write(value)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(s.dir, name))
	}
	if err != nil {
		return fmt.Errorf("write secret %s: %w", name, err)
	}
	return nil
}

// mount fills a folder, in place of what it held, with the secrets named. Where through changes a
// value, the function gets a copy that has the changed one; elsewhere a link.
func (s *secrets) mount(dir string, names []string, through func(string) (string, error)) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := privateDir(dir); err != nil {
		return err
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		if err := s.mountOne(dir, name, through); err != nil {
			return fmt.Errorf("mount secret %s: %w", name, err)
		}
	}
	return nil
}

// mountOne puts a secret into a folder, or puts it there anew, by a rename. It may be missing: then
// the link leads nowhere.
func (s *secrets) mountOne(dir, name string, through func(string) (string, error)) error {
	source, err := filepath.Abs(filepath.Join(s.dir, name))
	if err != nil {
		return err
	}
	value, err := os.ReadFile(source)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	changed, err := through(string(value))
	if err != nil {
		return err
	}
	now := filepath.Join(dir, name)
	mounted := filepath.Join(dir, ".new-"+name) // no secret's name
	if changed == string(value) {
		err = os.Symlink(source, mounted)
	} else {
		err = os.WriteFile(mounted, []byte(changed), 0o600)
	}
	return errors.Join(err, os.Rename(mounted, now))
}

// privateDir makes a folder that only the owner can enter, also if it was there with another mode.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("make a folder private: %w", err)
	}
	return nil
}
