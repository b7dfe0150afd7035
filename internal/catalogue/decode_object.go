package catalogue

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"handler/function/internal/typed"
)

// object is a struct that is being filled. The names of its fields are in their tags.
type object struct {
	name   string
	fields reflect.Value
	seen   map[string]int // the lines of the fields that were read
	// above is the field before the current one, if it is empty and could have fields of its own;
	// aboveTold: the missing indentation of these was reported. innerTold: fields in the wrong
	// place were reported.
	above                string
	aboveTold, innerTold bool
}

// object fills a struct.
func (d *decoder) object(n *yaml.Node, v reflect.Value, name string) {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 1 && n.Content[0].Kind == yaml.MappingNode {
		d.wrong(n.Line, "%s is no list: remove the hyphen before its fields", name)
		n = n.Content[0]
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n, v, "%s has the fields %s: write {%s: …}", name, and(fieldNames(v.Type())), strings.Join(fieldNames(v.Type()), ": …, "))
		return
	}
	o := &object{name: name, fields: v, seen: map[string]int{}}
	d.around = append(d.around, o)
	for _, e := range entries(n) {
		d.field(o, e, n)
	}
	d.around = d.around[:len(d.around)-1]
}

// field fills the field of a name. One in the wrong place, or with a typo in its name, is
// corrected.
func (d *decoder) field(o *object, e entry, all *yaml.Node) {
	name, odd := d.cleanName(e.key)
	if !o.has(name) && (d.inAbove(o, name, e) || d.inOuter(o, name, e) || d.inInner(o, name, e)) {
		return
	}
	if !o.has(name) {
		near := typed.Near(name, fieldNames(o.fields.Type()))
		if !odd {
			d.unknown(o, e.key, near)
		}
		if near == "" || hasKey(all, near) {
			return
		}
		name = near
	}
	d.fill(o, name, e)
}

// unknown records a field that an object does not have. Near is the field that the owner probably
// meant; without it, the object's missing fields are not reported: one of them may be meant.
func (d *decoder) unknown(o *object, key *yaml.Node, near string) {
	if near != "" {
		d.wrong(key.Line, "unknown field %s: did you mean %s?", word(key.Value), near)
		return
	}
	d.wrong(key.Line, "unknown field %s: %s has %s", word(key.Value), o.name, and(fieldNames(o.fields.Type())))
	if len(d.around) > 1 {
		d.vague[address(o.fields)] = true
	}
}

// cleanName is the name of a field without odd characters, and whether there were any.
func (d *decoder) cleanName(key *yaml.Node) (name string, odd bool) {
	what, name := typed.Odd(key.Value)
	switch {
	case what == "":
	case strings.HasSuffix(key.Value, name):
		d.wrong(key.Line, "before %s there is %s: write ordinary spaces", name, what)
	default:
		d.wrong(key.Line, "%s has %s: write %s", quoted(key.Value), what, name)
	}
	return name, what != ""
}

// fill reads a field, the first of its name.
func (d *decoder) fill(o *object, name string, e entry) {
	if !d.first(o.seen, e.key, name) {
		return
	}
	field := o.field(name)
	d.value(e.value, e.key.Line, field, name)
	d.ends[address(field)] = max(e.key.Line, lastLine(e.value))
	o.above, o.aboveTold = "", false
	if empty(e.value) && fieldNames(field.Type()) != nil {
		o.above = name
	}
}

// first reports whether a name occurs for the first time, and records a mistake otherwise.
func (d *decoder) first(seen map[string]int, key *yaml.Node, name string) bool {
	line, again := seen[name]
	if again {
		d.wrong(key.Line, "%s is on line %d already: write it once", word(name), line)
		return false
	}
	seen[name] = key.Line
	return true
}

// inAbove treats a field as one of the empty field above it, if that has such a field. It reports
// only the first of several.
func (d *decoder) inAbove(o *object, name string, e entry) bool {
	if o.above == "" {
		return false
	}
	inner := &object{fields: allocated(o.field(o.above))}
	if !inner.has(name) {
		return false
	}
	if name == e.key.Value && !o.aboveTold {
		d.wrong(e.key.Line, "%s belongs to %s above it: indent it by two more spaces", name, o.above)
		o.aboveTold = true
	}
	d.value(e.value, e.key.Line, inner.field(name), name)
	return true
}

// allocated is a value, or the one that it is a pointer to.
func allocated(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Pointer {
		return v
	}
	if v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	return v.Elem()
}

// inInner treats a field as one of a field of the object, if exactly one has such a field. It
// reports only the first of several.
func (d *decoder) inInner(o *object, name string, e entry) bool {
	var owners []string
	for _, field := range fieldNames(o.fields.Type()) {
		if slices.Contains(fieldNames(o.field(field).Type()), name) {
			owners = append(owners, field)
		}
	}
	if owners == nil {
		return false
	}
	if name == e.key.Value && !o.innerTold {
		d.wrong(e.key.Line, "%s is no field of %s but of %s: write it below that, indented by two more spaces", name, o.name, strings.Join(owners, " or "))
		o.innerTold = true
	}
	for _, owner := range owners {
		d.vague[address(o.field(owner))] = true
	}
	if len(owners) == 1 {
		inner := &object{fields: allocated(o.field(owners[0]))}
		d.value(e.value, e.key.Line, inner.field(name), name)
	}
	return true
}

// inOuter treats a field as one of an enclosing object, if that has such a field.
func (d *decoder) inOuter(o *object, name string, e entry) bool {
	for i := len(d.around) - 2; i >= 0; i-- {
		if outer := d.around[i]; outer.has(name) {
			d.wrong(e.key.Line, "%s is no field of %s but of %s: indent it less", name, o.name, outer.name)
			if _, again := outer.seen[name]; !again {
				d.fill(outer, name, e)
			}
			return true
		}
	}
	return false
}

func (o *object) has(name string) bool { return o.field(name).IsValid() }

// field is the field of a name, or the zero Value.
func (o *object) field(name string) reflect.Value {
	for i := range o.fields.NumField() {
		if tag := o.fields.Type().Field(i).Tag.Get("yaml"); tag == name && tag != "" {
			return o.fields.Field(i)
		}
	}
	return reflect.Value{}
}

// fieldNames are the names of a struct's fields, in their order; none of what is written as a text
// or a list.
func fieldNames(t reflect.Type) []string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var names []string
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" {
			names = append(names, name)
		}
	}
	return names
}
