package screen_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/cmd/tillbell/screen"
)

func TestTable(t *testing.T) {
	t.Parallel()

	rows := [][]screen.Cell{
		{{Text: "cs_1"}, {Text: "done", Tone: screen.Good}, {Text: "José"}},
		{{Text: "cs_22"}, {Text: ""}, {Text: "a\x1b[2Jb\n"}},
	}
	t.Run("has columns, and nothing of a customer's that moves the cursor", func(t *testing.T) {
		t.Parallel()

		var out strings.Builder
		screen.Screen{Out: &out}.Table([]string{"ORDER", "STATE", "NAME"}, rows)
		const want = "ORDER  STATE  NAME\ncs_1   done   José\ncs_22         a\uFFFD[2Jb\uFFFD\n"
		if d := cmp.Diff(want, out.String()); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})

	t.Run("needs no headings", func(t *testing.T) {
		t.Parallel()

		var out strings.Builder
		screen.Screen{Out: &out}.Table(nil, [][]screen.Cell{{{Text: "State"}, {Text: "done"}}, {{Text: "Customer"}, {Text: "Ada"}}})
		if d := cmp.Diff("State     done\nCustomer  Ada\n", out.String()); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})

	t.Run("has colours where they can be seen, and columns all the same", func(t *testing.T) {
		t.Parallel()

		var out strings.Builder
		screen.Screen{Out: &out, Colour: true}.Table([]string{"A", "B"}, [][]screen.Cell{{{Text: "x", Tone: screen.Bad}, {Text: "y"}}})
		const want = "\x1b[2mA\x1b[0m  \x1b[2mB\x1b[0m\n\x1b[31mx\x1b[0m  y\n"
		if d := cmp.Diff(want, out.String()); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}

func TestValue(t *testing.T) {
	t.Parallel()

	var out strings.Builder
	if err := (screen.Screen{Out: &out}).Value(map[string]string{"name": `<b>&`}); err != nil || out.String() != "{\n  \"name\": \"<b>&\"\n}\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}
