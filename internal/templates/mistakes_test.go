package templates_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"handler/function/internal/templates"
)

// Each mistake is one line, with the line to look at, also where it is noticed at the end of the
// file.
func TestMistakesInTags(t *testing.T) {
	t.Parallel()

	for name, c := range map[string]struct{ html, want string }{
		"no end of an if":                    {"<p>\n{{#if a}}\nx\n</p>\n\n", `t/body.html.hbs:2: {{#if}} has no {{/if}}`},
		"no end of an each":                  {"\n\n{{#each a}}\n{{b}}\n", `t/body.html.hbs:3: {{#each}} has no {{/each}}`},
		"no end of an unless":                {"{{#unless a}}\n{{else}}\n", `t/body.html.hbs:1: {{#unless}} has no {{/unless}}`},
		"no end of the outer one":            {"{{#if a}}\n{{#if b}}\nx\n{{/if}}\n", `t/body.html.hbs:1: {{#if}} has no {{/if}}`},
		"no end of the inner one":            {"{{#each a}}\n\n{{#if b}}\nx\n{{/each}}\n", `t/body.html.hbs:3: {{#if}} has no {{/if}} before the {{/each}} on line 5`},
		"no end of two":                      {"{{#each a}}\n{{#if b}}\nx\n", "t/body.html.hbs:1: {{#each}} has no {{/each}}\nt/body.html.hbs:2: {{#if}} has no {{/if}}"},
		"another end":                        {"{{#if a}}\nx\n{{/each}}\n", `t/body.html.hbs:3: {{/each}} closes nothing: write {{/if}}, for the {{#if}} on line 1`},
		"an end within":                      {"{{#if a}}\nx\n{{/each}}\n{{#if b}}{{/if}}\n{{/if}}\n", `t/body.html.hbs:3: {{/each}} closes nothing: write {{/if}}, for the {{#if}} on line 1`},
		"an end too many":                    {"{{#if a}}\n{{/if}}\n{{/if}}\n", `t/body.html.hbs:3: {{/if}} closes nothing: there is no {{#if}} before it that is open`},
		"an end without a name":              {"{{#if a}}\n{{/}}\n", `t/body.html.hbs:2: there is no name in {{/}}`},
		"an else outside":                    {"a\n{{else}}\nb\n", `t/body.html.hbs:2: {{else}} stands outside of all blocks: it belongs between {{#if …}} and {{/if}}`},
		"an else if outside":                 {"a\n{{else if b}}\nb\n", `t/body.html.hbs:2: {{else if b}} stands outside of all blocks: it belongs between {{#if …}} and {{/if}}`},
		"two elses":                          {"{{#if a}}\n{{else}}\n{{else}}\n{{/if}}\n", `t/body.html.hbs:3: {{else}} comes after the {{else}} on line 2: a block has one at its end`},
		"an else if after the else":          {"{{#if a}}\n{{else}}\n{{else if b}}\n{{/if}}\n", `t/body.html.hbs:3: {{else if b}} comes after the {{else}} on line 2: a block has one at its end`},
		"an else as a block":                 {"{{#if a}}\n{{#else}}\n{{/if}}\n", `t/body.html.hbs:2: write {{else}} without #`},
		"a slip in the name of a block":      {"{{#iff a}}\n{{/if}}\n", `t/body.html.hbs:1: SendGrid has no {{#iff}}: did you mean {{#if}}?`},
		"a slip in the end of a block":       {"{{#if a}}\n{{/iff}}\n", `t/body.html.hbs:2: {{/iff}} closes nothing: write {{/if}}, for the {{#if}} on line 1`},
		"a slip in both":                     {"{{#iff a}}\n{{/iff}}\n", `t/body.html.hbs:1: SendGrid has no helper iff: did you mean if?`},
		"a capital":                          {"{{#If a}}\n{{/If}}\n", `t/body.html.hbs:1: SendGrid has no helper If: did you mean if?`},
		"one brace and two":                  {"a\n<p>{customer.name}}</p>\n", `t/body.html.hbs:2: {customer.name}} has too few braces: write {{customer.name}}`},
		"one brace and two, and a name":      {"a\n{name}}\n", `t/body.html.hbs:2: {name}} has too few braces: write {{name}}`},
		"one brace and two at an if":         {"{{#if a}}\n{else}}\n{{/if}}\n", `t/body.html.hbs:2: {else}} has too few braces: write {{else}}`},
		"one brace and two at its end":       {"{{#if a}}\nb\n{/if}}\n", `t/body.html.hbs:3: {/if}} has too few braces: write {{/if}}`},
		"one brace and two at its beginning": {"{#if a}}\nb\n{{/if}}\n", `t/body.html.hbs:1: {#if a}} has too few braces: write {{#if a}}`},
		"one brace and two at a partial":     {"{> header}}\n", `t/body.html.hbs:1: {> header}} has too few braces: write {{> header}}`},
		"one brace each":                     {"a\n{customer.name}\n", `t/body.html.hbs:2: {customer.name} has too few braces: write {{customer.name}}`},
		"two braces and one":                 {"a\n{{customer.name}\nb {{a}}\n", `t/body.html.hbs:2: {{customer.name} needs a second brace at its end`},
		"two braces and none":                {"a\n{{customer.name\nb {{a}}\n", `t/body.html.hbs:2: {{customer.name has no }} at its end`},
		"two braces and none in the end":     {"a\n{{customer.name\nb\n", `t/body.html.hbs:2: {{customer.name has no }} at its end`},
		"three braces and two":               {"a\n{{{b}}\n", `t/body.html.hbs:2: {{{b}} needs a third brace at its end`},
		"two braces and three":               {"<style>\na{color:{{b}}}\n</style>", `t/body.html.hbs:2: {{b}}} has a brace too many: write {{b}}, and a space before a } that is meant`},
		"nothing in it":                      {"a\n{{ }}\n", `t/body.html.hbs:2: there is no name in {{ }}`},
		"a space before the sign":            {"{{ #if a}}\n{{/if}}\n", `t/body.html.hbs:1: {{ #if a}} has a space too many: write {{#if a}}`},
		"a quote that does not end":          {"a\n{{formatDate b \"YYYY}}\n<p class=\"c\">{{d}}</p>", `t/body.html.hbs:2: {{formatDate b " has a quote that does not end`},
		"typographic quotes":                 {"a\n{{formatDate b “YYYY”}}\n", `t/body.html.hbs:2: {{formatDate b “YYYY”}} has typographic quotes: type it anew`},
		"a no-break space":                   {"a\n{{#if\u00a0b}}\n{{/if}}", `t/body.html.hbs:2: {{#if` + "\u00a0" + `b}} has a no-break space (U+00A0): type it anew`},
		"a zero-width space":                 {"a\n{{b\u200b}}\n", `t/body.html.hbs:2: {{b` + "\u200b" + `}} has a zero-width space (U+200B): type it anew`},
		"a comment that does not end":        {"a\n{{!-- b }}\n{{c}}\n", `t/body.html.hbs:2: this comment does not end: write --}}`},
		"a short comment that does not end":  {"a\n{{! b\nc\n", `t/body.html.hbs:2: this comment does not end: write }}`},
		"an unreadable tag":                  {"a\n{{#if a}}\n{{b c=}}\n{{/if}}", `t/body.html.hbs:3: SendGrid cannot read {{b c=}}`},
		"a tag over two lines, and another":  {"{{#if\n  a}}\n{{/if}}\n{{upper b}}\n", `t/body.html.hbs:4: SendGrid has no helper upper; it has and, each, equals, formatDate, greaterThan, if, insert, length, lessThan, notEquals, or, unless`},
		"an argument on the second line":     {"{{insert\n  date\n \"b\"}}\n", `t/body.html.hbs:2: SendGrid takes date for a helper and drops the e-mail: write this.date`},
		"a slip in a partial":                {"a\n{{> hedaer}}\n", `t/body.html.hbs:2: there is no partial hedaer: did you mean header?`},
		"a byte that is not UTF-8":           {"a\nb\xe9\nc\xe9\n", `t/body.html.hbs:2: this line is not UTF-8: save the file as UTF-8`},
		"UTF-16":                             {"\xff\xfea\x00", `t/body.html.hbs:1: the file is UTF-16: save it as UTF-8`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			for _, html := range []string{c.html, strings.ReplaceAll(c.html, "\n", "\r\n"), "\ufeff" + c.html} {
				if strings.Contains(html, "\xff\xfe") {
					html = c.html
				}
				_, err := templates.Read(folder(html, files{"partials/header.hbs": "x"}))
				if d := cmp.Diff(c.want, strings.Join(lines(err), "\n")); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
			}
		})
	}
}

// Braces that are no tags stay as they are.
func TestOtherBraces(t *testing.T) {
	t.Parallel()

	for _, html := range []string{
		"<style>@media a{b{c:d}}</style>", "<style>a{}b{color:red}</style>", "a {b} c", "{}", "{ a }}", "{\"a\":{\"b\":1}}", "{1.5}", "a } b }} c",
		`{{insert a "l’ami “b”"}}`, "{{!-- {{b --}}", "{{! {b}} }}", "{{! {{#if }}", `{{insert a "}"}}`,
		"<style>a{color:{{b}} }</style>",
	} {
		if _, err := templates.Read(folder(html, nil)); err != nil {
			t.Errorf("%s: %v", html, err)
		}
	}
}

func TestMistakesInNames(t *testing.T) {
	t.Parallel()

	const rule = `the name of a template's folder has small letters, digits and hyphens, no spaces, and may end in a language, such as receipt.fr`
	const partialRule = `the name of a partial has small letters, digits and hyphens, may have a language, and ends in .hbs, such as header.fr.hbs`
	good := func(folder string) []string { return []string{folder + "/subject.hbs", folder + "/body.html.hbs"} }
	for name, c := range map[string]struct {
		files []string
		want  string
	}{
		"a capital":                  {good("Poster"), "Poster:1: " + rule + ": name it poster"},
		"a copy":                     {good("delivery copy"), "delivery copy:1: " + rule + ": name it delivery-copy"},
		"an underscore":              {good("follow_up"), "follow_up:1: " + rule + ": name it follow-up"},
		"a capital in another":       {append(good("receipt"), good("Receipt.DE")...), "Receipt.DE:1: " + rule + ": name it receipt.de"},
		"a capital that is there":    {append(good("receipt"), good("Receipt")...), "Receipt:1: " + rule},
		"no letters":                 {good("領収書"), "領収書:1: " + rule},
		"a language without a base":  {good("receipt.de"), "receipt.de:1: there is no folder receipt, which the customers of other languages would get"},
		"a language in long":         {append(good("receipt"), good("receipt.german")...), "receipt.german:1: " + rule},
		"a file with a capital":      {[]string{"a/Subject.hbs", "a/body.html.hbs"}, "a/Subject.hbs:1: name this file subject.hbs"},
		"a file without .hbs":        {[]string{"a/subject.hbs", "a/body.html"}, "a/body.html:1: name this file body.html.hbs"},
		"a file with .txt behind it": {[]string{"a/subject.hbs.txt", "a/body.html.hbs"}, "a/subject.hbs.txt:1: name this file subject.hbs"},
		"a body of no kind":          {[]string{"a/subject.hbs", "a/body.hbs"}, "a/body.hbs:1: name this file body.html.hbs"},
		"a slip in a file":           {[]string{"a/subjetc.hbs", "a/body.html.hbs"}, "a/subjetc.hbs:1: name this file subject.hbs"},
		"a text by another name":     {append(good("a"), "a/body.text.hbs"), "a/body.text.hbs:1: name this file body.txt.hbs"},
		"no files":                   {[]string{"a/body.txt.hbs"}, "a/body.html.hbs:1: this file is missing\na/subject.hbs:1: this file is missing"},
		"another file":               {append(good("a"), "a/notes.md"), "a/notes.md:1: a template has the files subject.hbs, body.html.hbs and body.txt.hbs, and no other"},
		"a partial with a capital":   {append(good("a"), "partials/Header.hbs"), "partials/Header.hbs:1: " + partialRule + ": name it header.hbs"},
		"a partial that is a folder": {append(good("a"), "partials/header/a.hbs"), "partials/header:1: a partial is a file, such as header.hbs: this is a folder"},
		"a partial without .hbs":     {append(good("a"), "partials/header.html"), "partials/header.html:1: " + partialRule + ": name it header.hbs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			all := fstest.MapFS{}
			for _, file := range c.files {
				all[file] = &fstest.MapFile{Data: []byte("x")}
			}
			_, err := templates.Read(all)
			if d := cmp.Diff(c.want, strings.Join(lines(err), "\n")); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// A partial whose file has a wrong name is reported once, and not as missing where it is included
// as well.
func TestAMistakeInANameHasNoConsequences(t *testing.T) {
	t.Parallel()

	_, err := templates.Read(folder("{{> header}}", files{"partials/Header.hbs": "{{a}}"}))
	if got := lines(err); len(got) != 1 || !strings.HasSuffix(got[0], ": name it header.hbs") {
		t.Errorf("got %q", got)
	}
}

// Files of any system are read.
func TestReadFilesOfOtherSystems(t *testing.T) {
	t.Parallel()

	got := find(t, "\ufeff<p>é</p>\r\n{{a}}\r\n", files{"t/subject.hbs": "\ufeffHello\r\n"}).Published()
	if d := cmp.Diff("<p>é</p>\n{{a}}\n", got.HTML); d != "" || got.Subject != "Hello" {
		t.Errorf("subject %q, HTML (-want +got):\n%s", got.Subject, d)
	}
}
