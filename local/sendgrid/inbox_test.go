package sendgrid

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fill(t *testing.T, b *inbox, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		m := Message{fmt.Sprint(i), "2026-11-24T12:00:00.000Z", json.RawMessage(`{"a":"<&>"}`), map[string]string{"X": "y"}}
		if err := b.add(m); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, path string) *inbox {
	t.Helper()
	b, err := openInbox(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ids(b *inbox) []string {
	ids := []string{}
	messages := b.all()
	for _, m := range messages {
		ids = append(ids, m.MessageID)
	}
	return ids
}

func TestInboxFile(t *testing.T) {
	t.Parallel()

	t.Run("gives a restarted inbox what it held", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), "inbox.jsonl")
		b := open(t, path)
		fill(t, b, 0, 3)
		want := b.all()
		got := open(t, path).all()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("others can read the mails: %v, %v", info.Mode(), err)
		}
	})

	t.Run("stays empty once it was emptied", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), "inbox.jsonl")
		b := open(t, path)
		fill(t, b, 0, 3)
		if err := b.clear(); err != nil {
			t.Fatal(err)
		}
		fill(t, b, 3, 4)
		if diff := cmp.Diff([]string{"3"}, ids(open(t, path))); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("drops a last line that was cut short, and writes on after it", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), "inbox.jsonl")
		fill(t, open(t, path), 0, 2)
		file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteString(`{"message_id":"torn"`); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		fill(t, open(t, path), 2, 3)
		if diff := cmp.Diff([]string{"0", "1", "2"}, ids(open(t, path))); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("names the line that it cannot read", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), "inbox.jsonl")
		if err := os.WriteFile(path, []byte("{}\nnonsense\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := New(Options{File: path}); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("err = %v", err)
		}
	})

	t.Run("keeps the newest, and the file from growing without end", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), "inbox.jsonl")
		b := open(t, path)
		fill(t, b, 0, 2*maxMessages+5)
		got := ids(b)
		if len(got) != maxMessages || got[0] != fmt.Sprint(maxMessages+5) || got[maxMessages-1] != fmt.Sprint(2*maxMessages+4) {
			t.Errorf("%d messages, %s to %s", len(got), got[0], got[len(got)-1])
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(raw), "\n"); n != maxMessages+5 {
			t.Errorf("the file has %d lines", n)
		}
		if diff := cmp.Diff(got, ids(open(t, path))); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("does not accept what it cannot keep", func(t *testing.T) {
		t.Parallel()

		b := &inbox{file: &messageFile{path: filepath.Join(t.TempDir(), "no", "such", "folder")}}
		if err := b.add(Message{MessageID: "1", Request: json.RawMessage(`{}`)}); err == nil || len(ids(b)) != 0 {
			t.Errorf("err %v, %v", err, ids(b))
		}
	})
}
