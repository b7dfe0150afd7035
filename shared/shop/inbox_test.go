package shop

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadInbox(t *testing.T) {
	t.Parallel()

	t.Run("gives each mail with what it says it is", func(t *testing.T) {
		t.Parallel()

		got, err := readInbox([]byte(`[
			{"message_id": "1", "received_at": "2026-03-04T05:06:07.008Z",
				"request": {"personalizations": [{"custom_args": {"order": "cs_1", "delivery": "cs_1/a"}}]}},
			{"message_id": "2", "received_at": "2026-03-04T05:06:07.000Z", "request": {"personalizations": [{}]}}
		]`))
		if err != nil {
			t.Fatal(err)
		}
		want := []Mail{{"cs_1", "cs_1/a", today.Add(8 * time.Millisecond)}, {AcceptedAt: today}}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})

	t.Run("does not take what is no inbox for an empty one", func(t *testing.T) {
		t.Parallel()

		if _, err := readInbox([]byte("<html>")); err == nil {
			t.Error("no error")
		}
	})
}
