package watch

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// setup is a folder with a template and a file beside it, both watched, and one more file that is
// not.
func setup(t *testing.T) (string, *Watcher) {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "templates/receipt/subject.hbs", "Thank you")
	write(t, dir, "catalogue.yml", "from: me")
	write(t, dir, "handler.go", "package function")
	return dir, New(filepath.Join(dir, "catalogue.yml"), filepath.Join(dir, "templates"), filepath.Join(dir, "missing.yml"))
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// mustNext waits for the next change, and wants it to be of those paths below a folder.
func mustNext(t *testing.T, w *Watcher, dir string, want ...string) Change {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := w.Next(ctx)
	if err != nil {
		t.Fatalf("no change: %v", err)
	}
	var got []string
	for _, path := range c.Paths {
		name, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, name)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("what changed (-want +got):\n%s", d)
	}
	return c
}

func TestNext(t *testing.T) {
	t.Parallel()

	t.Run("tells of several files that were saved together as one change", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			dir, w := setup(t)
			began := time.Now()
			write(t, dir, "catalogue.yml", "from: you")
			write(t, dir, "templates/receipt/subject.hbs", "Thanks")
			c := mustNext(t, w, dir, "catalogue.yml", "templates/receipt/subject.hbs")
			if c.At.Before(began) || time.Since(began) > 3*Every {
				t.Errorf("seen after %s, told after %s", c.At.Sub(began), time.Since(began))
			}
		})
	})

	t.Run("waits for a file that is being written", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			dir, w := setup(t)
			began := time.Now()
			go func() {
				text := ""
				for range 20 {
					text += "more\n"
					write(t, dir, "catalogue.yml", text)
					time.Sleep(Every * 9 / 10)
				}
			}()
			mustNext(t, w, dir, "catalogue.yml")
			if span := time.Since(began); span < 19*Every*9/10 {
				t.Errorf("told after %s, half-way", span)
			}
		})
	})

	t.Run("knows of what is made, renamed and removed, at any depth", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			dir, w := setup(t)
			write(t, dir, "templates/poster/subject.hbs", "Your poster")
			mustNext(t, w, dir, "templates/poster", "templates/poster/subject.hbs")
			write(t, dir, "new.yml", "from: somebody else")
			if err := os.Rename(filepath.Join(dir, "new.yml"), filepath.Join(dir, "catalogue.yml")); err != nil {
				t.Fatal(err)
			}
			mustNext(t, w, dir, "catalogue.yml")
			if err := os.RemoveAll(filepath.Join(dir, "templates", "poster")); err != nil {
				t.Fatal(err)
			}
			mustNext(t, w, dir, "templates/poster", "templates/poster/subject.hbs")
			write(t, dir, "missing.yml", "found")
			mustNext(t, w, dir, "missing.yml")
		})
	})

	// The catalogue's change, which comes after them, is the next one.
	t.Run("leaves out other files, and what editors leave", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			dir, w := setup(t)
			for _, name := range []string{"handler.go", "templates/.DS_Store", "templates/receipt/.subject.hbs.swp", "templates/receipt/subject.hbs~", "templates/.git/config"} {
				write(t, dir, name, "something else")
			}
			time.Sleep(3 * Every)
			write(t, dir, "catalogue.yml", "from: you")
			mustNext(t, w, dir, "catalogue.yml")
		})
	})

	t.Run("tells of a change that came before it was asked", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			dir, w := setup(t)
			write(t, dir, "catalogue.yml", "from: you")
			mustNext(t, w, dir, "catalogue.yml")
			write(t, dir, "catalogue.yml", "from: nobody")
			time.Sleep(time.Hour)
			mustNext(t, w, dir, "catalogue.yml")
		})
	})

	t.Run("ends with its context", func(t *testing.T) {
		t.Parallel()

		synctest.Test(t, func(t *testing.T) {
			_, w := setup(t)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if c, err := w.Next(ctx); err == nil {
				t.Errorf("got %v", c)
			}
		})
	})
}

func TestStays(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		dir, w := setup(t)
		write(t, dir, "catalogue.yml", "half")
		mustNext(t, w, dir, "catalogue.yml")
		if !w.Stays(t.Context(), time.Second) {
			t.Error("it is not as it was, and nobody changed it")
		}
		go func() {
			time.Sleep(time.Second / 2)
			write(t, dir, "catalogue.yml", "all of it")
		}()
		if w.Stays(t.Context(), time.Second) {
			t.Error("it stays half")
		}
		mustNext(t, w, dir, "catalogue.yml")
	})
}
