package templates_test

import (
	"testing"

	"handler/function/internal/templates"

	"github.com/google/go-cmp/cmp"
)

func TestCoverage(t *testing.T) {
	t.Parallel()

	set := read(t, "{{> hello}}\n{{#each items}}\n{{this}}\n{{else}}\nnothing\n{{/each}}", files{
		"t.de/subject.hbs": "Hallo", "t.de/body.html.hbs": "{{> hello}}", "t.de/body.txt.hbs": "Hallo",
		"partials/hello.hbs":    "{{#if name}}\nHello {{name}}\n{{else if email}}\nHello {{email}}\n{{else}}\nHello\n{{/if}}\n{{> bye}}",
		"partials/bye.hbs":      "{{#unless name}}Bye{{/unless}}",
		"partials/bye.de.hbs":   "\n{{#unless name}}Tschüss{{/unless}}",
		"partials/unused.hbs":   "{{#if name}}x{{/if}}",
		"partials/hello.it.hbs": "Ciao",
	})
	c := templates.NewCoverage(set)
	for _, step := range []struct {
		template string
		data     map[string]any
		rendered int
		left     []string
	}{
		{"t", map[string]any{"name": "Ada", "email": "", "items": []int{1}}, 2, []string{
			"partials/bye.de.hbs:2: no sample order renders what follows {{#unless name}}",
			"partials/bye.hbs:1: no sample order renders what follows {{#unless name}}",
			"partials/hello.hbs:3: no sample order renders what follows {{else if email}}",
			"partials/hello.hbs:5: no sample order renders what follows {{else}}",
			"partials/hello.it.hbs:1: no template includes it",
			"partials/unused.hbs:1: no template includes it",
			"t/body.html.hbs:4: no sample order renders what follows {{else}}",
		}},
		{"t.de", map[string]any{"name": "", "email": "a", "items": []int{}}, 4, []string{
			"partials/bye.hbs:1: no sample order renders what follows {{#unless name}}",
			"partials/hello.hbs:5: no sample order renders what follows {{else}}",
			"partials/hello.it.hbs:1: no template includes it",
			"partials/unused.hbs:1: no template includes it",
			"t/body.html.hbs:4: no sample order renders what follows {{else}}",
		}},
		{"t", map[string]any{"name": "", "email": "", "items": []int{}}, 7, []string{
			"partials/hello.it.hbs:1: no template includes it",
			"partials/unused.hbs:1: no template includes it",
		}},
	} {
		if _, err := c.Check(step.template, step.data, nil); err != nil {
			t.Fatal(err)
		}
		if rendered, all := c.Branches(); rendered != step.rendered || all != 7 {
			t.Errorf("%s: %d of %d branches, want %d of 7", step.template, rendered, all, step.rendered)
		}
		if d := cmp.Diff(step.left, lines(c.Unrendered())); d != "" {
			t.Errorf("%s (-want +got):\n%s", step.template, d)
		}
	}
}
