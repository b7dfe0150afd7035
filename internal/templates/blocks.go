package templates

import (
	"handler/function/internal/typed"
)

// openBlock is a block that is not closed yet.
type openBlock struct {
	name     string
	line     int
	elseLine int // of its {{else}}, or 0
}

// blocks checks whether each block of a file is closed, in the right place.
type blocks struct {
	*problems
	path string
	tags []tag
	open []openBlock
}

func (b *blocks) check() {
	for i, t := range b.tags {
		switch {
		case t.block() != "":
			b.open = append(b.open, openBlock{name: t.block(), line: t.line})
		case t.close() != "":
			b.close(t, b.tags[i+1:])
		case t.isElse():
			b.inverse(t)
		}
	}
	for _, o := range b.open {
		b.addf(b.path, o.line, "{{#%s}} has no {{/%s}}", o.name, o.name)
	}
}

// close takes a closing tag; rest are the tags after it.
func (b *blocks) close(t tag, rest []tag) {
	name := t.close()
	top := len(b.open) - 1
	if top < 0 {
		b.addf(b.path, t.line, "{{/%s}} closes nothing: there is no {{#%s}} before it that is open", name, name)
		return
	}
	last := b.open[top]
	at := top
	for at >= 0 && b.open[at].name != name {
		at--
	}
	switch {
	case at >= 0:
		for _, o := range b.open[at+1:] {
			b.addf(b.path, o.line, "{{#%s}} has no {{/%s}} before the {{/%s}} on line %d", o.name, o.name, name, t.line)
		}
		b.open = b.open[:at]
	case !isHelper(last.name) && typed.Near(last.name, []string{name}) != "":
		b.addf(b.path, last.line, "SendGrid has no {{#%s}}: did you mean {{#%s}}?", last.name, name)
		b.open = b.open[:top]
	default:
		b.addf(b.path, t.line, "{{/%s}} closes nothing: write {{/%s}}, for the {{#%s}} on line %d", name, last.name, last.name, last.line)
		if !closes(rest, last.name) {
			b.open = b.open[:top]
		}
	}
}

// closes reports whether a block of a name that is open is closed by one of some tags.
func closes(tags []tag, name string) bool {
	depth := 0
	for _, t := range tags {
		switch name {
		case t.block():
			depth++
		case t.close():
			if depth--; depth < 0 {
				return true
			}
		}
	}
	return false
}

func (b *blocks) inverse(t tag) {
	if len(b.open) == 0 {
		b.addf(b.path, t.line, "%s stands outside of all blocks: it belongs between {{#if …}} and {{/if}}", t.text)
		return
	}
	o := &b.open[len(b.open)-1]
	if o.elseLine > 0 {
		b.addf(b.path, t.line, "%s comes after the {{else}} on line %d: a block has one at its end", t.text, o.elseLine)
	}
	if t.inner() == "else" {
		o.elseLine = t.line
	}
}

func isHelper(name string) bool {
	_, ok := helpers[name]
	return ok
}
