package templates

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/mailgun/raymond/v2/ast"
	"github.com/mailgun/raymond/v2/parser"

	"handler/function/internal/typed"
)

// source is a file; its program is nil when it could not be parsed.
type source struct {
	path, text string
	program    *ast.Program
}

// refused are Handlebars constructs that SendGrid's page does not show. Raymond parses some of
// them; for the others its error is only an unexpected character.
var refused = []struct {
	pattern *regexp.Regexp
	what    string
}{
	{regexp.MustCompile(`\{\{\{\{`), "SendGrid has no raw blocks"},
	{regexp.MustCompile(`\{\{\{?~|~\}\}`), "SendGrid has no whitespace control"},
	{regexp.MustCompile(`\{\{#?\*`), "SendGrid has no decorators"},
	{regexp.MustCompile(`\{\{#>`), "SendGrid has no partials, and a block cannot be inlined"},
	{regexp.MustCompile(`\{\{&`), "SendGrid has no {{&: three braces do the same"},
	{regexp.MustCompile(`\{\{\^`), "SendGrid has no {{^: write {{else}} or {{#unless}}"},
	{regexp.MustCompile(`\\\{\{`), `SendGrid has no \{{`},
	{regexp.MustCompile(`\{\{#[^}]* as \|`), "SendGrid has no names for what {{#each}} walks over: it is this"},
}

func (r *reader) readSource(file string) *source {
	b, err := fs.ReadFile(r.folder, file)
	if err != nil {
		r.addf(file, 0, "%v", err)
		return &source{path: file}
	}
	text, bad := typed.Text(b)
	if bad != nil {
		r.addf(file, bad.Line, "%s", bad.What)
		return &source{path: file}
	}
	return r.parse(file, text)
}

func (r *reader) parse(file, text string) *source {
	s := &source{path: file, text: text}
	before := len(r.list)
	for _, not := range refused {
		for _, at := range not.pattern.FindAllStringIndex(text, -1) {
			r.addf(file, 1+strings.Count(text[:at[0]], "\n"), "%s", not.what)
		}
	}
	if len(r.list) > before {
		return s
	}
	tags := (&scanner{problems: r.problems, path: file, text: text}).scan()
	if len(r.list) == before {
		(&blocks{problems: r.problems, path: file, tags: tags}).check()
	}
	if len(r.list) > before {
		return s
	}
	program, err := parse(text)
	if err != nil {
		if t, ok := wrongTag(tags); ok {
			r.addf(file, t.line, "SendGrid cannot read %s", short(t.text))
		} else {
			r.addf(file, 0, "SendGrid cannot read this file: %v", err)
		}
		return s
	}
	relocate(program, text)
	s.program = program
	return s
}

// parse recovers raymond's panics, but not runtime errors of Go.
func parse(text string) (program *ast.Program, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("this is not Handlebars: %v", p)
		}
	}()
	return parser.Parse(text)
}

// wrongTag is the first of a file's tags that cannot be read by itself.
func wrongTag(tags []tag) (tag, bool) {
	for _, t := range tags {
		text := t.text
		switch {
		case t.close() != "", t.isElse():
			continue
		case t.block() != "":
			text += "{{/" + t.block() + "}}"
		}
		if _, err := parse(text); err != nil {
			return t, true
		}
	}
	return tag{}, false
}
