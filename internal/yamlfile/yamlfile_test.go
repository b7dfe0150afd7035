package yamlfile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/typed"
	"handler/function/internal/yamlfile"
)

func TestParseTellsWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()

	const indentation = "check the indentation: by %, this line fits nothing above it"
	indented := func(by string) string { return strings.Replace(indentation, "%", by, 1) }
	for name, c := range map[string]struct {
		file string
		line int
		want string
	}{
		"one space short in a mapping":            {"from:\n  email: x\n name: y\nz: 1\n", 3, indented("1")},
		"one space short in a list's entry":       {"a:\n  - b: 1\n    c:\n      d: 1\n   e:\n      - f\nx: y\n", 5, indented("3")},
		"one space short before a hyphen":         {"a:\n  b:\n    - c\n   - d\ne: f\n", 4, indented("3")},
		"one space too many":                      {"a:\n  b: 1\n   c: 2\nd: 3\n", 3, "a field cannot stand here: check the indentation, and put quotes around a text with a colon in it"},
		"a list among fields":                     {"a: 1\n- b\n", 2, indented("0")},
		"a tab":                                   {"a:\n  b: 1\n\tc: 2\nd: 3\n", 3, "this line is indented by a tab: indent by spaces"},
		"a tab on the first line within":          {"a:\n\tb: 1\n", 2, "this line is indented by a tab: indent by spaces"},
		"spaces, and then a tab":                  {"a:\n  b:\n  \t- 1\n", 3, "this line is indented by a tab: indent by spaces"},
		"a no-break space":                        {"a:\n  b: c\n   \u00a0d: e\n", 3, "this line is indented by a no-break space (U+00A0): indent by spaces"},
		"a no-break space in the line above":      {"a:\n\u00a0 b: c\n  d: e\n", 2, "this line is indented by a no-break space (U+00A0): indent by spaces"},
		"a colon in a text":                       {"a: 1\nb: c: d\n", 2, "a field cannot stand here: check the indentation, and put quotes around a text with a colon in it"},
		"a colon in a text of the first line":     {"a: b: c", 1, "a field cannot stand here: check the indentation, and put quotes around a text with a colon in it"},
		"no colon above a list":                   {"a: 1\nadmins\n  - b\nseries: c\n", 2, "there is no colon after admins"},
		"no colon above a list at the top":        {"admins\n  - b\nseries: c\n", 1, "there is no colon after admins"},
		"no colon above fields":                   {"a:\n  - n: 1\n    match\n      p: 1\n", 3, "there is no colon after match"},
		"too far right under a list's entry":      {"a:\n  - prod_b\n   c: d\n", 3, "a field cannot stand here: check the indentation, and put quotes around a text with a colon in it"},
		"no colon in the last line but one":       {"a: 1\nb c\nd: e\n", 2, "a field's name needs a colon after it, and a space after that"},
		"a quote without an end":                  {"a: 1\nb: \"c\nd: e\nf: g\n", 2, "a quote that begins in this line does not end"},
		"a quote without an end after a long one": {"a: 'x\n  y'\nb: 'c\nd: e\n", 3, "a quote that begins in this line does not end"},
		"a quote within quotes":                   {"a: 1\nb: 'it's'\nc: 2\n", 2, indented("0")},
		"a bracket without an end":                {"a: 1\nb: [c, d\ne: f\ng: h\n", 2, "the list in brackets is wrong here: it needs a comma between two entries, and a ] at its end"},
		"a brace without an end":                  {"a: 1\nb: {c: d\ne: f\n", 2, "what is in braces is wrong here: it needs a comma between two fields, and a } at its end"},
		"a bracket without an end in the end":     {"a: 1\nb: [c,\n", 2, "a bracket or brace that begins in this line does not end"},
		"a bracket too many":                      {"a: 1\nb: [c, d]]\ne: f\n", 2, indented("0")},
		"an @":                                    {"a: 1\nb: @c\n", 2, "a text that begins with this character needs quotes around it"},
		"a *":                                     {"a: 1\nb: *c\nd: e\n", 2, "a text that begins with * needs quotes around it"},
		"a * in bold":                             {"a: 1\nb: **c**\nd: e\n", 2, "a text that begins with & or * needs quotes around it"},
		"an &":                                    {"a: 1\nb: & Sons\nd: e\n", 2, "a text that begins with & or * needs quotes around it"},
		"a |":                                     {"a: 1\nb: |x\n", 2, "a text that begins with | or > needs quotes around it"},
		"a second document":                       {"# x\n---\na: 1\n---\nb: 2\n", 4, "--- begins a second document: remove this line"},
		"a second document that is wrong":         {"a: 1\n---\nb: [\n", 2, "--- begins a second document: remove this line"},
		"the marks of a merge":                    {"a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> x\n", 2, "a merge has left its conflict marks here: choose one of the two versions"},
		"Latin-1":                                 {"a: 1\nb: \xe9\n", 2, "this line is not UTF-8: save the file as UTF-8"},
		"a control character":                     {"a: 1\nb: x\x07\n", 2, "there is an invisible character (U+0007) in this line: delete it"},
		"a line break of another kind":            {"a: 1\nb: x\u2028c: 1\n", 2, "there is an invisible character (U+2028) in this line: delete it"},
		"a byte order mark within":                {"a: 1\n\ufeffb: 1\n", 2, "there is a zero-width space (U+FEFF) in this line: delete it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			for _, file := range []string{c.file, strings.ReplaceAll(c.file, "\n", "\r\n"), "\ufeff" + c.file} {
				_, bad := yamlfile.Parse([]byte(file))
				if diff := cmp.Diff(&typed.Mistake{Line: c.line, What: c.want}, bad); diff != "" {
					t.Errorf("%q (-want +got):\n%s", file, diff)
				}
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()

	for _, file := range []string{"a: 1\nb: [c]\n", "\ufeffa: 1\r\nb: [c]\r\n", "---\na: 1\nb: [c]\n...\n", "%YAML 1.1\n---\na: 1\nb: [c]"} {
		n, bad := yamlfile.Parse([]byte(file))
		if bad != nil || len(n.Content) != 4 || n.Content[2].Value != "b" {
			t.Errorf("%q: %+v, %v", file, n, bad)
		}
	}
	for _, file := range []string{"", "\n", "# nothing\n", "\ufeff"} {
		if n, bad := yamlfile.Parse([]byte(file)); n != nil || bad != nil {
			t.Errorf("%q: %+v, %v", file, n, bad)
		}
	}
}

// A search for the line of a mistake parses the file often: a very long one must not take minutes.
func TestParseALongFile(t *testing.T) {
	t.Parallel()

	_, bad := yamlfile.Parse([]byte(strings.Repeat("a:\n  - b\n", 20_000) + " c: d\n"))
	if bad == nil || bad.Line < 1 || bad.Line > 40_001 {
		t.Errorf("got %v", bad)
	}
}
