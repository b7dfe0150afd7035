// Package runenv writes and reads the addresses of a running laptop, and detects whether one runs:
// the file run.env and the lock in its state folder.
package runenv

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Env is a running laptop's addresses, keys and process IDs for scripts, as KEY=value lines in
// STATE/run.env. The file exists while all is ready.
type Env [][2]string

// Path is the path of run.env.
func Path(state string) string { return filepath.Join(state, "run.env") }

// Write replaces the file atomically, so that no reader gets half of it.
func (e Env) Write(state string) error {
	var b strings.Builder
	for _, kv := range e {
		fmt.Fprintf(&b, "%s=%s\n", kv[0], kv[1])
	}
	temp := Path(state) + ".new"
	if err := os.WriteFile(temp, []byte(b.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(temp, Path(state))
}

// ErrNotRunning: there is no run.env.
var ErrNotRunning = errors.New("nothing is running here; start it with make run, and wait until it is ready")

// ReadRunning is Read if the laptop does run: a killed one leaves its file.
func ReadRunning(state string) (map[string]string, error) {
	held, err := Lock(state)
	if err == nil {
		held.Close()
		return nil, ErrNotRunning
	}
	if !errors.Is(err, ErrRunning) {
		return nil, err
	}
	return Read(state)
}

// Read reads run.env; ErrNotRunning if it is missing.
func Read(state string) (map[string]string, error) {
	f, err := os.Open(Path(state))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotRunning
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	env := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if k, v, ok := strings.Cut(lines.Text(), "="); ok {
			env[k] = v
		}
	}
	return env, lines.Err()
}

// ErrRunning: another laptop has the state folder.
var ErrRunning = errors.New("it is running already")

// Lock locks the state folder for this process, until it exits or is killed.
func Lock(state string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(state, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, ErrRunning
	}
	return f, nil
}
