package main

import (
	"errors"
	"testing"
)

func TestReadRunningEnv(t *testing.T) {
	t.Parallel()

	t.Run("does not believe the file of one that was killed", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		if err := (runEnv{{"GATEWAY_URL", "http://127.0.0.1:1"}}).write(state); err != nil {
			t.Fatal(err)
		}
		if _, err := readRunningEnv(state); !errors.Is(err, errNotRunning) {
			t.Errorf("error = %v, want errNotRunning", err)
		}
	})

	t.Run("reads that of one that runs", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		hold(t, state)
		if err := (runEnv{{"GATEWAY_URL", "http://127.0.0.1:1"}}).write(state); err != nil {
			t.Fatal(err)
		}
		env, err := readRunningEnv(state)
		if err != nil || env["GATEWAY_URL"] != "http://127.0.0.1:1" {
			t.Errorf("%v, error %v", env, err)
		}
	})

	t.Run("leaves the folder free for a start", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		_, _ = readRunningEnv(state)
		held, err := lock(state)
		if err != nil {
			t.Fatal(err)
		}
		held.Close()
	})
}

// hold takes a state folder as a laptop that runs does, until the test ends.
func hold(t *testing.T, state string) {
	t.Helper()
	held, err := lock(state)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { held.Close() })
}
