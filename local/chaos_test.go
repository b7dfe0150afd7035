package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"handler/function/shared/runenv"
)

func TestChaosCommand(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"refuses a single purchase":                    {[]string{"--purchases", "1"}, "N: want 2 to 1500"},
		"refuses more mails than the inbox keeps":      {[]string{"--purchases", "1501"}, "N: want 2 to 1500"},
		"refuses a time in which nothing could happen": {[]string{"--for", "9s"}, "FOR: want 10s to 1h"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			err := dispatch(t.Context(), append([]string{"chaos", "--state", t.TempDir()}, test.args...))
			if err == nil {
				t.Fatal("no error")
			}
			mustContain(t, err.Error(), test.want)
		})
	}

	t.Run("waits for a laptop that is starting", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		hold(t, state)
		if err := dispatch(t.Context(), []string{"chaos", "--state", state}); err == nil {
			t.Error("no error")
		}
	})

	t.Run("leaves a laptop alone whose database is a real one", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		hold(t, state)
		if err := (runenv.Env{{"GATEWAY_URL", "http://127.0.0.1:1"}, {"MONGODB_URI", "mongodb://127.0.0.1:1"}}).Write(state); err != nil {
			t.Fatal(err)
		}
		err := dispatch(t.Context(), []string{"chaos", "--state", state})
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "real database")
	})
}

// Not parallel: it sets the environment.
func TestChaosIsNotForTheRealOnes(t *testing.T) {
	for _, s := range []service{stripeAPI, sendgridAPI, mongodbURI} {
		t.Setenv(s.variable, "the real one's")
		err := dispatch(t.Context(), []string{"chaos", "--state", t.TempDir()})
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), s.variable)
		t.Setenv(s.variable, "")
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()

	t.Run("removes what its last run stored, and keeps what was built", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		if err := empty(state); err != nil { // the first run
			t.Fatal(err)
		}
		gone, kept := filepath.Join(state, "data", "orders"), filepath.Join(state, "images", "shop")
		write(t, gone, "orders")
		write(t, kept, "built")
		if err := empty(state); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(gone); err == nil {
			t.Error("the orders are there still")
		}
		if _, err := os.Stat(kept); err != nil {
			t.Error(err)
		}
	})

	t.Run("leaves somebody's orders alone", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		orders := filepath.Join(state, "data", "orders")
		write(t, orders, "orders")
		err := empty(state)
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), state, "STATE=")
		if _, err := os.Stat(orders); err != nil {
			t.Error(err)
		}
	})
}

func TestStoppedByHand(t *testing.T) {
	t.Parallel()

	ctx, cancel := context.WithCancel(t.Context())
	bad := errors.New("bad")
	if err := stoppedByHand(ctx, bad); !errors.Is(err, bad) {
		t.Errorf("nobody stopped it: %v", err)
	}
	cancel()
	if err := stoppedByHand(ctx, bad); err == nil || errors.Is(err, bad) {
		t.Errorf("somebody stopped it: %v", err)
	}
	if err := stoppedByHand(ctx, nil); err != nil {
		t.Errorf("it was done already: %v", err)
	}
}
