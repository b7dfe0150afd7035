package openfaas

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFiles(t *testing.T) {
	t.Parallel()

	old := time.Now().Add(-time.Hour)
	setup := func(t *testing.T) (f *files, path string) {
		t.Helper()
		path = filepath.Join(t.TempDir(), "secret")
		put(t, path, "one", old)
		f = new(files)
		reads(t, f, path, "one")
		return f, path
	}

	t.Run("does not read again what has not changed", func(t *testing.T) {
		t.Parallel()

		f, path := setup(t)
		put(t, path, "two", old) // unlike an owner who changes a secret
		reads(t, f, path, "one")
	})

	t.Run("reads what was written in its place, of the same length", func(t *testing.T) {
		t.Parallel()

		f, path := setup(t)
		put(t, path, "two", time.Now())
		reads(t, f, path, "two")
	})

	t.Run("reads what was written twice in one moment", func(t *testing.T) {
		t.Parallel()

		f, path := setup(t)
		now := time.Now()
		put(t, path, "two", now)
		reads(t, f, path, "two")
		put(t, path, "six", now)
		reads(t, f, path, "six")
	})

	t.Run("reads another file under the name, of the same length and time", func(t *testing.T) {
		t.Parallel()

		f, path := setup(t)
		put(t, path+".new", "two", old)
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
		reads(t, f, path, "two")
	})

	t.Run("does not give what is gone", func(t *testing.T) {
		t.Parallel()

		f, path := setup(t)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if b, err := f.read(path); err == nil {
			t.Errorf("got %q", b)
		}
	})
}

// put writes over what is in a file, as faasd does.
func put(t *testing.T, path, content string, at time.Time) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func reads(t *testing.T, f *files, path, want string) {
	t.Helper()
	if b, err := f.read(path); err != nil || string(b) != want {
		t.Errorf("read %q, %v; want %q", b, err, want)
	}
}
