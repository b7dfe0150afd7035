// Package gatewaytest writes programs that stand in a test where faas-cli stands otherwise.
package gatewaytest

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Program is a shell script in a folder, by its name, ready to be run. While it is written this
// process starts no other: that one would inherit the open file, and a file that is open for
// writing cannot be run ("text file busy").
func Program(t testing.TB, dir, name, lines string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+lines+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}
