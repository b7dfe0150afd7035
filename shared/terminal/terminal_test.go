package terminal_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"handler/function/shared/terminal"
	"handler/function/shared/terminal/terminaltest"
)

func TestHidden(t *testing.T) {
	t.Parallel()

	t.Run("takes a line without showing it", func(t *testing.T) {
		t.Parallel()

		x := terminaltest.Open(t)
		lines := make(chan string, 1)
		go func() {
			text, err := terminal.Terminal{In: x.File, Out: x.File}.Hidden(t.Context(), "Secret: ")
			if err != nil {
				t.Error(err)
			}
			lines <- text
		}()
		x.WaitFor("Secret: ")
		x.Type("  whsec_1 \n")
		if got := <-lines; got != "whsec_1" {
			t.Errorf("got %q", got)
		}
		x.WaitFor("\n")
		if strings.Contains(x.Shown(), "whsec_1") {
			t.Errorf("the screen shows %q", x.Shown())
		}
	})

	t.Run("leaves the terminal as it was when the context ends", func(t *testing.T) {
		t.Parallel()

		x := terminaltest.Open(t)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := (terminal.Terminal{In: x.File, Out: x.File}).Hidden(ctx, "Secret: "); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		x.WaitFor("Secret: ")
		x.Type("shown")
		x.WaitFor("shown")
	})

	t.Run("does not ask without a terminal", func(t *testing.T) {
		t.Parallel()

		null, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		defer null.Close()
		var out bytes.Buffer
		if _, err := (terminal.Terminal{In: null, Out: &out}).Hidden(t.Context(), "Secret: "); !errors.Is(err, terminal.ErrNone) {
			t.Errorf("error %v", err)
		}
		if out.Len() > 0 {
			t.Errorf("it shows %q", out.String())
		}
	})
}

func TestConfirm(t *testing.T) {
	t.Parallel()

	for typed, want := range map[string]bool{"y\n": true, "YES\n": true, "n\n": false, "\n": false, "yesterday\n": false} {
		x := terminaltest.Open(t)
		x.Type(typed)
		got, err := terminal.Terminal{In: x.File, Out: x.File}.Confirm(t.Context(), "Do it? ")
		if err != nil || got != want {
			t.Errorf("%q: got %v, error %v", typed, got, err)
		}
	}
}
