package doctor

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReport(t *testing.T) {
	t.Parallel()

	look := func(f Finding) func(context.Context) Finding { return func(context.Context) Finding { return f } }
	groups := []Group{
		{"Before", []Check{{Name: "a", Look: look(ok("a is right"))}, {Name: "b", Look: look(wrong("mend it", "b is wrong"))}}},
		{"After", []Check{{Name: "c", Needs: []string{"b"}, Look: look(ok("c is right"))}}},
	}
	t.Run("is JSON for programs", func(t *testing.T) {
		t.Parallel()

		got, err := json.Marshal(NewReport(t.Context(), "the laptop", groups))
		const want = `{"system":"the laptop","wrong":1,"groups":[` +
			`{"title":"Before","findings":[{"state":"ok","text":"a is right"},{"state":"wrong","text":"b is wrong","more":"mend it"}]},` +
			`{"title":"After","findings":[{"state":"unknown","text":"c","more":"first, b"}]}]}`
		if d := cmp.Diff(want, string(got)); err != nil || d != "" {
			t.Errorf("%v (-want +got):\n%s", err, d)
		}
	})

	t.Run("is lines for people", func(t *testing.T) {
		t.Parallel()

		var out strings.Builder
		wrongs := Run(t.Context(), &out, groups)
		const want = "Before\n  ✓ a is right\n  ✗ b is wrong: mend it\n\nAfter\n  – c: not checked: first, b\n"
		if d := cmp.Diff(want, out.String()); wrongs != 1 || d != "" {
			t.Errorf("%d (-want +got):\n%s", wrongs, d)
		}
	})
}
