package templates

import "github.com/mailgun/raymond/v2/ast"

// Blanks says which variables the template prints for this data although the data does not have
// them, each as path:line: what. Unlike Check, it follows the conditions: a branch that this data
// does not render has no blanks.
func (t *Template) Blanks(data any) error {
	v, err := jsonValue(data)
	if err != nil {
		return err
	}
	found := &problems{}
	for _, p := range t.parts {
		if p != nil {
			b := &blanks{problems: found, partials: p.partials}
			b.program(p.source, p.program, &scope{this: v})
		}
	}
	return found.err()
}

// blanks walks the parts of a template that some data renders.
type blanks struct {
	*problems
	partials map[string]*source
}

func (b *blanks) program(s *source, p *ast.Program, in *scope) {
	if p == nil {
		return
	}
	for _, n := range p.Body {
		switch n := n.(type) {
		case *ast.MustacheStatement:
			b.mustache(s, n.Expression, in)
		case *ast.BlockStatement:
			b.block(s, n, in)
		case *ast.PartialStatement:
			name, _ := ast.PathExpressionStr(n.Name)
			b.program(b.partials[name], b.partials[name].program, in)
		}
	}
}

func (b *blanks) block(s *source, n *ast.BlockStatement, in *scope) {
	args, shown := new(renderer).args(n.Expression, in), n.Inverse
	switch name := n.Expression.HelperName(); {
	case name == "each":
		elements := in.elements(args[0])
		for _, element := range elements {
			b.program(s, n.Program, element)
		}
		if len(elements) > 0 {
			return
		}
	case holds(name, args):
		shown = n.Program
	}
	b.program(s, shown, in)
}

func (b *blanks) mustache(s *source, e *ast.Expression, in *scope) {
	path, ok := e.FieldPath(), true
	switch e.HelperName() {
	case "length":
		return // 0
	case "insert", "formatDate":
		path, ok = e.Params[0].(*ast.PathExpression)
	}
	if !ok || e.HelperName() == "insert" && len(e.Params) > 1 { // which has a default
		return
	}
	if _, missing, where := in.find(path); missing != "" {
		b.addf(s.path, path.Line, "the data has no %s: %s", path.Original, has(missing, where))
	}
}
