package templates

import (
	"slices"
	"strings"

	"github.com/mailgun/raymond/v2/ast"
)

// relocate gives each node the line that it is on: raymond does not count the line breaks within a
// tag.
func relocate(n ast.Node, text string) {
	set := func(l *ast.Loc) { l.Line = 1 + strings.Count(text[:l.Pos], "\n") }
	switch n := n.(type) {
	case *ast.Program:
		if n != nil {
			set(&n.Loc)
			relocateAll(n.Body, text)
		}
	case *ast.MustacheStatement:
		set(&n.Loc)
		relocate(n.Expression, text)
	case *ast.BlockStatement:
		set(&n.Loc)
		relocate(n.Expression, text)
		relocate(n.Program, text)
		relocate(n.Inverse, text)
	case *ast.PartialStatement:
		set(&n.Loc)
		relocateAll(append(slices.Clone(n.Params), n.Name), text)
	case *ast.Expression:
		set(&n.Loc)
		relocateAll(append(slices.Clone(n.Params), n.Path), text)
	case *ast.SubExpression:
		set(&n.Loc)
		relocate(n.Expression, text)
	case *ast.PathExpression:
		set(&n.Loc)
	}
}

func relocateAll(nodes []ast.Node, text string) {
	for _, n := range nodes {
		relocate(n, text)
	}
}
