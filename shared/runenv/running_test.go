package runenv

import (
	"errors"
	"os"
	"testing"
)

func TestReadRunning(t *testing.T) {
	t.Parallel()

	t.Run("does not believe the file of one that was killed", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		if err := (Env{{"GATEWAY_URL", "http://127.0.0.1:1"}}).Write(state); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadRunning(state); !errors.Is(err, ErrNotRunning) {
			t.Errorf("error = %v, want ErrNotRunning", err)
		}
	})

	t.Run("reads that of one that runs", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		hold(t, state)
		if err := (Env{{"GATEWAY_URL", "http://127.0.0.1:1"}}).Write(state); err != nil {
			t.Fatal(err)
		}
		env, err := ReadRunning(state)
		if err != nil || env["GATEWAY_URL"] != "http://127.0.0.1:1" {
			t.Errorf("%v, error %v", env, err)
		}
	})

	t.Run("leaves the folder free for a start", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		_, _ = ReadRunning(state)
		held, err := Lock(state)
		if err != nil {
			t.Fatal(err)
		}
		held.Close()
	})
}

// hold takes a state folder as a laptop that runs does, until the test ends.
func hold(t *testing.T, state string) {
	t.Helper()
	held, err := Lock(state)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { held.Close() })
}

func TestLock(t *testing.T) {
	t.Parallel()

	t.Run("refuses a second holder, and is free when the first is gone", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		first, err := Lock(state)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Lock(state); !errors.Is(err, ErrRunning) {
			t.Errorf("error = %v, want ErrRunning", err)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		second, err := Lock(state)
		if err != nil {
			t.Fatalf("after its holder was gone: %v", err)
		}
		second.Close()
	})

	t.Run("is another one in another folder", func(t *testing.T) {
		t.Parallel()

		for range 2 {
			hold(t, t.TempDir())
		}
	})

	t.Run("does not take a missing folder for a running laptop", func(t *testing.T) {
		t.Parallel()

		_, err := Lock(t.TempDir() + "/nowhere")
		if !errors.Is(err, os.ErrNotExist) || errors.Is(err, ErrRunning) {
			t.Errorf("error = %v", err)
		}
	})
}
