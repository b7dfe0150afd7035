package catalogue

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// pairs fills a value whose names the owner chooses, such as metadata.
func (d *decoder) pairs(n *yaml.Node, v reflect.Value, name string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, v, "%s has names, each with a value: write {name: value}", name)
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	seen := map[string]int{}
	for _, e := range entries(n) {
		value := reflect.New(v.Type().Elem())
		text, ok := d.text(resolved(e.value), v, e.key.Value)
		switch {
		case !ok, !d.first(seen, e.key, e.key.Value):
		case empty(text):
			d.fail(e.key, v, "%s has no value", word(e.key.Value))
		default:
			value.Interface().(scalar).set(text.Value, e.key.Line)
			v.SetMapIndex(reflect.ValueOf(e.key.Value), value.Elem())
		}
	}
}

// entry is a name with its value.
type entry struct{ key, value *yaml.Node }

// entries are those of a mapping, its own before those of the mappings that it merges with <<.
func entries(n *yaml.Node) []entry {
	var all []entry
	merge(n, map[*yaml.Node]bool{}, func(e entry) { all = append(all, e) })
	return all
}

// merge visits the entries of a mapping, and those of the mappings in it that have no name among
// the mapping's own. Each mapping is visited once.
func merge(n *yaml.Node, visited map[*yaml.Node]bool, visit func(entry)) {
	if visited[n] || n.Kind != yaml.MappingNode {
		return
	}
	visited[n] = true
	own := map[string]bool{}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolved(n.Content[i+1])
		switch {
		case key.Tag != "!!merge":
			own[resolved(key).Value] = true
			visit(entry{resolved(key), value})
		case value.Kind == yaml.SequenceNode:
			merged = append(merged, value.Content...)
		default:
			merged = append(merged, value)
		}
	}
	for _, m := range merged {
		merge(resolved(m), visited, func(e entry) {
			if !own[e.key.Value] {
				own[e.key.Value] = true
				visit(e)
			}
		})
	}
}

// keys are the names in a mapping.
func keys(n *yaml.Node) []*yaml.Node {
	var all []*yaml.Node
	for _, e := range entries(n) {
		all = append(all, e.key)
	}
	return all
}

func hasKey(n *yaml.Node, name string) bool {
	return slices.ContainsFunc(keys(n), func(k *yaml.Node) bool { return k.Value == name })
}

// lastLine is that of the last node in one.
func lastLine(n *yaml.Node) int {
	last := n.Line
	for _, c := range n.Content {
		last = max(last, lastLine(c))
	}
	return last
}

func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

var wordForm = regexp.MustCompile(`^[\pL\pN_.-]+$`)

// word is a name in a sentence: in quotes if it would not be seen as one.
func word(name string) string {
	if wordForm.MatchString(name) {
		return name
	}
	return quoted(name)
}

// quoted is a text in quotes, in which every character can be seen.
func quoted(text string) string { return strconv.Quote(text) }
