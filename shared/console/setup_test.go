package console

import (
	"strings"
	"testing"
	"time"

	"handler/function/shared/console/consoletest"
)

// quiet is a console whose output can be read while others write it.
func quiet(t *testing.T) (*Console, *transcript) {
	t.Helper()
	out := &transcript{}
	return To(out), out
}

type transcript = consoletest.Transcript

func mustContain(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not say %q", text, want)
		}
	}
}

// eventually waits until something is true, or fails the test.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so: %s", what)
		}
	}
}
