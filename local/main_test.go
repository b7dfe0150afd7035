package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestDispatch(t *testing.T) {
	t.Parallel()

	for _, command := range []string{"run", "buy", "build", "mongod"} {
		for _, help := range []string{"--help", "-h"} {
			t.Run(command+" takes "+help+" and does nothing else", func(t *testing.T) {
				t.Parallel()

				state := filepath.Join(t.TempDir(), "state")
				args := []string{command, "--state", state, help}
				if command == "mongod" {
					args = []string{command, "--dir", state, help}
				}
				if err := dispatch(t.Context(), args); err != nil {
					t.Error(err)
				}
				if _, err := os.Stat(state); err == nil {
					t.Error("it made its state folder")
				}
			})
		}

		t.Run(command+" refuses a flag that it does not know", func(t *testing.T) {
			t.Parallel()

			if err := dispatch(t.Context(), []string{command, "--no-such-flag"}); err == nil {
				t.Error("no error")
			}
		})
	}

	for _, command := range []string{"run", "build"} {
		t.Run(command+" refuses what is no flag", func(t *testing.T) {
			t.Parallel()

			err := dispatch(t.Context(), []string{command, "--state", t.TempDir(), "everything"})
			if err == nil {
				t.Fatal("no error")
			}
			mustContain(t, err.Error(), "local "+command, `"everything"`)
		})
	}

	t.Run("tells what there is", func(t *testing.T) {
		t.Parallel()

		for _, args := range [][]string{nil, {"help"}, {"-h"}, {"--help"}} {
			if err := dispatch(t.Context(), args); err != nil {
				t.Errorf("%q: %v", args, err)
			}
		}
	})

	t.Run("refuses a command that it does not know", func(t *testing.T) {
		t.Parallel()

		err := dispatch(t.Context(), []string{"sell"})
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), `no command "sell"`, "--help")
	})
}

func TestBuyCommand(t *testing.T) {
	t.Parallel()

	t.Run("says how to start where nothing runs", func(t *testing.T) {
		t.Parallel()

		err := dispatch(t.Context(), []string{"buy", "--state", t.TempDir()})
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "make run")
	})

	t.Run("refuses a number of purchases that makes no sense", func(t *testing.T) {
		t.Parallel()

		for _, n := range []string{"0", "-1", "100001", "many", "1.5"} {
			err := dispatch(t.Context(), []string{"buy", "--state", t.TempDir(), "N=" + n})
			if err == nil {
				t.Fatalf("%s is taken", n)
			}
			mustContain(t, err.Error(), fmt.Sprintf("N: %q: want 1 to 100000", n))
		}
	})

	t.Run("looks at the event before anything else", func(t *testing.T) {
		t.Parallel()

		err := dispatch(t.Context(), []string{"buy", "--state", t.TempDir(), "EVENT=payment_intent_succeeded"})
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "no checkout.session")
	})
}

// Not parallel: the working folder is what it is about.
func TestRunCommand(t *testing.T) {
	t.Run("refuses a folder that is not Tillbell's", func(t *testing.T) {
		t.Chdir(t.TempDir())
		err := dispatch(t.Context(), []string{"run", "--state", t.TempDir()})
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "no stack.yml here")
	})

	t.Run("refuses to be a second one, before it touches anything", func(t *testing.T) {
		t.Chdir("..")
		state := t.TempDir()
		hold(t, state)
		// Were it not refused, it would be stopped before it builds anything.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := dispatch(ctx, []string{"run", "--state", state})
		if err == nil {
			t.Fatal("no error")
		}
		mustContain(t, err.Error(), "it is running already, and not ready yet")
	})
}

func TestParseFolders(t *testing.T) {
	t.Parallel()

	t.Run("makes both folders, the parts' below the state's, for the owner alone", func(t *testing.T) {
		t.Parallel()

		state := filepath.Join(t.TempDir(), "a", "state")
		f, err := parseFolders(flag.NewFlagSet("test", flag.ContinueOnError), []string{"--state", state})
		if err != nil {
			t.Fatal(err)
		}
		if f.state != state || f.bin != filepath.Join(state, "bin") {
			t.Errorf("folders %+v", f)
		}
		for _, dir := range []string{f.state, f.bin} {
			info, err := os.Stat(dir)
			if err != nil {
				t.Fatal(err)
			}
			if mode := info.Mode().Perm(); mode != 0o700 {
				t.Errorf("%s has mode %o, want 700", dir, mode)
			}
		}
	})

	t.Run("shares built parts where it is told to", func(t *testing.T) {
		t.Parallel()

		state, bin := t.TempDir(), t.TempDir()
		f, err := parseFolders(flag.NewFlagSet("test", flag.ContinueOnError), []string{"--state", state, "--bin", bin})
		if err != nil {
			t.Fatal(err)
		}
		if f.bin != bin {
			t.Errorf("folders %+v", f)
		}
	})
}
