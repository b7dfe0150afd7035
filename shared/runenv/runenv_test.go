package runenv

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEnv(t *testing.T) {
	t.Parallel()

	t.Run("is read back as it was written", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		env := Env{
			{"GATEWAY_URL", "http://127.0.0.1:8080"},
			{"MONGODB_URI", "mongodb://127.0.0.1:27017/?appName=local&w=majority"},
			{"SEND_EMAIL_PID", ""},
		}
		if err := env.Write(state); err != nil {
			t.Fatal(err)
		}
		got, err := Read(state)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{
			"GATEWAY_URL":    "http://127.0.0.1:8080",
			"MONGODB_URI":    "mongodb://127.0.0.1:27017/?appName=local&w=majority",
			"SEND_EMAIL_PID": "",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("holds its lines in the order given, for a shell to read", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		if err := (Env{{"B", "2"}, {"A", "1"}}).Write(state); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(state, "run.env"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff("B=2\nA=1\n", string(b)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("is replaced whole, and leaves no other file", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		if err := (Env{{"OLD", "a value that is longer than the new one"}}).Write(state); err != nil {
			t.Fatal(err)
		}
		before, err := os.Stat(Path(state))
		if err != nil {
			t.Fatal(err)
		}
		if err := (Env{{"NEW", "1"}}).Write(state); err != nil {
			t.Fatal(err)
		}
		got, err := Read(state)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"NEW": "1"}, got); diff != "" {
			t.Error(diff)
		}
		after, err := os.Stat(Path(state))
		if err != nil {
			t.Fatal(err)
		}
		if os.SameFile(before, after) {
			t.Error("the file was written over: who reads it meanwhile sees half of it")
		}
		entries, err := os.ReadDir(state)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) != 1 {
			t.Errorf("%d files, want run.env alone", len(entries))
		}
	})

	t.Run("is for its owner only: it holds secrets", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		if err := (Env{{"WEBHOOK_SECRET", "whsec_1"}}).Write(state); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(Path(state))
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("mode %o, want 600", mode)
		}
	})

	t.Run("says how to start where nothing runs", func(t *testing.T) {
		t.Parallel()

		_, err := Read(t.TempDir())
		if !errors.Is(err, ErrNotRunning) {
			t.Fatalf("error = %v, want ErrNotRunning", err)
		}
		if !strings.Contains(err.Error(), "make run") {
			t.Errorf("%v does not say how", err)
		}
	})

	t.Run("does not take what cannot be read for what is not there", func(t *testing.T) {
		t.Parallel()

		state := t.TempDir()
		if err := os.Mkdir(Path(state), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(state); err == nil || errors.Is(err, ErrNotRunning) {
			t.Errorf("error = %v, want one of reading", err)
		}
	})
}
