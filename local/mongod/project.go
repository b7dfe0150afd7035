package mongod

import (
	"strings"

	"go.mongodb.org/mongo-driver/bson"
)

// projection chooses the fields of a document that an answer shows. (lungo's loses fields of
// documents inside arrays.)
type projection struct {
	include bool // the named ones, else all but the named ones
	id      bool
	named   fieldTree
}

// fieldTree holds dotted paths; a leaf is nil.
type fieldTree map[string]fieldTree

func newProjection(spec bson.D) (*projection, error) {
	p := &projection{id: true, named: fieldTree{}}
	decided := false
	for _, e := range spec {
		show, ok := e.Value.(bool)
		if n, isNumber := wholeNumber(e.Value); isNumber {
			show, ok = n != 0, true
		}
		if !ok || e.Key == "" || strings.Contains(e.Key, "$") {
			return nil, errorf(codeBadValue, "projection of %q: only inclusion and exclusion are supported", e.Key)
		}
		if e.Key == "_id" {
			p.id = show
			if show && len(spec) == 1 {
				p.include = true
			}
			continue
		}
		if decided && show != p.include {
			return nil, errorf(31254, "cannot mix inclusion and exclusion in a projection: %s", e.Key)
		}
		p.include, decided = show, true
		if err := p.named.add(e.Key); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (t fieldTree) add(path string) error {
	head, rest, nested := strings.Cut(path, ".")
	sub, known := t[head]
	switch {
	case known && (sub == nil || !nested):
		return errorf(31249, "path collision at %s", path)
	case !nested:
		t[head] = nil
		return nil
	case !known:
		sub = fieldTree{}
		t[head] = sub
	}
	return sub.add(rest)
}

func (p *projection) apply(doc *bson.D) *bson.D {
	if p.id && !p.include && len(p.named) == 0 {
		return doc
	}
	out := make(bson.D, 0, len(*doc))
	for _, e := range *doc {
		if e.Key == "_id" {
			if p.id {
				out = append(out, e)
			}
			continue
		}
		if v, ok := p.field(p.named, e); ok {
			out = append(out, bson.E{Key: e.Key, Value: v})
		}
	}
	return &out
}

// field returns what is shown of e, if anything is.
func (p *projection) field(tree fieldTree, e bson.E) (any, bool) {
	sub, named := tree[e.Key]
	switch {
	case !named:
		return e.Value, !p.include
	case sub == nil:
		return e.Value, p.include
	}
	return p.nested(sub, e.Value)
}

func (p *projection) nested(tree fieldTree, v any) (any, bool) {
	switch v := v.(type) {
	case bson.D:
		out := bson.D{}
		for _, e := range v {
			if value, ok := p.field(tree, e); ok {
				out = append(out, bson.E{Key: e.Key, Value: value})
			}
		}
		return out, true
	case bson.A:
		out := bson.A{}
		for _, item := range v {
			if value, ok := p.nested(tree, item); ok {
				out = append(out, value)
			}
		}
		return out, true
	}
	return v, !p.include
}
