package templates_test

import (
	"testing"

	"handler/function/internal/templates"
)

// Each mistake is one line, though what it quotes goes over two.
func TestMistakesAreOneLine(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]string{
		"{{\n}}":                               "t/body.html.hbs:1: there is no name in {{ }}",
		"{{else\n}}":                           "t/body.html.hbs:1: {{else }} stands outside of all blocks: it belongs between {{#if …}} and {{/if}}",
		"{{#if a}}{{else}}{{else\r\n}}{{/if}}": "t/body.html.hbs:1: {{else }} comes after the {{else}} on line 1: a block has one at its end",
	} {
		if _, err := templates.Read(folder(text, files{})); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
