package templates

import (
	"slices"

	"github.com/mailgun/raymond/v2/ast"
)

// Coverage is a set of templates that records which branches of their blocks its checks have
// rendered.
type Coverage struct {
	*Set
	rendered map[*ast.Program]bool
}

// NewCoverage starts without any rendered branch.
func NewCoverage(s *Set) *Coverage { return &Coverage{s, map[*ast.Program]bool{}} }

// Check is Set.Check, and records the rendered branches.
func (c *Coverage) Check(name string, data any, keys []string) (warnings, err error) {
	return c.check(name, data, keys, c.rendered)
}

// Branches counts the branches of all templates and their partials, and those that were rendered. A
// branch is what a block shows, and what each {{else}} of it shows.
func (c *Coverage) Branches() (rendered, all int) {
	branches := c.inventory().branches
	for _, b := range branches {
		if c.rendered[b.program] {
			rendered++
		}
	}
	return rendered, len(branches)
}

// Unrendered names the branches that were never rendered, and the partials that no template
// includes, each as path:line: what.
func (c *Coverage) Unrendered() error {
	found, all := &problems{}, c.inventory()
	for _, b := range all.branches {
		if !c.rendered[b.program] {
			found.addf(b.source.path, b.line, "no sample order renders what follows %s", b.tag)
		}
	}
	for _, p := range c.partials {
		if !all.included[p] {
			found.addf(p.path, 0, "no template includes it")
		}
	}
	return found.err()
}

// branch is a part of a block that is rendered or not.
type branch struct {
	source  *source
	program *ast.Program
	line    int
	tag     string // what stands before it
}

// inventory is the branches and partials of a set's templates.
type inventory struct {
	branches []branch // each once
	included map[*source]bool
}

func (s *Set) inventory() *inventory {
	i := &inventory{included: map[*source]bool{}}
	for _, t := range s.All() {
		for _, p := range t.parts {
			if p != nil {
				i.program(p.source, p.program, p.partials)
			}
		}
	}
	return i
}

func (i *inventory) program(s *source, p *ast.Program, partials map[string]*source) {
	if p == nil {
		return
	}
	for _, n := range p.Body {
		switch n := n.(type) {
		case *ast.BlockStatement:
			i.block(s, n, partials)
		case *ast.PartialStatement:
			name, _ := ast.PathExpressionStr(n.Name)
			i.included[partials[name]] = true
			i.program(partials[name], partials[name].program, partials)
		}
	}
}

func (i *inventory) block(s *source, n *ast.BlockStatement, partials map[string]*source) {
	i.add(branch{s, n.Program, n.Line, s.text[n.Pos:end(s.text, n)]})
	if n.Inverse != nil && !n.Inverse.Chained { // that of {{else if}} is a block of its own
		i.add(branch{s, n.Inverse, n.Inverse.Line, "{{else}}"})
	}
	i.program(s, n.Program, partials)
	i.program(s, n.Inverse, partials)
}

func (i *inventory) add(b branch) {
	if !slices.ContainsFunc(i.branches, func(known branch) bool { return known.program == b.program }) {
		i.branches = append(i.branches, b)
	}
}
