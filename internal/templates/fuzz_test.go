package templates_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"handler/function/internal/templates"
)

var mistakeForm = regexp.MustCompile(`^(?:t/body\.html|partials/p)\.hbs:(\d+): .`)

// FuzzRead: any file can be rendered, checked and published, and its branches counted, or it is
// refused, each mistake with its line.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"{{#each a}}{{@index}}{{../b}}{{else}}x{{/each}}", "{{> p}}\n  {{> p}}", "{{!-- {{> p}} --}}",
		"<a href=\"{{a}}\">{{#if a}}\n<a href=''>{{/if}}\n{{> p}}", "{{a.metadata.b}}{{formatDate a \"MMMM\"}}",
		"{{#if a}}{{else equals a \"b\"}}{{formatDate a \"YYYY\" \"-0800\"}}{{/if}}", "{{@root.a}}{{@this}}{{..}}{{.}}",
		"{{#if a}}\n{{#each b}}\r\n{{/if}}", "{x}}{{x}\n{{{x}}{{x}}}", "{{#if\n a}}\n{{upper\n b}}{{/if}}", "{{!-- {{a \"b\n\xe9",
		"{{insert a.[b c] 3.5}}{{#greaterThan (length a) -1}}{{/greaterThan}}", "{{{{a}}}}\\{{a}}{{~^&*#>a}}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := templates.Read(folder(text, files{"partials/p.hbs": "{{a}}\n"}))
		if err != nil {
			for _, mistake := range lines(err) {
				parts := mistakeForm.FindStringSubmatch(mistake)
				if parts == nil {
					t.Fatalf("no line is named in %q", mistake)
				}
				if n, _ := strconv.Atoi(parts[1]); n < 1 || n > 1+strings.Count(text, "\n")+strings.Count(text, "\r") {
					t.Errorf("there is no line %d: %s", n, mistake)
				}
			}
			return
		}
		c := templates.NewCoverage(s)
		for _, data := range []any{nil, 1, []int{1}, map[string]any{"a": []any{1, map[string]any{"b": nil}}, "b": "c"}} {
			for _, tmpl := range s.All() {
				_, _ = tmpl.Render(data)
				_, _ = tmpl.Check(data, nil)
				tmpl.Published()
				_, _ = c.Check(tmpl.FullName(), data, []string{"b"})
			}
		}
		if rendered, all := c.Branches(); rendered > all || rendered < all && c.Unrendered() == nil {
			t.Errorf("%d of %d branches are rendered, and those that are not: %v", rendered, all, c.Unrendered())
		}
	})
}
