package templates

import (
	"slices"
	"strings"

	"github.com/mailgun/raymond/v2/ast"
)

// scope is what names mean at a place of a template. Only {{#each}} makes a new one, in what
// SendGrid sends as in Handlebars; the preview of its editor takes {{#equals}} and its like for one
// too (https://github.com/sendgrid/docs/issues/6237, 6584).
type scope struct {
	this any
	up   *scope
	loop map[string]any // @index, @key, @first, @last
}

// anything is a value with unknown fields, such as an item of an empty list.
type anything struct{}

// open is an object that may have more fields than the given data.
type open map[string]any

// unknownKey is the value of a key that an open object does not have.
type unknownKey string

func (s *scope) root() *scope {
	for s.up != nil {
		s = s.up
	}
	return s
}

// find follows a path. It returns the missing name, and the object that lacks it, or "".
func (s *scope) find(p *ast.PathExpression) (value any, missing string, in any) {
	names := p.Parts
	switch {
	case p.Data && names[0] != "root":
		return s.loop[names[0]], "", nil
	case p.Data:
		s, names = s.root(), names[1:]
	default:
		for range p.Depth {
			s = s.up
		}
	}
	value = s.this
	for _, name := range names {
		// {{metadata.[a name]}}: brackets are how Handlebars writes a name with a space or a dot.
		name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
		next, ok := child(value, name)
		if !ok {
			return nil, name, value
		}
		value = next
	}
	return value, "", nil
}

func child(v any, name string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		c, ok := v[name]
		return c, ok
	case open:
		if c, ok := v[name]; ok {
			return c, true
		}
		return unknownKey(name), true
	case unknownKey, anything:
		return v, true
	case nil:
		return nil, true // an object that is null: its fields are not wrong
	}
	return nil, false
}

// elements are the scopes of an {{#each}}. The keys of an object come in order of their names:
// SendGrid's page shows no {{#each}} of one.
func (s *scope) elements(v any) []*scope {
	var inner []*scope
	add := func(this any, key any, n int) {
		i := len(inner)
		inner = append(inner, &scope{this: this, up: s, loop: map[string]any{
			"index": i, "key": key, "first": i == 0, "last": i == n-1,
		}})
	}
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			add(e, i, len(v))
		}
	case map[string]any:
		for _, key := range keys(v) {
			add(v[key], key, len(v))
		}
	}
	return inner
}

func keys(m map[string]any) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
