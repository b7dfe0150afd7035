// Package processtest is for tests of what starts processes.
package processtest

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

const patience = 20 * time.Second

// Eventually waits until a condition holds, and fails the test where it does not.
func Eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// Alive is false for a zombie, which an orphan remains where nothing reaps it.
func Alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}
