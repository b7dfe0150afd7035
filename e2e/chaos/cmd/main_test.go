package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"handler/function/shared/runenv"
)

func TestRun(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"refuses a single purchase":                    {[]string{"--purchases", "1"}, "N: want 2 to 1500"},
		"refuses more mails than the inbox keeps":      {[]string{"--purchases", "1501"}, "N: want 2 to 1500"},
		"refuses a time in which nothing could happen": {[]string{"--for", "9s"}, "FOR: want 10s to 1h"},
		"refuses an argument that is no flag":          {[]string{"everything"}, `unexpected argument "everything"`},
		"refuses an unknown flag":                      {[]string{"--no-such-flag"}, "no-such-flag"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			mustRefuse(t, test.want, append([]string{"--state", t.TempDir()}, test.args...))
		})
	}

	t.Run("shows its help", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir() + "/state"
		if err := run(t.Context(), []string{"--state", state, "--help"}); !errors.Is(err, flag.ErrHelp) {
			t.Error(err)
		}
		if _, err := os.Stat(state); err == nil {
			t.Error("it made its state folder")
		}
	})

	t.Run("waits for a laptop that is starting", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		hold(t, state)
		mustRefuse(t, "", []string{"--state", state})
	})

	t.Run("leaves a laptop alone whose database is a real one", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		hold(t, state)
		if err := (runenv.Env{{"GATEWAY_URL", "http://127.0.0.1:1"}, {"MONGODB_URI", "mongodb://127.0.0.1:1"}}).Write(state); err != nil {
			t.Fatal(err)
		}
		mustRefuse(t, "real database", []string{"--state", state})
	})

	t.Run("has no verdict after Ctrl-C", func(t *testing.T) {
		t.Parallel()

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := run(ctx, []string{"--state", t.TempDir()}); err == nil || err.Error() != "stopped before the verdict" {
			t.Errorf("got %v", err)
		}
	})
}

// Not parallel: it sets the environment.
func TestIsNotForRealServices(t *testing.T) {
	t.Setenv("MONGODB_URI", "a real one")
	mustRefuse(t, "MONGODB_URI is set: chaos is for the mocked services", []string{"--state", t.TempDir()})
}

func mustRefuse(t *testing.T, want string, args []string) {
	t.Helper()
	if err := run(t.Context(), args); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// hold takes a state folder as a laptop that runs does, until the test ends.
func hold(t *testing.T, state string) {
	t.Helper()
	held, err := runenv.Lock(state)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { held.Close() })
}
