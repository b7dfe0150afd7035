package templates

import (
	"fmt"
	"strings"

	"github.com/mailgun/raymond/v2/ast"
)

// renderer evaluates a file without mistakes of dialect, and relies on that.
type renderer struct {
	out    strings.Builder
	escape bool
	err    error // the first

	// What follows is for a file as it was written, rather than as it is published.
	source   *source
	partials map[string]*source
	trace    *trace
}

// escaped is what SendGrid escapes, and how: https://github.com/sendgrid/sendgrid-nodejs/issues/954
var escaped = strings.NewReplacer(`&`, "&amp;", `<`, "&lt;", `>`, "&gt;", `"`, "&quot;", `'`, "&apos;")

func render(p *ast.Program, data any, escape bool) (string, error) {
	r := &renderer{escape: escape}
	r.program(p, &scope{this: data})
	return r.out.String(), r.err
}

func (r *renderer) program(p *ast.Program, s *scope) {
	if p == nil {
		return
	}
	if r.trace != nil {
		r.trace.rendered[p] = true
	}
	for _, n := range p.Body {
		switch n := n.(type) {
		case *ast.ContentStatement:
			r.text(n)
		case *ast.PartialStatement:
			r.partial(n, s)
		case *ast.MustacheStatement:
			r.print(str(r.call(n.Expression, s)))
		case *ast.BlockStatement:
			r.block(n, s)
		}
	}
}

func (r *renderer) text(n *ast.ContentStatement) {
	if r.trace != nil {
		r.trace.text(r.out.Len(), r.source, n)
	}
	r.out.WriteString(n.Value)
}

func (r *renderer) partial(n *ast.PartialStatement, s *scope) {
	name, _ := ast.PathExpressionStr(n.Name)
	outer := r.source
	r.source = r.partials[name]
	r.program(r.source.program, s)
	r.source = outer
}

func (r *renderer) print(text string) {
	if r.escape {
		text = escaped.Replace(text)
	}
	r.out.WriteString(text)
}

func (r *renderer) block(n *ast.BlockStatement, s *scope) {
	args := r.args(n.Expression, s)
	name := n.Expression.HelperName()
	if name != "each" {
		if holds(name, args) {
			r.program(n.Program, s)
		} else {
			r.program(n.Inverse, s)
		}
		return
	}
	inner := s.elements(args[0])
	for _, element := range inner {
		r.program(n.Program, element)
	}
	if len(inner) == 0 {
		r.program(n.Inverse, s)
	}
}

// call is the value of a variable or a helper.
func (r *renderer) call(e *ast.Expression, s *scope) any {
	args := r.args(e, s)
	switch e.HelperName() {
	case "formatDate":
		text, err := formatDate(args)
		if err != nil && r.err == nil {
			r.err = fmt.Errorf("line %d: %w", e.Line, err)
		}
		return text
	case "insert":
		return insert(args)
	case "length":
		return length(args[0])
	}
	v, _, _ := s.find(e.FieldPath())
	return v
}

func (r *renderer) args(e *ast.Expression, s *scope) []any {
	var args []any
	for _, p := range e.Params {
		args = append(args, r.value(p, s))
	}
	return args
}

func (r *renderer) value(n ast.Node, s *scope) any {
	switch n := n.(type) {
	case *ast.PathExpression:
		v, _, _ := s.find(n)
		return v
	case *ast.SubExpression:
		return r.call(n.Expression, s)
	}
	return literal(n)
}
