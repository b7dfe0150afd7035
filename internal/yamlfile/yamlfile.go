// Package yamlfile reads YAML that an owner typed. What is wrong with it is said for an owner, not
// for a programmer, and with the line on which it is wrong: the YAML library often names the line
// on which the block around it begins.
package yamlfile

import (
	"cmp"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"handler/function/internal/typed"
)

// Parse reads a file of one document. The node is that of its content, or nil where there is none.
func Parse(file []byte) (*yaml.Node, *typed.Mistake) {
	text, bad := typed.Text(file)
	if bad == nil {
		bad = cmp.Or(conflict(text), characters(text))
	}
	if bad != nil {
		return nil, bad
	}
	d := yaml.NewDecoder(strings.NewReader(text))
	root, err := next(d)
	if err != nil {
		return nil, explain(text, err)
	}
	if second, err := next(d); second != nil || err != nil {
		return nil, secondDocument(text)
	}
	if root == nil {
		return nil, nil
	}
	return root.Content[0], nil
}

// next is the next document, or nil at the end.
func next(d *yaml.Decoder) (*yaml.Node, error) {
	var n yaml.Node
	switch err := d.Decode(&n); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &n, nil
}

func secondDocument(text string) *typed.Mistake {
	begun := false
	for i, l := range strings.Split(text, "\n") {
		if begun && strings.HasPrefix(l, "---") {
			return typed.Mistakef(i+1, "--- begins a second document: remove this line")
		}
		l, _, _ = strings.Cut(l, "#")
		begun = begun || strings.TrimSpace(l) != "" && !strings.HasPrefix(l, "%")
	}
	return typed.Mistakef(1, "want one document")
}

// conflict finds the first mark that git leaves where two versions of a file conflict.
func conflict(text string) *typed.Mistake {
	for i, l := range strings.Split(text, "\n") {
		if strings.HasPrefix(l, "<<<<<<< ") {
			return typed.Mistakef(i+1, "a merge has left its conflict marks here: choose one of the two versions")
		}
	}
	return nil
}

// characters finds what no YAML may hold, and what counts as a line break in YAML and nowhere else.
func characters(text string) *typed.Mistake {
	line := 1
	for _, r := range text {
		switch {
		case r == '\n':
			line++
		case r < ' ' && r != '\t', r >= 0x7f && r < 0xa0, r == '\u2028', r == '\u2029', r == '\ufffe', r == '\uffff':
			return typed.Mistakef(line, "there is an invisible character (U+%04X) in this line: delete it", r)
		case r == '\ufeff':
			return typed.Mistakef(line, "there is %s in this line: delete it", typed.Invisible(string(r)))
		}
	}
	return nil
}
