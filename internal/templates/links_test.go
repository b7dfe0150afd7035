package templates_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAddresses(t *testing.T) {
	t.Parallel()

	const link = ": the address of this link is empty where the data has no value for it: put {{#if …}} around the link"
	const picture = ": the address of this picture is empty where the data has no value for it: put {{#if …}} around the picture"
	data := map[string]any{"url": "https://example.com", "none": "", "metadata": map[string]any{}, "items": []any{
		map[string]any{"metadata": map[string]any{"url": "https://example.com/1"}}, map[string]any{"metadata": map[string]any{}},
	}}
	for html, want := range map[string][]string{
		`<a href="{{url}}">a</a>`:                           nil,
		"<p>\n<a href=\"{{none}}\">a</a>":                   {"t/body.html.hbs:2" + link},
		"<p>\n\n<a\n  href='{{ none }}'>a</a>":              {"t/body.html.hbs:4" + link},
		`<a class="x" HREF = " {{none}} ">a</a>`:            {"t/body.html.hbs:1" + link},
		`<a href="">a</a>`:                                  {"t/body.html.hbs:1" + link},
		`<a href="mailto:{{none}}">a</a>`:                   {"t/body.html.hbs:1" + link},
		`<a href="https://{{none}}">a</a>`:                  {"t/body.html.hbs:1" + link},
		`<a href="https://{{none}}/x">a</a>`:                nil,
		`<img alt="" src="{{none}}">`:                       {"t/body.html.hbs:1" + picture},
		"{{#if none}}\n<a href=\"{{none}}\">a</a>\n{{/if}}": nil,
		"<a href=\"{{#if none}}{{none}}{{/if}}\">a</a>":     {"t/body.html.hbs:1" + link},
		"{{> button}}\n{{> button}}":                        {"partials/button.hbs:3" + link},
		"{{#if url}}\n{{#if none}}\n{{else}}\n{{> button}}\n{{/if}}\n{{/if}}\n<a href=\"{{none}}\">": {"partials/button.hbs:3" + link, "t/body.html.hbs:7" + link},
		"{{#each items}}\n<a href=\"{{metadata.url}}\">a</a>\n{{/each}}":                             {"t/body.html.hbs:2" + link},
		"<a href=\"{{metadata.ulr}}\">a</a>":                                                         {"t/body.html.hbs:1" + link + "; no sample order and no metadata_keys entry has metadata.ulr: did you mean url?"},
		"<p>\n<a href=“{{url}}”>a</a>":                                                               {"t/body.html.hbs:2: the address of this link has typographic quotes around it: write straight ones"},
		`<img src=‘x.png’>`:                                                                          {"t/body.html.hbs:1: the address of this picture has typographic quotes around it: write straight ones"},
		`<a href="www.example.com">a</a>`:                                                            {"t/body.html.hbs:1: the address of this link begins with www., which leads nowhere in an e-mail: write https:// before it"},
		`<a href="https://www.example.com">www.</a>`:                                                 nil,
		`the words href="" in a text`:                                                                nil,
	} {
		set := read(t, html, files{"partials/button.hbs": "<p>\n</p>\n<a href=\"{{none}}\">a</a>"})
		if d := cmp.Diff(want, checked(set.Check("t", data, []string{"url"}))); d != "" {
			t.Errorf("%s (-want +got):\n%s", html, d)
		}
	}
}
