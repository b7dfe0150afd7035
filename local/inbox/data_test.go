package inbox

import (
	"strings"
	"testing"
)

func TestParseData(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		"{\n  \"a\": 1,\n  \"b\": 2,\n}":      "template data:3: the comma before } is one too many | \"b\": 2,",
		"{\"a\": [1,\n2,\n]}":                 "template data:2: the comma before ] is one too many | 2,",
		"{\n  \"a\": \"x\"\n  \"b\": 2\n}":    `template data:2: a comma is missing before "b": | "a": "x"`,
		"{\n  \"a\": [1 2]\n}":                `template data:2: a comma is missing before 2] | "a": [1 2]`,
		"{\n  \"a\" 1\n}":                     `template data:2: a colon is missing before 1 | "a" 1`,
		"{\n  \"a\": \"x,\n  \"b\": 2\n}":     `template data:2: a " is missing at the end of the line; a line break within text is \n | "a": "x,`,
		"{\n  “a”: 1\n}":                      `template data:2: a name is in double quotes, as in "total" | “a”: 1`,
		"{\n  \"a\": 'x'\n}":                  `template data:2: text is in straight double quotes: "…" | "a": 'x'`,
		"{\n  \"a\": nul\n}":                  `template data:2: nul cannot stand here | "a": nul`,
		"{\n  a: 1\n}":                        `template data:2: a name is in double quotes, as in "total" | a: 1`,
		"{\n  \"a\": {\n    \"b\": 1\n  \n\n": `template data:3: it ends too early: a ", a } or a ] is missing | "b": 1`,
		"":                                    `template data:1: it ends too early: a ", a } or a ] is missing | `,
		"{}\n\n{}":                            `template data:3: {} follows the end of the object | {}`,
		"[1]":                                 "template data: it is a JSON object, from { to } | ",
		"null":                                "template data: it is a JSON object, from { to } | ",
		`{"a": "\q"}`:                         `template data:1: "\q"} cannot stand here | {"a": "\q"}`,
		`{"a" ` + strings.Repeat("x", 50):     "template data:1: a colon is missing before " + strings.Repeat("x", 20) + ` | {"a" ` + strings.Repeat("x", 50),
		"{\"a\": \"\xff\"}":                   "",
		`{"a": {"b": [1, "x", null]}}`:        "",
	} {
		data, p := parseData(text)
		got := ""
		if p != nil {
			got = p.String() + " | " + p.Source
		}
		if got != want || p == nil && string(data) != text {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}
