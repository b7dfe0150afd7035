package templates_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWarnings(t *testing.T) {
	t.Parallel()

	const names = ": SendGrid writes the names of months and days, and AM and PM, in English: write numbers, such as DD.MM.YYYY"
	unknown := func(key string) string { return ": no sample order and no metadata_keys entry has metadata." + key }
	data := map[string]any{
		"date": map[string]any{"at": "2024-11-23T22:13:20Z"}, "metadata": map[string]any{"size": "M"},
		"items": []any{map[string]any{"metadata": map[string]any{}}},
	}
	for html, want := range map[string][]string{
		"{{metadata.size}}{{metadata.pdf_url}}{{metadata.[download url]}}": nil,
		"\n{{metadata.pdf_ulr}}":         {"t.de/body.html.hbs:2" + unknown("pdf_ulr") + ": did you mean pdf_url?"},
		"{{metadata.pdfurl}}":            {"t.de/body.html.hbs:1" + unknown("pdfurl") + ": did you mean pdf_url?"},
		"{{metadata.colour}}":            {"t.de/body.html.hbs:1" + unknown("colour")},
		"{{#if metadata.colour}}{{/if}}": {"t.de/body.html.hbs:1" + unknown("colour")},
		"{{#each items}}\n{{metadata.a}}\n{{@root.metadata.b}}{{../metadata.c}}\n{{/each}}": {"t.de/body.html.hbs:2" + unknown("a"), "t.de/body.html.hbs:3" + unknown("b"), "t.de/body.html.hbs:3" + unknown("c")},
		"{{#each metadata}}{{this}}{{/each}}":                                               nil,
		`{{formatDate date.at "DD.MM.YYYY, HH:mm"}}`:                                        nil,
		"\n" + `{{formatDate date.at "D MMMM YYYY"}}`:                                       {"t.de/body.html.hbs:2" + names},
		`{{formatDate date.at "ddd D.M."}}{{formatDate date.at "h:mm A"}}`:                  {"t.de/body.html.hbs:1" + names},
	} {
		set := read(t, "<p>"+`{{formatDate date.at "D MMMM YYYY"}}`, files{
			"t.de/subject.hbs": "Hallo", "t.de/body.html.hbs": html, "t.de/body.txt.hbs": "Hallo",
		})
		warnings, err := set.Check("t.de", data, []string{"pdf_url", "download url"})
		if d := cmp.Diff(want, lines(warnings)); d != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", html, err, d)
		}
		if warnings, err := set.Check("t", data, nil); warnings != nil || err != nil {
			t.Errorf("in English: %v, %v", warnings, err)
		}
	}
}
