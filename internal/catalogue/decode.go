package catalogue

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"handler/function/internal/typed"
)

// decoder fills a catalogue from YAML. It does what the YAML library would do, with three
// differences: it reports a mistake in the owner's words; it continues as if the mistake were
// corrected, so that there are no follow-up mistakes; and it keeps the lines.
type decoder struct {
	*checker
	// around are the enclosing objects, the catalogue first.
	around []*object
	// ends are the last lines of fields, by their addresses.
	ends map[any]int
}

// scalar is what a text of the catalogue becomes: it keeps its line.
type scalar interface{ set(value string, line int) }

var scalarType = reflect.TypeFor[scalar]()

// decode fills a catalogue from the root of the YAML. A field that is missing gets the line below
// which it belongs.
func (k *checker) decode(root *yaml.Node, c *Catalogue) {
	d := &decoder{checker: k, ends: map[any]int{}}
	whole := reflect.ValueOf(c).Elem()
	d.value(root, root.Line, whole, "the catalogue")
	last := root.Line
	for i := range whole.NumField() {
		if field := whole.Field(i); field.CanSet() {
			last = max(last, d.ends[address(field)])
			if k.lines[address(field)] == 0 {
				k.lines[address(field)] = last
			}
		}
	}
}

func address(v reflect.Value) any { return v.Addr().Interface() }

// value fills a value. One that is empty stays as it is.
func (d *decoder) value(n *yaml.Node, line int, v reflect.Value, name string) {
	n = resolved(n)
	d.lines[address(v)] = line
	switch list, ok := address(v).(*admins); {
	case empty(n):
	case ok && n.Kind != yaml.MappingNode:
		d.value(n, line, reflect.ValueOf(&list.Live).Elem(), name)
		list.Test, d.reported[list] = list.Live, d.reported[&list.Live]
	case v.Addr().Type().Implements(scalarType):
		d.scalar(n, v, name)
	case v.Kind() == reflect.String:
		if text, ok := d.text(n, v, name); ok {
			v.SetString(text.Value)
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, line, v.Elem(), name)
	case v.Kind() == reflect.Slice:
		d.list(n, v, name)
	case v.Kind() == reflect.Map:
		d.pairs(n, v, name)
	default:
		d.object(n, v, name)
		if ok {
			list.split = true
		}
	}
}

func empty(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// resolved is a node, or the one that it is an alias of.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// fail records that a value cannot be read; it has no other mistake then.
func (d *decoder) fail(n *yaml.Node, v reflect.Value, format string, args ...any) {
	d.reported[address(v)] = true
	d.wrong(n.Line, format, args...)
}

// text is the node of a text. A list with one entry counts as that entry.
func (d *decoder) text(n *yaml.Node, v reflect.Value, name string) (text *yaml.Node, ok bool) {
	switch {
	case n.Kind == yaml.ScalarNode:
		return n, true
	case n.Kind == yaml.SequenceNode && len(n.Content) == 1 && n.Content[0].Kind == yaml.ScalarNode:
		d.wrong(n.Line, "%s is a text and no list: write %s", name, n.Content[0].Value)
		return n.Content[0], true
	case n.Kind == yaml.SequenceNode:
		d.fail(n, v, "%s is a text and no list: write one", name)
	default:
		d.fail(n, v, "%s is a text and has no fields: put quotes around it if it has braces or a colon in it", name)
	}
	return nil, false
}

// scalar fills an ID, a name or an address, without the odd characters that copying brings.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, name string) {
	n, ok := d.text(n, v, name)
	if !ok {
		return
	}
	what, clean := typed.Odd(n.Value)
	switch {
	case what != "" && clean == "":
		d.fail(n, v, "%s has nothing but %s", name, what)
		return
	case what != "":
		d.wrong(n.Line, "%s has %s: write %s", quoted(n.Value), what, clean)
	}
	address(v).(scalar).set(clean, n.Line)
}

// list fills a list.
func (d *decoder) list(n *yaml.Node, v reflect.Value, name string) {
	entries := n.Content
	if n.Kind != yaml.SequenceNode {
		entries = d.unlisted(n, v, name)
	}
	v.Set(reflect.MakeSlice(v.Type(), len(entries), len(entries)))
	used := 0
	for _, e := range entries {
		if empty(resolved(e)) {
			d.fail(e, v, "an entry of %s is empty", name)
			continue
		}
		entry := v.Index(used)
		d.value(e, e.Line, entry, "an entry of "+name)
		if d.reported[address(entry)] {
			d.reported[address(entry)], d.reported[address(v)] = false, true
			continue
		}
		used++
	}
	v.SetLen(used)
}

// unlisted are the entries of a value that should be a list and is not, as far as they are clear.
func (d *decoder) unlisted(n *yaml.Node, v reflect.Value, name string) []*yaml.Node {
	element := v.Type().Elem()
	fields := fieldNames(element)
	switch {
	case fields == nil && n.Kind == yaml.ScalarNode:
		d.wrong(n.Line, "%s is a list: write [%s]", name, listed(split(n)))
		return split(n)
	case fields == nil && n.Style&yaml.FlowStyle != 0:
		d.wrong(n.Line, "%s is a list, which has brackets and no braces: write [%s]", name, listed(keys(n)))
		return keys(n)
	case fields == nil:
		d.fail(n, v, "%s is a list: write each entry on a line of its own, with a hyphen before it", name)
	case n.Kind == yaml.MappingNode && slices.ContainsFunc(keys(n), func(k *yaml.Node) bool { return slices.Contains(fields, k.Value) }):
		d.wrong(n.Line, "%s is a list: put a hyphen before the first field of each entry", name)
		return []*yaml.Node{n}
	default:
		d.fail(n, v, "%s is a list: begin each entry with a hyphen, and give it the fields %s", name, and(fields))
	}
	return nil
}

// split are the texts that a text without brackets lists.
func split(n *yaml.Node) []*yaml.Node {
	var all []*yaml.Node
	for _, word := range strings.FieldsFunc(n.Value, func(r rune) bool { return strings.ContainsRune(", \n", r) }) {
		entry := *n
		entry.Value, entry.Tag = word, "!!str"
		all = append(all, &entry)
	}
	return all
}

func listed(entries []*yaml.Node) string {
	var words []string
	for _, e := range entries {
		_, clean := typed.Odd(e.Value)
		words = append(words, clean)
	}
	return strings.Join(words, ", ")
}
