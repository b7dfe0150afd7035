package templates

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mailgun/raymond/v2/ast"
)

// Check returns the variables that the data does not have, whether or not this data would render
// them, and those that are not text. An empty variable exists. The keys of objects called metadata
// are the shop's own: the warnings name variables with a key that neither this data nor keys has,
// and other probable mistakes. Both are lists of path:line: what.
func (t *Template) Check(data any, keys []string) (warnings, err error) {
	v, err := jsonValue(data)
	if err != nil {
		return nil, err
	}
	unsure, found := t.check(v, keys)
	return unsure.err(), found.err()
}

func (t *Template) check(v any, keys []string) (unsure, found *problems) {
	unsure, found = &problems{}, &problems{}
	v = opened(v)
	for _, p := range t.parts {
		if p != nil {
			c := &checker{problems: found, warnings: unsure, partials: p.partials, locale: t.Locale, keys: keys}
			c.program(p.source, p.program, &scope{this: v})
		}
	}
	return unsure, found
}

// FullNames are all templates with their languages: receipt, receipt.fr.
func (s *Set) FullNames() []string {
	var names []string
	for _, t := range s.All() {
		names = append(names, t.FullName())
	}
	return names
}

// Check is Template.Check for a template by its full name, and renders it as well: a subject must
// not be empty, and a link must have an address.
func (s *Set) Check(name string, data any, keys []string) (warnings, err error) {
	return s.check(name, data, keys, map[*ast.Program]bool{})
}

func (s *Set) check(name string, data any, keys []string, rendered map[*ast.Program]bool) (warnings, err error) {
	t, ok := s.templates[strings.ToLower(name)]
	if !ok {
		return nil, fmt.Errorf("there is no template %s", name)
	}
	v, err := jsonValue(data)
	if err != nil {
		return nil, err
	}
	unsure, found := t.check(v, keys)
	if err := found.err(); err != nil {
		return unsure.err(), err
	}
	r, err := t.render(v)
	if err == nil && r.Subject == "" {
		err = problem{t.parts[subject].path, 1, "the subject is empty"}
	}
	return unsure.err(), errors.Join(err, t.addresses(v, rendered, unsure))
}

// metadata is what the objects are called whose keys are the shop's own.
const metadata = "metadata"

// opened is a value whose metadata, at any depth, may have more keys than it shows.
func opened(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = opened(e)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key, e := range v {
			e = opened(e)
			if object, ok := e.(map[string]any); ok && key == metadata {
				e = open(object)
			}
			out[key] = e
		}
		return out
	}
	return v
}

// checker walks the whole template, including branches that the data would not render.
type checker struct {
	*problems
	warnings *problems
	partials map[string]*source
	locale   string   // the template's
	keys     []string // of metadata
}

func (c *checker) program(s *source, p *ast.Program, in *scope) {
	if p == nil {
		return
	}
	for _, n := range p.Body {
		switch n := n.(type) {
		case *ast.MustacheStatement:
			c.mustache(s, n.Expression, in)
		case *ast.BlockStatement:
			c.block(s, n, in)
		case *ast.PartialStatement:
			name, _ := ast.PathExpressionStr(n.Name)
			c.program(c.partials[name], c.partials[name].program, in)
		}
	}
}

func (c *checker) mustache(s *source, e *ast.Expression, in *scope) {
	helper := e.HelperName()
	if _, ok := helpers[helper]; !ok {
		c.printable(s, e.FieldPath(), in)
		return
	}
	c.months(s, e)
	for i, n := range e.Params {
		p, ok := n.(*ast.PathExpression)
		switch {
		case ok && i == 0 && helper == "insert":
			c.printable(s, p, in)
		case ok && i == 0 && helper == "formatDate":
			c.date(s, p, in)
		default:
			c.value(s, n, in)
		}
	}
}

func (c *checker) block(s *source, n *ast.BlockStatement, in *scope) {
	var args []any
	for _, p := range n.Expression.Params {
		args = append(args, c.value(s, p, in))
	}
	inner := in
	if n.Expression.HelperName() == "each" {
		inner = &scope{this: element(args[0]), up: in, loop: map[string]any{}}
	}
	c.program(s, n.Program, inner)
	c.program(s, n.Inverse, in)
}

// value is that of an argument, once known.
func (c *checker) value(s *source, n ast.Node, in *scope) any {
	switch n := n.(type) {
	case *ast.PathExpression:
		v, missing, where := in.find(n)
		if missing != "" {
			c.addf(s.path, n.Line, "the data has no %s: %s", n.Original, has(missing, where))
			return anything{}
		}
		if key, ok := v.(unknownKey); ok {
			c.key(s, n, string(key))
			return anything{}
		}
		return v
	case *ast.SubExpression:
		c.mustache(s, n.Expression, in)
		return anything{}
	}
	return literal(n)
}

func (c *checker) printable(s *source, p *ast.PathExpression, in *scope) {
	switch v := c.value(s, p, in).(type) {
	case map[string]any:
		c.addf(s.path, p.Line, "%s has no text of its own; it has %s", p.Original, names(v))
	case open:
		c.addf(s.path, p.Line, "%s has no text of its own; it has %s", p.Original, names(v))
	case []any:
		c.addf(s.path, p.Line, "%s is a list, for {{#each}}", p.Original)
	}
}

func (c *checker) date(s *source, p *ast.PathExpression, in *scope) {
	v := c.value(s, p, in)
	if _, ok := v.(anything); ok || v == nil || v == "" {
		return
	}
	if _, err := parseDate(v); err != nil {
		c.addf(s.path, p.Line, "%s: %v", p.Original, err)
	}
}

// element is what an {{#each}} iterates over: all fields of any of a list's objects, or anything if
// they are unknown.
func element(v any) any {
	var values []any
	switch v := v.(type) {
	case []any:
		values = v
	case map[string]any:
		for _, key := range keys(v) {
			values = append(values, v[key])
		}
	}
	all := map[string]any{}
	for _, e := range values {
		object, ok := e.(map[string]any)
		if !ok {
			return e
		}
		maps.Copy(all, object)
	}
	if len(values) == 0 {
		return anything{}
	}
	return all
}

// has lists the existing names instead of a missing one.
func has(missing string, in any) string {
	object, ok := in.(map[string]any)
	if !ok {
		return "what should hold " + missing + " is no object"
	}
	return "there are " + strings.Join(slices.Sorted(maps.Keys(object)), ", ")
}
