package jsonl_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/local/jsonl"
)

type record struct{ Text string }

// owner keeps the newest three records, in a file that may grow by six.
type owner struct {
	*jsonl.File[record]
	records []record
}

func open(t *testing.T, path string) *owner {
	t.Helper()
	o := &owner{}
	file, err := jsonl.Open(path, 6, func(r record) error { o.keep(r); return nil }, func() []record { return o.records })
	if err != nil {
		t.Fatal(err)
	}
	o.File = file
	return o
}

func (o *owner) keep(r record) {
	o.records = append(o.records, r)
	o.records = o.records[max(0, len(o.records)-3):]
}

func (o *owner) add(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := o.Append(record{text}); err != nil {
			t.Fatal(err)
		}
		o.keep(record{text})
	}
}

func (o *owner) mustHold(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, r := range o.records {
		got = append(got, r.Text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func mustHaveLines(t *testing.T, path string, want int) {
	t.Helper()
	text, err := os.ReadFile(path)
	if got := strings.Count(string(text), "\n"); err != nil || got != want {
		t.Errorf("%d lines, want %d: %v\n%s", got, want, err, text)
	}
}

func mustBePrivate(t *testing.T, path string) {
	t.Helper()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others can read the file: %v, %v", info.Mode(), err)
	}
}

func TestFile(t *testing.T) {
	t.Parallel()

	t.Run("gives a new process the records as they were, to its user alone", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), "records")
		open(t, path).add(t, "a", "<&>\n")
		open(t, path).mustHold(t, "a", "<&>\n")
		if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "<&>") {
			t.Errorf("written as %s, %v", text, err)
		}
		mustBePrivate(t, path)
		if err := open(t, path).Rewrite(); err != nil {
			t.Fatal(err)
		}
		mustBePrivate(t, path)
	})

	t.Run("drops a last line that was cut short, and writes on after it", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), "records")
		open(t, path).add(t, "a")
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(whole, `{"Text":"torn"`...), 0o600); err != nil {
			t.Fatal(err)
		}
		open(t, path).add(t, "b")
		open(t, path).mustHold(t, "a", "b")
	})

	t.Run("names the line that it cannot read", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), "records")
		if err := os.WriteFile(path, []byte("{}\nnonsense\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := jsonl.Open(path, 6, func(record) error { return nil }, func() []record { return nil })
		if err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("err = %v", err)
		}
	})

	t.Run("is written anew while it grows, and by a new process", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), "records")
		o := open(t, path)
		o.add(t, "1", "2", "3", "4", "5", "6")
		mustHaveLines(t, path, 6)
		o.add(t, "7")
		mustHaveLines(t, path, 4)
		o.add(t, "8", "9", "10", "11", "12")
		mustHaveLines(t, path, 9)
		open(t, path).mustHold(t, "10", "11", "12")
		mustHaveLines(t, path, 3)
	})

	t.Run("reports what it could not keep", func(t *testing.T) {
		t.Parallel()

		o := open(t, filepath.Join(t.TempDir(), "no", "such", "folder"))
		if err := o.Append(record{"a"}); err == nil {
			t.Error("no error")
		}
	})

	t.Run("keeps nothing without a path", func(t *testing.T) {
		t.Parallel()

		o := open(t, "")
		o.add(t, "a")
		if err := o.Rewrite(); err != nil || o.File != nil {
			t.Errorf("%v, %v", o.File, err)
		}
	})
}
