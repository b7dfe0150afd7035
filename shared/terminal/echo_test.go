package terminal

import (
	"testing"

	"golang.org/x/sys/unix"

	"handler/function/shared/terminal/terminaltest"
)

// writer is called with what is written.
type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

// A person pastes a secret as soon as the prompt appears.
func TestHiddenIsQuietBeforeItAsks(t *testing.T) {
	t.Parallel()

	x := terminaltest.Open(t)
	echoes := func() bool {
		s, err := unix.IoctlGetTermios(int(x.File.Fd()), getTermios)
		if err != nil {
			t.Fatal(err)
		}
		return s.Lflag&unix.ECHO != 0
	}
	if !echoes() {
		t.Fatal("the terminal shows nothing to begin with")
	}
	asked := false
	asks := writer(func([]byte) {
		if asked {
			return
		}
		asked = true
		if echoes() {
			t.Error("what is typed at the prompt is shown")
		}
		x.Type("whsec_1\n")
	})
	if got, err := (Terminal{In: x.File, Out: asks}).Hidden(t.Context(), "Secret: "); got != "whsec_1" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if !echoes() {
		t.Error("the terminal is not as it was")
	}
}
