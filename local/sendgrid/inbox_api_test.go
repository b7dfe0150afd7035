package sendgrid_test

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInboxAPI(t *testing.T) {
	t.Parallel()

	t.Run("lists oldest first, answers one, and is emptied", func(t *testing.T) {
		t.Parallel()

		s := setup(t, "")
		first, _ := s.send(t, letter)
		second, _ := s.send(t, letter)
		ids := func() []string {
			ids := []string{}
			for _, m := range s.messages(t) {
				ids = append(ids, m.MessageID)
			}
			return ids
		}
		want := []string{first.Header.Get("X-Message-Id"), second.Header.Get("X-Message-Id")}
		if diff := cmp.Diff(want, ids()); diff != "" {
			t.Error(diff)
		}
		if resp, text := do(t, "GET", s.inbox+"/api/messages/"+want[1], ""); resp.Status != 200 || !strings.Contains(text, want[1]) {
			t.Errorf("%d %s", resp.Status, text)
		}
		if resp, _ := do(t, "GET", s.inbox+"/api/messages/nothing", ""); resp.Status != 404 {
			t.Errorf("%d for a message that is not there", resp.Status)
		}
		if resp, _ := do(t, "DELETE", s.inbox+"/api/messages", ""); resp.Status/100 != 2 {
			t.Errorf("DELETE: %d", resp.Status)
		}
		if diff := cmp.Diff([]string{}, ids()); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("takes mails from many at once and loses none", func(t *testing.T) {
		t.Parallel()

		s := setup(t, filepath.Join(t.TempDir(), "inbox"))
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { s.send(t, letter) })
		}
		wg.Wait()
		seen := map[string]bool{}
		for _, m := range s.messages(t) {
			seen[m.MessageID] = true
		}
		if len(seen) != 50 {
			t.Errorf("%d messages", len(seen))
		}
	})
}
