package sendgrid

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fill(t *testing.T, s *Service, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		m := Message{fmt.Sprint(i), "2026-11-24T12:00:00.000Z", json.RawMessage(`{"a":"<&>"}`), map[string]string{"X": "y"}}
		if err := s.inbox.add(m); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, path string) *Service {
	t.Helper()
	s, err := New(Options{File: path})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ids(s *Service) []string {
	ids := []string{}
	for _, m := range s.Messages() {
		ids = append(ids, m.MessageID)
	}
	return ids
}

func TestInboxFile(t *testing.T) {
	t.Parallel()

	t.Run("gives a restarted inbox what it held", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), "inbox.jsonl")
		s := open(t, path)
		fill(t, s, 0, 3)
		if diff := cmp.Diff(s.Messages(), open(t, path).Messages()); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("stays empty once it was emptied", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), "inbox.jsonl")
		s := open(t, path)
		fill(t, s, 0, 3)
		if err := s.inbox.clear(); err != nil {
			t.Fatal(err)
		}
		fill(t, s, 3, 4)
		if diff := cmp.Diff([]string{"3"}, ids(open(t, path))); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("keeps the newest", func(t *testing.T) {
		t.Parallel()

		path := filepath.Join(t.TempDir(), "inbox.jsonl")
		s := open(t, path)
		fill(t, s, 0, maxMessages+5)
		got := ids(s)
		if len(got) != maxMessages || got[0] != "5" || got[maxMessages-1] != fmt.Sprint(maxMessages+4) {
			t.Errorf("%d messages, %s to %s", len(got), got[0], got[len(got)-1])
		}
		if diff := cmp.Diff(got, ids(open(t, path))); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("does not accept what it cannot keep", func(t *testing.T) {
		t.Parallel()

		s := open(t, filepath.Join(t.TempDir(), "no", "such", "folder"))
		if err := s.inbox.add(Message{MessageID: "1", Request: json.RawMessage(`{}`)}); err == nil || len(ids(s)) != 0 {
			t.Errorf("err %v, %v", err, ids(s))
		}
	})
}
