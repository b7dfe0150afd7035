package templates_test

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"handler/function/internal/templates"

	"github.com/google/go-cmp/cmp"
)

type files map[string]string

// folder is a template "t" of some HTML, with what else is given.
func folder(html string, more files) fstest.MapFS {
	all := files{"t/subject.hbs": "Hello", "t/body.html.hbs": html, "t/body.txt.hbs": "Hello"}
	maps.Copy(all, more)
	fs := fstest.MapFS{}
	for name, text := range all {
		if text != "" {
			fs[name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return fs
}

func read(t *testing.T, html string, more files) *templates.Set {
	t.Helper()
	s, err := templates.Read(folder(html, more))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func find(t *testing.T, html string, more files) *templates.Template {
	t.Helper()
	tmpl, ok := read(t, html, more).Find("t", "")
	if !ok {
		t.Fatal("no template t")
	}
	return tmpl
}

func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// checked are the mistakes that a check found.
func checked(_, err error) []string { return lines(err) }

func TestRead(t *testing.T) {
	t.Parallel()

	t.Run("finds a template in the customer's language, or in none", func(t *testing.T) {
		t.Parallel()

		s := read(t, "<p>default</p>", files{
			"t.fr/subject.hbs": "Bonjour", "t.fr/body.html.hbs": "<p>fr</p>",
			"t.pt-BR/subject.hbs": "Oi", "t.pt-BR/body.html.hbs": "<p>pt-BR</p>",
			"a/subject.hbs": "A", "a/body.html.hbs": "<p>a</p>",
			"partials/.swp": "{{", "t/.DS_Store": "x",
		})
		if diff := cmp.Diff([]string{"a", "t"}, s.Names()); diff != "" {
			t.Error(diff)
		}
		for locale, want := range map[string]string{
			"": "", "auto": "", "en": "", "fr": "fr", "fr-CA": "fr", "pt-BR": "pt-BR", "pt-br": "pt-BR", "pt": "",
		} {
			if got, ok := s.Find("t", locale); !ok || got.Name != "t" || got.Locale != want {
				t.Errorf("%s: %+v, %t", locale, got, ok)
			}
		}
		if got, ok := s.Find("b", "fr"); ok {
			t.Errorf("found %+v", got)
		}
		if n := len(s.All()); n != 4 {
			t.Errorf("%d templates", n)
		}
	})

	t.Run("says of a folder all that is wrong at once", func(t *testing.T) {
		t.Parallel()

		_, err := templates.Read(folder("<p>{{#if a}}</p>\n", files{
			"t/body.html":       "x",
			"t/subject.hbs":     "one\ntwo",
			"empty/subject.hbs": "x",
			"build/subject.hbs": "x",
			"x.fr/subject.hbs":  "x", "x.fr/body.html.hbs": "x",
			"README":              "x",
			"partials/header.txt": "x",
			"long/subject.hbs":    strings.Repeat("é", 256), "long/body.html.hbs": "x",
		}))
		want := []string{
			`README:1: a template is a folder, such as receipt: this is a file`,
			`build:1: faas-cli leaves folders of that name out: choose another name`,
			`empty/body.html.hbs:1: this file is missing`,
			`long/subject.hbs:1: SendGrid takes 255 characters, and these are 256`,
			`partials/header.txt:1: the name of a partial has small letters, digits and hyphens, may have a language, and ends in .hbs, such as header.fr.hbs: name it header.hbs`,
			`t/body.html:1: a template has the files subject.hbs, body.html.hbs and body.txt.hbs, and no other`,
			`t/body.html.hbs:1: {{#if}} has no {{/if}}`,
			`t/subject.hbs:2: a subject is one line`,
			`x.fr:1: there is no folder x, which the customers of other languages would get`,
		}
		if diff := cmp.Diff(want, lines(err)); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("says that there is no folder", func(t *testing.T) {
		t.Parallel()

		if _, err := templates.Read(fstest.MapFS{"x": {Mode: 0o644}}); err == nil {
			t.Error("no error")
		}
	})
}

func TestReadRefusesWhatSendGridHasNot(t *testing.T) {
	t.Parallel()

	tests := []struct{ html, want string }{
		{`{{upper a}}`, `SendGrid has no helper upper; it has and, each, equals, formatDate, greaterThan, if, insert, length, lessThan, notEquals, or, unless`},
		{`{{#with a}}{{/with}}`, `SendGrid has no helper with; it has and`},
		{`{{#a}}x{{/a}}`, `SendGrid has no helper a; it has and`},
		{`{{lookup a b}}`, `SendGrid has no helper lookup`},
		{`{{upper a=b}}`, `SendGrid has no helper upper`},
		{`{{#if (equals a b)}}x{{/if}}`, `only (length …) stands in brackets`},
		{`{{insert (insert a "b") "c"}}`, `only (length …) stands in brackets`},
		{`{{#if}}x{{/if}}`, `if does not take 0 arguments`},
		{`{{#if a b}}x{{/if}}`, `if does not take 2 arguments`},
		{`{{#if a}}x{{else equals b}}y{{/if}}`, `equals does not take 1 arguments`},
		{`{{#equals a}}x{{/equals}}`, `equals does not take 1 arguments`},
		{`{{formatDate a}}`, `formatDate does not take 1 arguments`},
		{`{{insert a b="c"}}`, `SendGrid's insert has no named arguments`},
		{`{{if a}}`, `if needs its text: {{#if …}} … {{/if}}`},
		{`{{#insert a}}x{{/insert}}`, `insert is no block: {{insert …}}`},
		{`{{"text"}}`, `a variable or a helper stands here, not a text or a number`},
		{`{{formatDate a "DD.MM.YYYY at h"}}`, `formatDate has no token a, in "DD.MM.YYYY at h"`},
		{`{{formatDate a "YYYY" "PST"}}`, `formatDate wants an offset such as -0800, not "PST"`},
		{`{{formatDate date "YYYY"}}`, `SendGrid takes date for a helper and drops the e-mail: write this.date`},
		{`{{date}}`, `SendGrid takes date for a helper`},
		{`{{#if length}}x{{/if}}`, `length is a helper: write this.length for the variable`},
		{`{{@index}}`, `@index is known in {{#each}} only`},
		{`{{#each a}}x{{else}}{{@index}}{{/each}}`, `@index is known in {{#each}} only`},
		{`{{#each a}}{{@../index}}{{/each}}`, `there is no @../index; there are @root, @index, @key, @first and @last`},
		{`{{@level}}`, `there is no @level`},
		{`{{@this}}`, `there is no @this`},
		{`{{../a}}`, `../a: ../ leads out of an {{#each}}, and this is in 0`},
		{`{{#if a}}{{../a}}{{/if}}`, `../a: ../ leads out of an {{#each}}, and this is in 0`},
		{`{{#each a}}{{../../a}}{{/each}}`, `../../a: ../ leads out of an {{#each}}, and this is in 1`},
		{`{{#each a as |b|}}{{b}}{{/each}}`, `SendGrid has no names for what {{#each}} walks over: it is this`},
		{`{{{a}}}`, `three braces put HTML that a customer typed into the e-mail: write two`},
		{`{{&a}}`, `SendGrid has no {{&: three braces do the same`},
		{`{{~a}}`, `SendGrid has no whitespace control`},
		{`{{#if a~}}x{{/if}}`, `SendGrid has no whitespace control`},
		{`{{* a}}`, `SendGrid has no decorators`},
		{`{{#*inline "a"}}x{{/inline}}`, `SendGrid has no decorators`},
		{`{{#> layout}}x{{/layout}}`, `SendGrid has no partials, and a block cannot be inlined`},
		{`{{{{raw}}}}x{{{{/raw}}}}`, `SendGrid has no raw blocks`},
		{`{{#if a}}x{{^}}y{{/if}}`, `SendGrid has no {{^: write {{else}} or {{#unless}}`},
		{`\{{a}}`, `SendGrid has no \{{`},
		{`{{> nothing}}`, `there is no partial nothing; there are around, header`},
		{`{{> header a}}`, `a partial is inlined before SendGrid sees it: it has a name and no arguments`},
		{`{{> header a="b"}}`, `a partial is inlined before SendGrid sees it`},
		{`{{> (length a)}}`, `a partial is inlined before SendGrid sees it`},
		{`{{a b=}}`, `SendGrid cannot read {{a b=}}`},
	}
	for _, tt := range tests {
		t.Run(tt.html, func(t *testing.T) {
			t.Parallel()

			_, err := templates.Read(folder("<p>\n\n"+tt.html+"</p>", files{
				"partials/header.hbs": "x", "partials/around.hbs": "x",
			}))
			got := lines(err)
			if len(got) == 0 || !strings.HasPrefix(got[0], "t/body.html.hbs:3: "+tt.want) {
				t.Errorf("got  %q\nwant t/body.html.hbs:3: %s", got, tt.want)
			}
		})
	}
}

func TestReadSaysWhichLineOfWhichFile(t *testing.T) {
	t.Parallel()

	_, err := templates.Read(folder("{{> header}}\n{{#if a}}\n{{else}}\n{{lower b}}\n{{/if}}\n{{> loop}}", files{
		"t/subject.hbs":       "{{a}}",
		"t/body.txt.hbs":      "{{> header}}\n{{> broken}}",
		"u/subject.hbs":       "u",
		"u/body.html.hbs":     "<p>\n{{> list}}",
		"partials/header.hbs": "\n{{a}}\n{{upper b}}",
		"partials/broken.hbs": "{{#if a}}",
		"partials/loop.hbs":   "{{> loop2}}",
		"partials/loop2.hbs":  "{{> loop}}",
		"partials/list.hbs":   "\n\n{{#each a}}x{{/each}}",
	}))
	has := "SendGrid has no helper %; it has and, each, equals, formatDate, greaterThan, if, insert, length, lessThan, notEquals, or, unless"
	want := []string{
		`partials/broken.hbs:1: {{#if}} has no {{/if}}`,
		`partials/header.hbs:2: with two braces SendGrid puts &amp; for & here: write three`,
		`partials/header.hbs:3: ` + strings.Replace(has, "%", "upper", 1),
		`partials/header.hbs:3: with two braces SendGrid puts &amp; for & here: write three`,
		`partials/loop2.hbs:1: partial loop is within itself`,
		`t/body.html.hbs:4: ` + strings.Replace(has, "%", "lower", 1),
		`t/subject.hbs:1: with two braces SendGrid puts &amp; for & here: write three`,
		`u/body.html.hbs:2: SendGrid makes the text of the HTML before it renders it and breaks {{#each}} in doing so: write a body.txt.hbs`,
	}
	if diff := cmp.Diff(want, lines(err)); diff != "" {
		t.Error(diff)
	}
}

func TestPublished(t *testing.T) {
	t.Parallel()

	partials := files{
		"partials/header.hbs": "<h1>\n  {{title}}\n</h1>\n",
		"partials/name.hbs":   "{{name}}\n",
		"partials/both.hbs":   "{{> header}}\n<b>{{> name}}</b>",
		"partials/none.hbs":   "\n",
		"partials/blank.hbs":  "a\n\nb\n",
	}
	tests := []struct{ name, html, want string }{
		{"a partial on a line of its own takes the line", "<p>\n{{> header}}\n</p>", "<p>\n<h1>\n  {{title}}\n</h1>\n</p>\n"},
		{"and is moved in with its tag", "<p>\n  {{> header}}\n</p>", "<p>\n  <h1>\n    {{title}}\n  </h1>\n</p>\n"},
		{"but for its empty lines", "<p>\n  {{> blank}}\n</p>", "<p>\n  a\n\n  b\n</p>\n"},
		{"a partial within a line stays in it", "<p>Dear {{> name}}!</p>", "<p>Dear {{name}}!</p>\n"},
		{"two within a line too", "{{> name}}{{>name}} x", "{{name}}{{name}} x\n"},
		{"partials may hold partials", "{{> both}}\n", "<h1>\n  {{title}}\n</h1>\n<b>{{name}}</b>\n"},
		{"an empty partial leaves no line", "a\n{{> none}}\nb", "a\nb\n"},
		{"partials in blocks", "{{#if a}}\n{{> name}}\n{{else if b}}\n{{> name}}\n{{else}}{{> name}}{{/if}}", "{{#if a}}\n{{name}}\n{{else if b}}\n{{name}}\n{{else}}{{name}}{{/if}}\n"},
		{"comments go", "a{{! one }}b\n{{!-- {{> name}} --}}\nc", "ab\nc\n"},
		{"what is said of HTML's own braces stays", "<style>@media a{b{c:d}}</style>", "<style>@media a{b{c:d}}</style>\n"},
		{"Windows' line breaks go", "a\r\n{{> name}}\r\nb", "a\n{{name}}\nb\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			if diff := cmp.Diff(tt.want, find(t, tt.html, partials).Published().HTML); diff != "" {
				t.Error(diff)
			}
		})
	}

	t.Run("has the subject without its line break, and no text where there is none", func(t *testing.T) {
		t.Parallel()

		got := find(t, "<p>x</p>", files{"t/subject.hbs": "Hello {{{name}}}\n", "t/body.txt.hbs": ""}).Published()
		if diff := cmp.Diff(templates.Source{Subject: "Hello {{{name}}}", HTML: "<p>x</p>\n"}, got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("renders as the template does", func(t *testing.T) {
		t.Parallel()

		html := "<p>\n  {{> header}}\n{{!-- no --}}\n{{#each items}}\n  {{> header}}\n{{/each}}\n</p>"
		a := find(t, html, partials)
		b := find(t, a.Published().HTML, nil)
		data := map[string]any{"title": "A", "items": []any{map[string]string{"title": "B"}}}
		x, errX := a.Render(data)
		y, errY := b.Render(data)
		if diff := cmp.Diff(x, y); diff != "" || errX != nil || errY != nil {
			t.Error(diff, errX, errY)
		}
		want := "<p>\n  <h1>\n    A\n  </h1>\n  <h1>\n    B\n  </h1>\n</p>\n"
		if diff := cmp.Diff(want, x.HTML); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCheck(t *testing.T) {
	t.Parallel()

	data := map[string]any{
		"customer": map[string]any{"name": "", "email": "ada@example.com"},
		"order":    map[string]any{"date": "2024-11-23T22:13:20Z", "day": "2024-11-23", "nothing": nil},
		"items":    []any{map[string]any{"description": "E-book", "total": map[string]any{"formatted": "$49.00"}}},
		"own":      []any{map[string]any{"metadata": map[string]any{}}},
		"none":     []any{},
		"metadata": map[string]any{"size": "M"},
	}
	partials := files{"partials/hello.hbs": "\nHello {{customer.nmae}}"}
	tests := []struct {
		html string
		want []string
	}{
		{`{{customer.name}}{{customer.email}}{{order.nothing}}{{order.nothing.at}}`, nil},
		{"\n{{customer.nmae}}", []string{"t/body.html.hbs:2: the data has no customer.nmae: there are email, name"}},
		{`{{name}}`, []string{"t/body.html.hbs:1: the data has no name: there are customer, items, metadata, none, order, own"}},
		{`{{#if order.nothing}}{{nmae}}{{else}}{{eamil}}{{/if}}`, []string{
			"t/body.html.hbs:1: the data has no nmae: there are customer, items, metadata, none, order, own",
			"t/body.html.hbs:1: the data has no eamil: there are customer, items, metadata, none, order, own",
		}},
		{`{{#if customer.nmae}}x{{/if}}`, []string{"t/body.html.hbs:1: the data has no customer.nmae: there are email, name"}},
		{`{{#equals "a" customer.nmae}}x{{/equals}}`, []string{"t/body.html.hbs:1: the data has no customer.nmae: there are email, name"}},
		{`{{#greaterThan (length itmes) 0}}x{{/greaterThan}}`, []string{"t/body.html.hbs:1: the data has no itmes: there are customer, items, metadata, none, order, own"}},
		{`{{insert customer.nmae "x"}}`, []string{"t/body.html.hbs:1: the data has no customer.nmae: there are email, name"}},
		{`{{customer.name.first}}`, []string{"t/body.html.hbs:1: the data has no customer.name.first: what should hold first is no object"}},
		{`{{#each items}}{{description}}{{this.total.formatted}}{{../customer.name}}{{@root.customer.name}}{{@index}}{{/each}}`, nil},
		{`{{#each items}}{{#if description}}{{../customer.name}}{{/if}}{{/each}}`, nil},
		{`{{#each items}}{{customer.name}}{{/each}}`, []string{"t/body.html.hbs:1: the data has no customer.name: there are description, total"}},
		{`{{#each items}}{{desc}}{{@root.desc}}{{/each}}`, []string{
			"t/body.html.hbs:1: the data has no desc: there are description, total",
			"t/body.html.hbs:1: the data has no @root.desc: there are customer, items, metadata, none, order, own",
		}},
		{`{{#each items}}x{{else}}{{customer.name}}{{description}}{{/each}}`, []string{"t/body.html.hbs:1: the data has no description: there are customer, items, metadata, none, order, own"}},
		{`{{#each none}}{{whatever.it.is}}{{../nmae}}{{/each}}`, []string{"t/body.html.hbs:1: the data has no ../nmae: there are customer, items, metadata, none, order, own"}},
		{`{{#each metadata}}{{@key}} {{this}}{{/each}}`, nil},
		{`{{#if metadata.download_url}}{{metadata.download_url}}{{/if}}{{metadata.[a key]}}`, nil},
		{`{{#each own}}{{metadata.download_url}}{{meta.download_url}}{{/each}}`, []string{"t/body.html.hbs:1: the data has no meta.download_url: there are metadata"}},
		{`{{#each items}}{{total}}{{/each}}`, []string{"t/body.html.hbs:1: total has no text of its own; it has formatted"}},
		{`{{items}}{{metadata}}`, []string{
			"t/body.html.hbs:1: items is a list, for {{#each}}",
			"t/body.html.hbs:1: metadata has no text of its own; it has size",
		}},
		{`{{formatDate order.date "YYYY"}}{{formatDate order.nothing "YYYY"}}`, nil},
		{`{{formatDate order.day "YYYY"}}`, []string{`t/body.html.hbs:1: order.day: formatDate wants a time such as 2020-01-01T23:00:00Z, not "2024-11-23"`}},
		{"{{> hello}}\n{{> hello}}", []string{"partials/hello.hbs:2: the data has no customer.nmae: there are email, name"}},
	}
	for _, tt := range tests {
		t.Run(tt.html, func(t *testing.T) {
			t.Parallel()

			tmpl := find(t, tt.html, partials)
			if diff := cmp.Diff(tt.want, checked(tmpl.Check(data, nil))); diff != "" {
				t.Error(diff)
			}
		})
	}

	t.Run("looks at the subject and the text too", func(t *testing.T) {
		t.Parallel()

		tmpl := find(t, "{{a}}", files{"t/subject.hbs": "{{{b}}}", "t/body.txt.hbs": "\n{{{c}}}"})
		want := []string{
			"t/body.html.hbs:1: the data has no a: there are x",
			"t/body.txt.hbs:2: the data has no c: there are x",
			"t/subject.hbs:1: the data has no b: there are x",
		}
		if diff := cmp.Diff(want, checked(tmpl.Check(map[string]int{"x": 1}, nil))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRenderIsSafe(t *testing.T) {
	t.Parallel()

	render := func(t *testing.T, name string) templates.Rendered {
		t.Helper()
		tmpl := find(t, `<p title="{{name}}">{{name}}</p>`, files{
			"t/subject.hbs": "A sale to {{{name}}} today", "t/body.txt.hbs": "Hello {{{name}}}",
		})
		got, err := tmpl.Render(map[string]string{"name": name})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}

	t.Run("names come through whole, and in HTML escaped", func(t *testing.T) {
		t.Parallel()

		for name, html := range map[string]string{
			`<b>&"'`:                      `&lt;b&gt;&amp;&quot;&apos;`,
			`<script>alert(1)</script>`:   `&lt;script&gt;alert(1)&lt;/script&gt;`,
			`نوال السعداوي`:               `نوال السعداوي`,
			"\u202bעדה\u202c":             "\u202bעדה\u202c",
			`Ada 👩🏽‍💻 Lovelace`:           `Ada 👩🏽‍💻 Lovelace`,
			`{{order.id}}`:                `{{order.id}}`,
			`O'Brien & Søn`:               `O&apos;Brien &amp; Søn`,
			`$1 \1 %s %!d(string=x) ${x}`: `$1 \1 %s %!d(string=x) ${x}`,
		} {
			got := render(t, name)
			want := templates.Rendered{
				Subject: "A sale to " + name + " today",
				HTML:    `<p title="` + html + `">` + html + "</p>\n",
				Text:    "Hello " + name + "\n",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
	})

	t.Run("no name ends the subject", func(t *testing.T) {
		t.Parallel()

		for _, name := range []string{
			"Ada\r\nBcc: all@example.com", "Ada\nBcc: all@example.com", "Ada\rBcc: all@example.com",
			"Ada\u2028Bcc: all@example.com", "Ada\u0085Bcc: all@example.com", "Ada\x00\v\f\tBcc: all@example.com",
		} {
			if got, want := render(t, name).Subject, "A sale to Ada Bcc: all@example.com today"; got != want {
				t.Errorf("%q: got %q, want %q", name, got, want)
			}
		}
	})
}

func TestTextMadeOfHTML(t *testing.T) {
	t.Parallel()

	html := `<!doctype html><html><head><title>No</title><style>p{color:red}</style></head><body>
<h1>Thank
  you, {{name}}</h1><p>One<br>two <b>and</b>three.</p>
<table><tr><td>Book</td><td>{{price}}</td></tr><tr><td>Pen</td><td>1</td></tr></table>
<p><a href="https://example.com/?a=1&amp;b=2">Download</a>, <a href="mailto:help@example.com">help@example.com</a></p>
<script>no()</script></body></html>`
	tmpl := find(t, html, files{"t/body.txt.hbs": ""})
	got, err := tmpl.Render(map[string]string{"name": "<Ada> & co", "price": "169,00 €"})
	want := `Thank you, <Ada> & co

One
two andthree.

Book 169,00 €
Pen 1

Download (https://example.com/?a=1&b=2), help@example.com
`
	if diff := cmp.Diff(want, got.Text); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestRenderFailsWhereSendGridDropsTheEmail(t *testing.T) {
	t.Parallel()

	for _, at := range []any{"2024-11-23", "", "now", nil, true} {
		tmpl := find(t, "\n{{> when}}", files{"partials/when.hbs": "<p>\n{{formatDate at \"YYYY\"}}"})
		_, err := tmpl.Render(map[string]any{"at": at})
		if err == nil || !strings.HasPrefix(err.Error(), "t/body.html.hbs, as published: line 2: formatDate wants a time such as") {
			t.Errorf("%v: %v", at, err)
		}
	}
	tmpl := find(t, "x", nil)
	if _, err := tmpl.Render(func() {}); err == nil {
		t.Error("a function is data")
	}
	if _, err := tmpl.Check(func() {}, nil); err == nil {
		t.Error("a function is data")
	}
}

func TestBlanks(t *testing.T) {
	t.Parallel()

	data := map[string]any{
		"customer": map[string]any{"name": "", "email": "ada@example.com"},
		"items":    []any{map[string]any{"name": "A", "url": "x"}, map[string]any{"name": "B"}},
		"none":     []any{},
		"metadata": map[string]any{"size": "M"},
	}
	partials := files{"partials/hello.hbs": "\nHello {{customer.nmae}}"}
	for _, tt := range []struct {
		html string
		want []string
	}{
		{`{{customer.name}}{{metadata.size}}{{#each items}}{{name}}{{@index}}{{/each}}`, nil},
		{"\n{{metadata.colour}}", []string{"t/body.html.hbs:2: the data has no metadata.colour: there are size"}},
		{`{{#if metadata.colour}}{{metadata.colour}}{{else}}{{metadata.shape}}{{/if}}`, []string{"t/body.html.hbs:1: the data has no metadata.shape: there are size"}},
		{`{{#unless metadata.size}}{{metadata.colour}}{{/unless}}`, nil},
		{`{{#each items}}{{#if url}}{{url}}{{/if}}{{/each}}`, nil},
		{`{{#each items}}{{url}}{{/each}}`, []string{"t/body.html.hbs:1: the data has no url: there are name"}},
		{`{{#each none}}{{url}}{{else}}{{nothing}}{{/each}}`, []string{"t/body.html.hbs:1: the data has no nothing: there are customer, items, metadata, none"}},
		{`{{insert metadata.colour "none"}}{{length metadata.colour}}`, nil},
		{`{{insert metadata.colour}}`, []string{"t/body.html.hbs:1: the data has no metadata.colour: there are size"}},
		{`{{formatDate order.date "YYYY"}}`, []string{"t/body.html.hbs:1: the data has no order.date: there are customer, items, metadata, none"}},
		{"{{> hello}}\n{{> hello}}", []string{"partials/hello.hbs:2: the data has no customer.nmae: there are email, name"}},
	} {
		t.Run(tt.html, func(t *testing.T) {
			t.Parallel()

			if diff := cmp.Diff(tt.want, lines(find(t, tt.html, partials).Blanks(data))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
