package templates

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/mailgun/raymond/v2/ast"

	"handler/function/internal/typed"
)

// helper is one of those that SendGrid has, and how many arguments it takes.
type helper struct {
	least, most int
	block       bool
}

var helpers = map[string]helper{
	"if":          {1, 1, true},
	"unless":      {1, 1, true},
	"each":        {1, 1, true},
	"equals":      {2, 2, true},
	"notEquals":   {2, 2, true},
	"and":         {2, 2, true},
	"or":          {2, 2, true},
	"greaterThan": {2, 2, true},
	"lessThan":    {2, 2, true},
	"length":      {1, 1, false},
	"formatDate":  {2, 3, false},
	"insert":      {1, 2, false},
}

// dialect reports constructs that SendGrid does not have. It follows partials, since their braces
// may be right in HTML and wrong in a subject.
type dialect struct {
	*problems
	partials map[string]*source
	kind     kind
	part     *part
	path     []string // the partials on the way to where it is
	tag      int      // the line of the first of them in the template itself, or 0
	each     int      // how many {{#each}} it is in
}

func (d *dialect) program(s *source, p *ast.Program) {
	if p == nil {
		return
	}
	for _, n := range p.Body {
		switch n := n.(type) {
		case *ast.MustacheStatement:
			d.braces(s, n)
			d.call(s, n.Expression, false)
		case *ast.BlockStatement:
			d.block(s, n)
		case *ast.PartialStatement:
			d.partial(s, n)
		}
	}
}

// braces are two in HTML and three elsewhere: with two SendGrid writes &amp; for &, and with three
// it puts what was typed into the HTML as it is.
func (d *dialect) braces(s *source, n *ast.MustacheStatement) {
	if d.kind == html && n.Unescaped {
		d.addf(s.path, n.Line, "three braces put HTML that a customer typed into the e-mail: write two")
	}
	if d.kind != html && !n.Unescaped {
		d.addf(s.path, n.Line, "with two braces SendGrid puts &amp; for & here: write three")
	}
}

func (d *dialect) block(s *source, n *ast.BlockStatement) {
	d.call(s, n.Expression, true)
	if n.Expression.HelperName() == "each" {
		if d.part.each == 0 {
			d.part.each = cmp.Or(d.tag, n.Line)
		}
		d.each++
		defer func() { d.each-- }()
	}
	d.program(s, n.Program)
	d.inverse(s, n)
}

// inverse is outside of the {{#each}} whose {{else}} it is.
func (d *dialect) inverse(s *source, n *ast.BlockStatement) {
	if n.Expression.HelperName() == "each" {
		d.each--
		defer func() { d.each++ }()
	}
	d.program(s, n.Inverse)
}

func (d *dialect) partial(s *source, n *ast.PartialStatement) {
	name, _ := ast.PathExpressionStr(n.Name)
	p, ok := d.partials[name]
	switch {
	case name == "" || len(n.Params) > 0 || n.Hash != nil:
		d.addf(s.path, n.Line, "a partial is inlined before SendGrid sees it: it has a name and no arguments")
	case !ok:
		hint := typed.DidYouMean(name, slices.Sorted(maps.Keys(d.partials)))
		d.addf(s.path, n.Line, "there is no partial %s%s", name, cmp.Or(hint, "; there are "+names(d.partials)))
	case p.program == nil:
		d.part.unreadable = true // its own line has the mistake
	case slices.Contains(d.path, name):
		d.addf(s.path, n.Line, "partial %s is within itself", name)
	default:
		outer := *d
		d.path, d.tag = append(d.path, name), cmp.Or(d.tag, n.Line)
		d.program(p, p.program)
		d.path, d.tag = outer.path, outer.tag
	}
}

func (d *dialect) call(s *source, e *ast.Expression, block bool) {
	path := e.FieldPath()
	if path == nil {
		d.addf(s.path, e.Line, "a variable or a helper stands here, not a text or a number")
		return
	}
	h, known := helpers[e.HelperName()]
	switch n := len(e.Params); {
	case !known && (block || n > 0 || e.Hash != nil):
		hint := typed.DidYouMean(path.Original, slices.Sorted(maps.Keys(helpers)))
		d.addf(s.path, e.Line, "SendGrid has no helper %s%s", path.Original, cmp.Or(hint, "; it has "+names(helpers)))
	case !known:
		d.variable(s, path)
	case h.block && !block:
		d.addf(s.path, e.Line, "%[1]s needs its text: {{#%[1]s …}} … {{/%[1]s}}", path.Original)
	case !h.block && block:
		d.addf(s.path, e.Line, "%[1]s is no block: {{%[1]s …}}", path.Original)
	case e.Hash != nil:
		d.addf(s.path, e.Line, "SendGrid's %s has no named arguments", path.Original)
	case n < h.least || n > h.most:
		d.addf(s.path, e.Line, "%s does not take %d arguments", path.Original, n)
	}
	for _, p := range e.Params {
		d.param(s, p)
	}
	if known && path.Original == "formatDate" && len(e.Params) > 1 {
		d.formatDate(s, e)
	}
}

func (d *dialect) param(s *source, n ast.Node) {
	switch n := n.(type) {
	case *ast.PathExpression:
		d.variable(s, n)
	case *ast.SubExpression:
		if n.Expression.HelperName() != "length" {
			d.addf(s.path, n.Line, "only (length …) stands in brackets")
			return
		}
		d.call(s, n.Expression, false)
	}
}

// formatDate is checked if its format and offset are literals.
func (d *dialect) formatDate(s *source, e *ast.Expression) {
	for i, valid := range []func(string) error{validFormat, validOffset} {
		if i+1 >= len(e.Params) {
			return
		}
		if text, ok := e.Params[i+1].(*ast.StringLiteral); ok {
			if err := valid(text.Value); err != nil {
				d.addf(s.path, e.Line, "%v", err)
			}
		}
	}
}

func (d *dialect) variable(s *source, p *ast.PathExpression) {
	bare := !p.Data && !p.Scoped && len(p.Parts) == 1
	switch _, known := helpers[p.Original]; {
	case bare && known:
		d.addf(s.path, p.Line, "%[1]s is a helper: write this.%[1]s for the variable", p.Original)
	case bare && p.Original == "date":
		// https://github.com/sendgrid/docs/issues/6573
		d.addf(s.path, p.Line, "SendGrid takes date for a helper and drops the e-mail: write this.date")
	case p.Data:
		d.data(s, p)
	case p.Depth > d.each:
		d.addf(s.path, p.Line, "%s: ../ leads out of an {{#each}}, and this is in %d", p.Original, d.each)
	}
}

func (d *dialect) data(s *source, p *ast.PathExpression) {
	loop := slices.Contains([]string{"@index", "@key", "@first", "@last"}, p.Original)
	switch {
	case loop && d.each == 0:
		d.addf(s.path, p.Line, "%s is known in {{#each}} only", p.Original)
	case !loop && (p.Depth > 0 || len(p.Parts) == 0 || p.Parts[0] != "root"):
		d.addf(s.path, p.Line, "there is no %s; there are @root, @index, @key, @first and @last", p.Original)
	}
}

func names[V any](m map[string]V) string {
	if len(m) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
