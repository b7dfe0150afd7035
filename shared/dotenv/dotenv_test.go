package dotenv_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/shared/dotenv"
)

func TestRead(t *testing.T) {
	t.Parallel()

	t.Run("takes values as they are", func(t *testing.T) {
		t.Parallel()

		got, err := dotenv.Read(file(t, 0o600, "# the shop's\n\nA=1\nexport B = 'two words'\nC=\"p$w#rd\"\nD=mongodb://u:a$b#c@h/?x=1&y=2\nE=it's\nF=\n"))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"A": "1", "B": "two words", "C": "p$w#rd", "D": "mongodb://u:a$b#c@h/?x=1&y=2", "E": "it's", "F": ""}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("need not be there", func(t *testing.T) {
		t.Parallel()

		if got, err := dotenv.Read(filepath.Join(t.TempDir(), ".env")); got != nil || err != nil {
			t.Errorf("%v, %v", got, err)
		}
	})

	t.Run("is refused where others may read it, with what to do", func(t *testing.T) {
		t.Parallel()

		for _, mode := range []os.FileMode{0o640, 0o604, 0o644} {
			path := file(t, mode, "STRIPE_API_KEY=sk_live_secret\n")
			_, err := dotenv.Read(path)
			if err == nil || !strings.Contains(err.Error(), "chmod 600 "+path) || strings.Contains(err.Error(), "sk_live") {
				t.Errorf("%o: %v", mode, err)
			}
		}
	})

	t.Run("names the line that it does not understand, and shows nothing of it", func(t *testing.T) {
		t.Parallel()

		_, err := dotenv.Read(file(t, 0o600, "A=1\nsk_live_secret\n"))
		if err == nil || !strings.Contains(err.Error(), ".env:2:") || strings.Contains(err.Error(), "sk_live") {
			t.Errorf("%v", err)
		}
	})
}

func TestSet(t *testing.T) {
	t.Parallel()

	const name = "SEND_EMAIL_KEY"
	for _, c := range []struct{ name, before, after string }{
		{"in its empty line", "A=1\n# of the functions\nSEND_EMAIL_KEY=\nB=2\n", "A=1\n# of the functions\nSEND_EMAIL_KEY=n$1w\nB=2\n"},
		{"in place of the one before", "export SEND_EMAIL_KEY = 'old'", "SEND_EMAIL_KEY=n$1w"},
		{"in each of its lines, of which the last one counts", "SEND_EMAIL_KEY=a\nSEND_EMAIL_KEY=b\n", "SEND_EMAIL_KEY=n$1w\nSEND_EMAIL_KEY=n$1w\n"},
		{"at the end, after the last line's end", "A=1", "A=1\nSEND_EMAIL_KEY=n$1w\n"},
		{"beside names that are like it", "#SEND_EMAIL_KEY=\nMY_SEND_EMAIL_KEY=1\nSEND_EMAIL_KEYS=2\n", "#SEND_EMAIL_KEY=\nMY_SEND_EMAIL_KEY=1\nSEND_EMAIL_KEYS=2\nSEND_EMAIL_KEY=n$1w\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()

			path := file(t, 0o600, c.before)
			if err := dotenv.Set(path, name, "n$1w"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.after, read(t, path)); diff != "" {
				t.Error(diff)
			}
			if got, err := dotenv.Read(path); got[name] != "n$1w" || err != nil {
				t.Errorf("it is read as %q, %v", got[name], err)
			}
		})
	}

	t.Run("creates the file, readable only by its owner", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), ".env")
		if err := dotenv.Set(path, name, "new"); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		alone(t, path)
	})

	t.Run("writes through a link", func(t *testing.T) {
		t.Parallel()

		path := file(t, 0o600, "A=1\n")
		link := filepath.Join(t.TempDir(), ".env")
		if err := os.Symlink(path, link); err != nil {
			t.Fatal(err)
		}
		if err := dotenv.Set(link, name, "new"); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != "A=1\nSEND_EMAIL_KEY=new\n" {
			t.Errorf("it is %q", got)
		}
		alone(t, path)
	})
}

// alone holds that nothing lies beside a file.
func alone(t *testing.T, path string) {
	t.Helper()
	all, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(all) != 1 {
		t.Errorf("beside it are %v, %v", all, err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func file(t *testing.T, mode os.FileMode, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}
