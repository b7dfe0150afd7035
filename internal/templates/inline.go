package templates

import (
	"strings"

	"github.com/mailgun/raymond/v2/ast"
)

// inline is a file with its partials instead of their tags, and without comments, which SendGrid's
// page does not mention.
func inline(s *source, partials map[string]*source) string {
	var out strings.Builder
	done := 0
	for _, n := range tags(s.program, nil) {
		from, to := n.Location().Pos, end(s.text, n)
		insert := ""
		if p, ok := n.(*ast.PartialStatement); ok {
			name, _ := ast.PathExpressionStr(p.Name)
			insert = inline(partials[name], partials)
		}
		if first, last, alone := line(s.text, from, to); alone {
			insert = indent(insert, s.text[first:from])
			from, to = first, last
		} else {
			insert = strings.TrimSuffix(insert, "\n")
		}
		out.WriteString(s.text[done:from] + insert)
		done = to
	}
	return out.String() + s.text[done:]
}

// tags are the partials and comments of a program in the order of the file.
func tags(p *ast.Program, found []ast.Node) []ast.Node {
	if p == nil {
		return found
	}
	for _, n := range p.Body {
		switch n := n.(type) {
		case *ast.PartialStatement, *ast.CommentStatement:
			found = append(found, n)
		case *ast.BlockStatement:
			found = tags(n.Inverse, tags(n.Program, found))
		}
	}
	return found
}

// end is where a tag ends; a comment with dashes may hold braces.
func end(text string, n ast.Node) int {
	from := n.Location().Pos
	closing := "}}"
	if strings.HasPrefix(text[from:], "{{!--") {
		closing = "--}}"
	}
	return from + strings.Index(text[from:], closing) + len(closing)
}

// line is the line of a tag that has it to itself, with its break.
func line(text string, from, to int) (first, last int, alone bool) {
	first = strings.LastIndex(text[:from], "\n") + 1
	last = len(text)
	if i := strings.Index(text[to:], "\n"); i >= 0 {
		last = to + i + 1
	}
	return first, last, strings.TrimSpace(text[first:from]+text[to:last]) == ""
}

// indent moves a partial in as far as its tag was, which is what Handlebars does.
func indent(text, by string) string {
	lines := strings.SplitAfter(strings.TrimRight(text, "\n"), "\n")
	for i, l := range lines {
		if strings.TrimSpace(l) != "" {
			lines[i] = by + l
		}
	}
	if text = strings.Join(lines, ""); text != "" {
		text += "\n"
	}
	return text
}
