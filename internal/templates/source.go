package templates

import (
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"github.com/mailgun/raymond/v2/ast"
	"github.com/mailgun/raymond/v2/parser"
)

// source is a file; its program is nil when it could not be parsed.
type source struct {
	path, text string
	program    *ast.Program
}

// refused is Handlebars that SendGrid's page does not show. Raymond parses some of it, and says of the
// rest only which character it did not expect.
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
	return r.parse(file, strings.ReplaceAll(string(b), "\r\n", "\n"))
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
	program, err := parse(text)
	if err != nil {
		line, what := where(err)
		r.addf(file, line, "%s", what)
		return s
	}
	s.program = program
	return s
}

// parse keeps raymond's panics in: it lets pass what Go itself panics with.
func parse(text string) (program *ast.Program, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("this is not Handlebars: %v", p)
		}
	}()
	return parser.Parse(text)
}

var parseError = regexp.MustCompile(`(?s)^Parse error on line (\d+):\n(.*)$`)

// where takes the line out of one of raymond's errors.
func where(err error) (line int, what string) {
	m := parseError.FindStringSubmatch(err.Error())
	if m == nil {
		return 0, err.Error()
	}
	line, _ = strconv.Atoi(m[1])
	return line, "this is not Handlebars: " + strings.ReplaceAll(m[2], "\n", ", ")
}
