package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// runEnv is what a running laptop tells scripts, as KEY=value lines in STATE/run.env: there when all is
// ready, gone when it ends.
type runEnv [][2]string

func runEnvPath(state string) string { return filepath.Join(state, "run.env") }

// write replaces the file at once, so that nobody reads half of it.
func (e runEnv) write(state string) error {
	var b strings.Builder
	for _, kv := range e {
		fmt.Fprintf(&b, "%s=%s\n", kv[0], kv[1])
	}
	temp := runEnvPath(state) + ".new"
	if err := os.WriteFile(temp, []byte(b.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(temp, runEnvPath(state))
}

// errNotRunning: there is no run.env.
var errNotRunning = errors.New("nothing is running here; start it with make run, and wait until it is ready")

// readRunningEnv is readRunEnv where something does run: one that was killed has left its file.
func readRunningEnv(state string) (map[string]string, error) {
	held, err := lock(state)
	if err == nil {
		held.Close()
		return nil, errNotRunning
	}
	if !errors.Is(err, errRunning) {
		return nil, err
	}
	return readRunEnv(state)
}

func readRunEnv(state string) (map[string]string, error) {
	f, err := os.Open(runEnvPath(state))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNotRunning
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
